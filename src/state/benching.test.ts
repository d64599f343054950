import { describe, expect, it } from 'vitest';
import { QUIET, timingOf } from '../testing/timing.ts';
import { AT_REST, type DeviceState } from './device-watch.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import type { Platform } from './core.ts';

const model = (name: string): File => new File(['x'], name);
async function opened(platform: Partial<Platform> = {}): Promise<Fixture> {
  const fixture = await makeApp(new Map(), platform);
  await fixture.app.actions.openFiles([model('m.onnx')]);
  await settle();
  return fixture;
}
async function step({ app }: Fixture, pass: string): Promise<void> {
  app.actions.lookAt(pass);
  await settle();
  await app.actions.apply();
  await settle();
}

const answer = (changes: object = {}) => ({
  backend: 'wasm',
  level: 'all',
  threads: 1,
  a: timingOf([2, 2]),
  b: timingOf([1, 1]),
  ratio: 2,
  interval: [1.9, 2.1],
  verdict: 'faster',
  conditions: QUIET,
  software: false,
  message: 'Done.',
  ...changes,
});

describe('timing on the page', () => {
  it('keeps what was compared, with the second file by its name', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('bench', () => answer());
    await app.actions.openBeside([model('other.onnx')]);
    expect(app.view.getState().workspace).toBe('studio');
    await app.actions.bench(0, 'second', { loads: { b: { level: 'basic' } } });
    expect(app.document.getState().benches).toMatchObject([
      { a: 0, b: 'second', second: 'other.onnx', loads: { b: { level: 'basic' } }, turn: null },
    ]);
  });

  it('asks for rounds, a narrow interval and memory unless told otherwise', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('bench', () => answer());
    await app.actions.bench(0, null, { runs: 30 });
    expect(worker.of('bench')).toMatchObject([
      { a: 0, b: null, request: { runs: 30, rounds: 3, within: 0.015, heap: true, level: 'all' } },
    ]);
  });

  it('tells of a tab that was hidden meanwhile', async () => {
    let state: DeviceState = AT_REST;
    const listeners = new Set<() => void>();
    const device = {
      state: () => state,
      onChange: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
    };
    const fixture = await opened({ device });
    fixture.worker.overrides.set('bench', () => {
      state = { ...state, hidden: true };
      for (const listener of listeners) listener();
      return answer({ conditions: { ...QUIET, warnings: ['The machine is busy.'] } });
    });
    await fixture.app.actions.bench(0, null);
    expect(fixture.app.document.getState().benches[0]?.result.conditions.warnings).toEqual([
      'The machine is busy.',
      expect.stringMatching(/^The tab was hidden/),
    ]);
    expect(listeners.size).toBe(0);
  });

  it('keeps settings that took turns together, each held against the first', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('benchMatrix', () => ({
      cells: [answer(), answer({ threads: 2 })],
      across: [
        { ratio: 1, interval: [1, 1], verdict: null },
        { ratio: 1.8, interval: [1.7, 1.9], verdict: 'faster' },
      ],
    }));
    await app.actions.benchSettings(0, null, [{ threads: 1 }, { threads: 2 }]);
    expect(worker.of('benchMatrix')).toMatchObject([{ requests: [{ threads: 1 }, { threads: 2 }] }]);
    const { benches } = app.document.getState();
    expect(benches.map(({ turn }) => turn?.across.ratio)).toEqual([1, 1.8]);
    expect(new Set(benches.map(({ turn }) => turn?.id)).size).toBe(1);
  });

  it('times every step up to the cursor against the one before, and ends with a cancel', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    await step(fixture, 'fold');
    await step(fixture, 'fuse');
    await app.actions.benchSteps({ runs: 30 });
    await settle();
    expect(worker.of('bench')).toMatchObject([
      { a: 0, b: 1 },
      { a: 1, b: 2 },
    ]);
    worker.overrides.set('bench', failing('cancelled', 'The job was cancelled.'));
    await app.actions.benchSteps();
    expect(worker.of('bench')).toHaveLength(3);
  });
});
