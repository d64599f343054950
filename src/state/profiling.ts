import { formatMs } from '../base/format.ts';
import type { BenchRequest, DeviceRef } from '../bench/types.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { OverlayValues } from '../engine/types.ts';
import type { GraphView } from '../ir/view.ts';
import type { ProfileView, Roofline } from '../report/profile/types.ts';
import { ALONE, quiet } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';
import type { SelectingActions } from './selecting.ts';
import type { SteppingActions } from './stepping.ts';

export interface ProfiledSide {
  readonly side: CompareSide;
  readonly view: ProfileView;
}

/** Where the time goes, of one model or of two, before first. */
export interface Profiled {
  readonly sides: readonly ProfiledSide[];
  /** The lent device that they were measured on; null: here. */
  readonly device: DeviceRef | null;
  /** The ceilings of the device, for the backend and threads of the profiles; null: not measured. */
  readonly roofline: Roofline | null;
}

export interface ProfilingActions {
  /** Profiles one model, or two in turn. Everything else is quiet meanwhile. */
  profile(sides: readonly CompareSide[], request?: Partial<BenchRequest>): Promise<Profiled | null>;
  /** Measures what this device does at best, for the backend and threads of the profiles that are shown. */
  measureRoofline(): Promise<Roofline | null>;
  /** Colours the graph in the studio by the times of a profile; its stop is shown. */
  showTimes(profile: number): Promise<void>;
  /** Selects a node of a profile in the studio; its stop is shown. */
  goToProfiled(profile: number, node: number): Promise<void>;
}

export const profileDefaults = (threads: number): BenchRequest => ({
  backend: 'wasm',
  level: 'all',
  threads,
  runs: 40,
  budgetMs: 15_000,
});

type Ways = Pick<SteppingActions, 'moveTo'> & Pick<SelectingActions, 'focusNode' | 'setWorkspace'>;

export function profilingActions(core: Core, ways: Ways): ProfilingActions {
  const { document: store, view } = core;
  const known = new Map<string, Roofline>();
  const keyOf = (
    { backend, threads, level }: Pick<ProfileView, 'backend' | 'threads' | 'level'>,
    device: DeviceRef | null,
  ): string => `${backend} ${threads} ${level} ${device?.id ?? 'here'}`;

  core.onAdopt(() => store.setState(({ profiled }) => ({ profiled: ifHolds(core, profiled) })));

  const quietFirst = (): void => {
    if (!core.runner.isRunning(...ALONE)) quiet(core);
  };

  /** Shows the stop of a profile; false: it is of the second file, or the stop could not be shown. */
  const show = async (side: CompareSide): Promise<boolean> => {
    if (side === 'second') {
      const text = 'The profile is of the second file; the studio shows the stops of the first.';
      core.notices.show({ tone: 'plain', title: 'Not in this graph', text });
      return false;
    }
    if (store.getState().document?.cursor !== side) await ways.moveTo(side);
    return store.getState().document?.cursor === side;
  };

  return {
    async profile(sides, request = {}) {
      if (!store.getState().document) return null;
      quietFirst();
      const full = { ...profileDefaults(core.settings.getState().settings.threads), ...request };
      const title = sides.length > 1 ? 'Profiling before and after' : 'Profiling the model';
      const views = await core.change('profile', 'bench', title, (call) =>
        core.client.call('profiles', { sides, request: full }, call),
      );
      const last = views?.at(-1);
      if (!views || !last) return null;
      const found = views.map((each, index) => ({ side: sides[index] ?? 0, view: each }));
      const device = full.device ?? null;
      const result = { sides: found, device, roofline: known.get(keyOf(last, device)) ?? null };
      const stop = Math.max(...sides.map((side) => (side === 'second' ? 0 : side)));
      store.setState({ profiled: bind(core, stop, result) });
      core.notices.announce(`Profiled: ${found.map((each) => formatMs(each.view.ms)).join(' and ')} a run.`);
      return result;
    },
    async measureRoofline() {
      const before = store.getState().profiled;
      const profiled = before?.result.sides.at(-1)?.view;
      if (!before || !profiled) return null;
      quietFirst();
      const { backend, threads, level } = profiled;
      const { device } = before.result;
      const place = { backend, threads, level } as Pick<BenchRequest, 'backend' | 'threads' | 'level'>;
      const request = { ...place, ...(device && { device }) };
      const found = await core.change('roofline', 'bench', 'Measuring the device', (call) =>
        core.client.call('roofline', { request }, call),
      );
      if (!found) return null;
      known.set(keyOf(profiled, device), found);
      store.setState(({ profiled: now }) =>
        now === before ? { profiled: { ...now, result: { ...now.result, roofline: found } } } : {},
      );
      core.notices.announce('The ceilings of this device are measured.');
      return found;
    },
    async showTimes(index) {
      const profile = store.getState().profiled?.result.sides[index];
      if (!profile || !(await show(profile.side))) return;
      const { picture, document } = store.getState();
      if (!picture || !document) return;
      const values = timesOf(profile.view, picture.view, document.revision);
      store.setState(({ overlays }) => ({ overlays: { ...overlays, time: { state: 'ready', values } } }));
      view.setState({ overlay: 'time', diff: false });
      ways.setWorkspace('studio');
    },
    async goToProfiled(index, node) {
      const profile = store.getState().profiled?.result.sides[index];
      if (!profile || !(await show(profile.side))) return;
      ways.setWorkspace('studio');
      ways.focusNode(node);
    },
  };
}

/** By node of the main graph; what runs inside of a node counts as its time. */
function timesOf(profile: ProfileView, view: GraphView, revision: number): OverlayValues {
  const rows = new Map(Array.from(view.nodeIds, (id, row) => [id, row]));
  const values = new Float64Array(view.nodeIds.length).fill(NaN);
  for (const { node, ms } of profile.rows) {
    let row = node === null || ms === null ? undefined : rows.get(node);
    while (row !== undefined && row >= 0) {
      values[row] = (Number.isNaN(values[row]) ? 0 : values[row]!) + (ms ?? 0);
      row = view.holders[row];
    }
  }
  const note = `From the profile: ${profile.clockText}, ${formatMs(profile.ms)} a run, ${formatMs(profile.betweenMs)} between operators.`;
  return { overlay: 'time', revision, nodes: view.nodeIds, values, note };
}
