import { describe, expect, test, vi } from 'vitest';
import { keepOffline, type OfflineScope } from './offline.ts';

class FakeWorker extends EventTarget {
  readonly postMessage = vi.fn();
}

class FakeRegistration extends EventTarget {
  readonly active = new FakeWorker();
  waiting: FakeWorker | null = null;
  installing: FakeWorker | null = null;

  /** A newer worker has been found; once it has installed, it waits. */
  update(): FakeWorker {
    const worker = new FakeWorker();
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
    this.installing = null;
    this.waiting = worker;
    worker.dispatchEvent(new Event('statechange'));
    return worker;
  }
}

function page(overrides: Partial<OfflineScope> = {}) {
  const registration = new FakeRegistration();
  const register = vi.fn(() => Promise.resolve(registration));
  const workers = Object.assign(new EventTarget(), {
    register,
    startMessages: vi.fn(),
    ready: Promise.resolve(registration),
  });
  const reload = vi.fn();
  const scope: OfflineScope = {
    isSecureContext: true,
    navigator: { serviceWorker: workers as unknown as ServiceWorkerContainer },
    document: { baseURI: 'https://host.example/some/base/' },
    location: { reload },
    ...overrides,
  };
  const listener = { kept: vi.fn(), newer: vi.fn<(use: () => void) => void>() };
  const changed: (() => void)[] = [];
  const measurements = { isRunning: vi.fn(() => false), onChange: (heard: () => void) => void changed.push(heard) };
  const measure = (running: boolean): void => {
    measurements.isRunning.mockReturnValue(running);
    for (const heard of changed) heard();
  };
  return { scope, listener, measurements, measure, registration, register, workers, reload };
}

describe('keeping the studio for times without a network', () => {
  test('asks the worker beside the page to keep it, and hears when that is done', async () => {
    const { scope, listener, measurements, registration, register, workers } = page();
    expect(await keepOffline(listener, measurements, scope)).toBe(true);
    expect(String(register.mock.calls[0]?.at(0))).toBe('https://host.example/some/base/service-worker.js');
    expect(registration.active.postMessage).toHaveBeenCalledWith('keep');
    expect(listener.kept).not.toHaveBeenCalled();
    workers.dispatchEvent(new MessageEvent('message', { data: 'not-kept' }));
    expect(listener.kept).not.toHaveBeenCalled();
    workers.dispatchEvent(new MessageEvent('message', { data: 'kept' }));
    expect(listener.kept).toHaveBeenCalledTimes(1);
  });

  test('has the worker pause while the page measures, and go on after that', async () => {
    const { scope, listener, measurements, measure, registration, workers } = page();
    measurements.isRunning.mockReturnValue(true);
    await keepOffline(listener, measurements, scope);
    const told = () => registration.active.postMessage.mock.calls.flat();
    expect(told()).toEqual(['pause']);
    measure(true);
    measure(false);
    measure(false);
    expect(told()).toEqual(['pause', 'keep']);
    measure(true);
    measure(false);
    expect(told()).toEqual(['pause', 'keep', 'pause', 'keep']);
    workers.dispatchEvent(new MessageEvent('message', { data: 'kept' }));
    measure(true);
    expect(told()).toHaveLength(4);
  });

  test('offers a newer version once, and loads it only when it is asked for', async () => {
    const { scope, listener, measurements, registration, workers, reload } = page();
    await keepOffline(listener, measurements, scope);
    const newer = registration.update();
    newer.dispatchEvent(new Event('statechange'));
    expect(listener.newer).toHaveBeenCalledTimes(1);
    // Another tab took it: this one stays as it is.
    workers.dispatchEvent(new Event('controllerchange'));
    expect(reload).not.toHaveBeenCalled();
    listener.newer.mock.calls[0]?.[0]();
    expect(newer.postMessage).toHaveBeenCalledWith('take-over');
    workers.dispatchEvent(new Event('controllerchange'));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test('offers what has waited since another visit', async () => {
    const { scope, listener, measurements, registration } = page();
    registration.waiting = new FakeWorker();
    await keepOffline(listener, measurements, scope);
    expect(listener.newer).toHaveBeenCalledTimes(1);
  });

  test('needs the network in an insecure context, without service workers, and where one is refused', async () => {
    const insecure = page({ isSecureContext: false });
    expect(await keepOffline(insecure.listener, insecure.measurements, insecure.scope)).toBe(false);
    const without = page({ navigator: {} });
    expect(await keepOffline(without.listener, without.measurements, without.scope)).toBe(false);
    const refused = page();
    refused.register.mockRejectedValueOnce(new Error('refused'));
    expect(await keepOffline(refused.listener, refused.measurements, refused.scope)).toBe(false);
  });
});
