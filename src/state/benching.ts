import { plural } from '../base/format.ts';
import type { BenchMatrix, BenchRequest, BenchResult, DeviceRef } from '../bench/types.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import { quiet } from './alone.ts';
import type { Core } from './core.ts';
import { watchWarnings } from './device-watch.ts';
import type { BenchEntry } from './document.ts';

export interface BenchingActions {
  /** Times `a`, and `b` against it. Everything else is quiet meanwhile. */
  bench(a: CompareSide, b: CompareSide | null, request?: Partial<BenchRequest>): Promise<BenchResult | null>;
  /** The same at several settings, which take turns. */
  benchSettings(
    a: CompareSide,
    b: CompareSide | null,
    requests: readonly Partial<BenchRequest>[],
  ): Promise<BenchMatrix | null>;
  /** Times every step up to the cursor against the one before it. */
  benchSteps(request?: Partial<BenchRequest>): Promise<void>;
}

export const benchDefaults = (threads: number): BenchRequest => ({
  backend: 'wasm',
  level: 'all',
  threads,
  runs: 60,
  budgetMs: 20_000,
  rounds: 3,
  within: 0.015,
  heap: true,
});

/** What the page alone can tell of the device goes with the result. */
function withWarnings(result: BenchResult, warnings: readonly string[]): BenchResult {
  if (warnings.length === 0) return result;
  const conditions = { ...result.conditions, warnings: [...result.conditions.warnings, ...warnings] };
  return { ...result, conditions };
}

export function benchingActions(core: Core): BenchingActions {
  const { document: store } = core;
  const full = (request: Partial<BenchRequest>): BenchRequest => ({
    ...benchDefaults(core.settings.getState().settings.threads),
    ...request,
  });

  const nameOf = (side: CompareSide): string => {
    if (side === 'second') return core.compare.getState().second?.name ?? 'the second file';
    return store.getState().document?.stops[side]?.title ?? `stop ${side}`;
  };
  const titleOf = (a: CompareSide, b: CompareSide | null): string =>
    b === null ? `Timing ${nameOf(a)}` : `Timing ${nameOf(a)} and ${nameOf(b)}`;

  /** Everything else is quiet, and the device is watched. */
  async function measured<T>(
    title: string,
    work: Parameters<typeof core.change<T>>[3],
  ): Promise<{ readonly result: T; readonly warnings: readonly string[]; readonly revision: number } | null> {
    const { document } = store.getState();
    if (!document) return null;
    quiet(core);
    const watched = watchWarnings(core.platform.device);
    const result = await core.change('bench', 'bench', title, work);
    const warnings = watched();
    return result && { result, warnings, revision: document.revision };
  }

  const keep = (entries: readonly Omit<BenchEntry, 'second'>[], device: DeviceRef | undefined): void => {
    const { second } = core.compare.getState();
    const named = entries.map((entry) => ({
      ...entry,
      second: entry.a === 'second' || entry.b === 'second' ? (second?.name ?? null) : null,
      ...(device && { device }),
    }));
    store.setState(({ benches }) => ({ benches: [...benches, ...named] }));
  };

  const actions: BenchingActions = {
    async bench(a, b, request = {}) {
      const asked = full(request);
      const found = await measured(titleOf(a, b), (call) => core.client.call('bench', { a, b, request: asked }, call));
      if (!found) return null;
      const result = withWarnings(found.result, found.warnings);
      keep([{ a, b, revision: found.revision, loads: asked.loads, result, turn: null }], asked.device);
      const said = [result.message, `${plural(result.a.samples.length, 'sample')} each.`, ...found.warnings];
      core.notices.announce(said.join(' '));
      return result;
    },
    async benchSettings(a, b, requests) {
      const asked = requests.map(full);
      const found = await measured(titleOf(a, b), (call) =>
        core.client.call('benchMatrix', { a, b, requests: asked }, call),
      );
      if (!found) return null;
      const { cells, across } = found.result;
      const id = core.platform.now();
      keep(
        cells.map((cell, index) => ({
          a,
          b,
          revision: found.revision,
          loads: asked[index]?.loads,
          result: withWarnings(cell, found.warnings),
          turn: { id, across: across[index] ?? { ratio: NaN, interval: [NaN, NaN], verdict: null } },
        })),
        asked[0]?.device,
      );
      core.notices.announce(`${plural(cells.length, 'setting')} timed.`);
      return found.result;
    },
    async benchSteps(request = {}) {
      const { document, opened } = store.getState();
      for (const { index, sites } of document?.stops ?? []) {
        if (!document || index === 0 || index > document.cursor || sites === 0) continue;
        // Another model, a cancel or a failure ends the row.
        if (store.getState().opened !== opened) return;
        if ((await actions.bench(index - 1, index, request)) === null) return;
      }
    },
  };
  return actions;
}
