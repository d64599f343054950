import { describe, expect, test, vi } from 'vitest';
import { ensureIsolation, type IsolationScope } from './isolation.ts';

function page(overrides: Partial<IsolationScope> = {}, container: Partial<ServiceWorkerContainer> = {}) {
  const stored = new Map<string, string>();
  const register = vi.fn(() => Promise.resolve({} as ServiceWorkerRegistration));
  const reload = vi.fn();
  const workers = { register, ready: Promise.resolve({} as ServiceWorkerRegistration), ...container };
  const scope: IsolationScope = {
    crossOriginIsolated: false,
    isSecureContext: true,
    navigator: { serviceWorker: workers as unknown as ServiceWorkerContainer },
    sessionStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => void stored.set(key, value) },
    document: { baseURI: 'https://host.example/some/base/' },
    location: { reload },
    ...overrides,
  };
  return { scope, register, reload };
}

describe('isolation on hosts without the headers', () => {
  test('registers beside the page, whatever its base path, and loads it once more', async () => {
    const { scope, register, reload } = page();
    expect(await ensureIsolation(scope)).toBe('reloading');
    expect(String(register.mock.calls[0]?.at(0))).toBe('https://host.example/some/base/service-worker.js');
    expect(reload).toHaveBeenCalledTimes(1);
    expect(await ensureIsolation(scope)).toBe('unavailable');
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test('does nothing where the page is isolated already', async () => {
    const { scope, register, reload } = page({ crossOriginIsolated: true });
    expect(await ensureIsolation(scope)).toBe('isolated');
    expect(register).not.toHaveBeenCalled();
    expect(reload).not.toHaveBeenCalled();
  });

  test('does without in an insecure context, or without service workers', async () => {
    expect(await ensureIsolation(page({ isSecureContext: false }).scope)).toBe('unavailable');
    expect(await ensureIsolation(page({ navigator: {} }).scope)).toBe('unavailable');
  });

  test('does without when the registration is refused or storage is blocked', async () => {
    const refused = page({}, { register: () => Promise.reject(new Error('refused')) });
    expect(await ensureIsolation(refused.scope)).toBe('unavailable');
    const blocked = page();
    Object.defineProperty(blocked.scope, 'sessionStorage', {
      get: () => {
        throw new DOMException('blocked', 'SecurityError');
      },
    });
    expect(await ensureIsolation(blocked.scope)).toBe('unavailable');
    expect(blocked.reload).not.toHaveBeenCalled();
  });

  test('does not wait for ever for a worker that never starts', async () => {
    vi.useFakeTimers();
    const stuck = page({}, { ready: new Promise(() => {}) });
    const outcome = ensureIsolation(stuck.scope);
    await vi.advanceTimersByTimeAsync(4000);
    expect(await outcome).toBe('unavailable');
    expect(stuck.reload).not.toHaveBeenCalled();
    vi.useRealTimers();
  });
});
