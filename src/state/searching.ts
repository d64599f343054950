import { toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { StoredTable } from '../engine/latency-table/table.ts';
import type { TableDevice } from '../engine/latency-table/types.ts';
import type { LentDevice } from '../remote/messages.ts';
import { sizeOf, viewOf } from '../search/chosen.ts';
import { lentAs } from '../search/lent-clock.ts';
import type {
  GeneRequest,
  GeneView,
  ObjectiveId,
  SearchAsk,
  SearchProgress,
  SearchRequest,
  SpaceRequest,
} from '../search/types.ts';
import { ALONE, quiet } from './alone.ts';
import { bind, ifHolds, type Bound } from './bound.ts';
import { CHANGES, type Core } from './core.ts';
import { refOf } from './devices.ts';
import { samplesAt, type SampleActions } from './given-samples.ts';
import type { LatencyTables } from './latency-table.ts';
import { inOrder, isSearching, pointOf, searchAdvanced, searchBegun, type SearchRun } from './searching-run.ts';
import {
  asksLatency,
  rememberedSearch,
  rememberSearch,
  searchLacks,
  toggledObjective,
  withBound,
  withGene,
} from './searching-setup.ts';
import { NO_SEARCH } from './searching-store.ts';
import { tableOf, wasmDevice } from './tables-store.ts';
import type { TrainStatus } from './training-run.ts';

export interface SearchingActions {
  chooseSearchStop(stop: number): void;
  /** Asks what may be searched in the stop that is shown; while a search is at work nothing is asked. */
  askGenes(): Promise<void>;
  changeSearch(patch: Partial<SearchRequest>): void;
  /** What may be changed in the whole model. */
  changeSpace(patch: Partial<SpaceRequest>): void;
  /** Sets one gene otherwise than is usual; null: as is usual. */
  setGene(id: string, gene: GeneRequest | null): void;
  /** At most so much, of quality at least so much; null: any. `relative`: as a share of the original. */
  setBound(objective: ObjectiveId, bound: number | null, relative?: boolean): void;
  toggleObjective(objective: ObjectiveId): void;
  /** What sub-networks are judged by. */
  readonly searchSamples: SampleActions;
  /** Whose latency table the search is for; null: this device's. */
  chooseSearchTable(device: TableDevice | null): void;
  /** A lent device that latency is for and measured on, by id. */
  chooseSearchClock(device: number): void;
  /** A lent device judges too, or no longer does. */
  toggleJudge(device: number): void;
  startSearch(): Promise<void>;
  pauseSearch(): void;
  resumeSearch(): void;
  /** Ends early, and keeps what was found. */
  stopSearch(): void;
  /** Ends at once; what was judged is not judged again. */
  cancelSearch(): void;
}

/** Messages come with every sub-network; the page is drawn so often at most, ms. */
const DRAWN_EVERY = 120;

export function searchingActions(core: Core, tables: Pick<LatencyTables, 'known' | 'keep'>): SearchingActions {
  const { searching: store, document, platform } = core;
  let asked = 0;
  let counted = 0;
  let atWork: number | null = null;
  /** Somebody has chosen what is searched: the stop that is shown is not suggested any more. */
  let isChosen = false;
  /** The model that the run is of. */
  let runBound: Bound<null> | null = null;

  const setRun = (change: (run: SearchRun) => Partial<SearchRun>): void =>
    store.setState(({ run }) => (run ? { run: { ...run, ...change(run) } } : {}));
  const isShown = (): boolean => core.view.getState().workspace === 'search';
  const titleOf = (stop: number): string =>
    stop === 0 ? 'Original' : `${stop} ${document.getState().document?.stops[stop]?.title ?? ''}`;

  const reset = (): void => {
    samples.drop();
    asked++;
    counted++;
    isChosen = false;
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
    runBound = null;
    store.setState(NO_SEARCH);
  };
  document.subscribe((state, before) => {
    if (before.document && !state.document) reset();
  });
  core.onOpened(() => {
    reset();
    const name = document.getState().document?.name ?? '';
    store.setState({ request: rememberedSearch(platform.storage, name, core.settings.getState().settings.threads) });
    follow();
  });
  core.onAdopt(follow);
  core.view.subscribe(({ workspace }, before) => {
    if (workspace === 'search' && before.workspace !== 'search') look();
  });

  /** Stops may be gone, or be other ones. What is searched is what is shown, until there is a search, or a choice. */
  function follow(): void {
    const { document: open } = document.getState();
    if (!open) return;
    const { run, stop, space, used } = store.getState();
    const next = run === null && !isChosen ? open.cursor : Math.min(stop, open.stops.length - 1);
    const held = space && space.stop === next ? ifHolds(core, space) : null;
    store.setState({ stop: next, space: held, used: ifHolds(core, used) });
    if (held === null) {
      // What is being answered may be of another model.
      asked++;
      store.setState({ asking: false, spaceError: null, kept: null });
    }
    if (runBound) setRun(() => ({ holds: ifHolds(core, runBound) !== null }));
    look();
  }

  /** Asks what may be searched once somebody wants to know. */
  function look(): void {
    const { space, asking, spaceError } = store.getState();
    if (isShown() && document.getState().document && !space && !asking && !spaceError) void askSpace();
    else void count();
  }

  async function askSpace(): Promise<void> {
    const mine = ++asked;
    const { stop, request } = store.getState();
    store.setState({ asking: true, spaceError: null, kept: null });
    try {
      const view = await core.client.call('searchSpace', { stop, space: request.space });
      if (mine !== asked) return;
      store.setState({ space: bind(core, stop, { view, order: orderOf(view.genes, stop) }), asking: false });
      void count();
    } catch (caught) {
      if (mine !== asked) return;
      store.setState({ space: null, asking: false, spaceError: toErrorRecord(caught) });
    }
  }
  /** Genes from the input to the output: by where their nodes stand in the picture, else by age. */
  function orderOf(genes: readonly GeneView[], stop: number): readonly number[] {
    const { document: open, picture } = document.getState();
    const rows = new Map<number, number>();
    if (open?.cursor === stop) picture?.view.nodeIds.forEach((id, row) => rows.set(id, row));
    const place = ({ nodes }: GeneView): number => Math.min(...nodes.map((node) => rows.get(node) ?? node));
    const places = genes.map(place);
    return [...genes.keys()].sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  }

  /** How much of it was judged before. */
  async function count(): Promise<void> {
    const mine = ++counted;
    const { stop, request, run, asking } = store.getState();
    if (!isShown() || isSearching(run) || asking) return;
    if (searchLacks(store.getState()) !== null) return store.setState({ kept: null });
    try {
      const kept = await core.client.call('searchKept', { stop, request });
      if (mine === counted) store.setState({ kept });
    } catch {
      // It is a help; what does not fit is told when the search begins.
      if (mine === counted) store.setState({ kept: null });
    }
  }

  const put = (request: SearchRequest): void => {
    store.setState({ request });
    void count();
  };
  /** Of the space as it is known: which genes are searched, among which choices. */
  const narrow = (request: SearchRequest): void => {
    store.setState(({ space }) => {
      if (!space) return { request };
      const genes = viewOf(space.result.view, request.space);
      const view = { ...space.result.view, genes, size: sizeOf(genes) };
      return { request, space: { ...space, result: { ...space.result, view } } };
    });
    void count();
  };

  const samples = samplesAt(core, {
    read: () => store.getState().data,
    write: (patch) => store.setState(({ data }) => ({ data: { ...data, ...patch } })),
    ask: (data) => core.client.call('searchData', { data }),
    changed: () => count(),
  });

  /** Why a search may not begin now; null: it may. */
  const refusal = (): string | null => {
    const lacks = searchLacks(store.getState());
    if (lacks !== null) return lacks;
    // What is known of it is of another request.
    if (store.getState().asking) return 'The space is being looked at.';
    if (core.runner.isRunning('train')) return 'A training is at work, and a search needs the device for itself.';
    if (core.runner.isRunning(...CHANGES)) return 'Another change is still at work.';
    return core.runner.isRunning(...ALONE) ? 'A measurement is running. It needs the device for itself.' : null;
  };
  const control = (wish: 'pause' | 'resume' | 'stop', status: TrainStatus): void => {
    if (!isSearching(store.getState().run)) return;
    setRun(() => ({ status }));
    // Where the worker is gone, the search itself says so.
    core.client.call('searchControl', { wish }).catch(() => {});
  };

  /** Lent devices that are there. */
  const lent = (ids: readonly (number | null)[]): readonly LentDevice[] =>
    (core.devices.getState().view?.devices ?? []).filter(({ id, session }) => session !== null && ids.includes(id));
  /** What is asked, and of which devices. */
  function askFor(stop: number, request: SearchRequest): SearchAsk {
    const { judges, clock } = store.getState();
    const [also, [timing]] = [lent(judges).map(refOf), lent([clock]).map(refOf)];
    return {
      stop,
      request,
      ...(also.length > 0 && { judges: also }),
      ...(timing && asksLatency(request) && { clock: timing }),
    };
  }

  /** On a lent device with fewer threads than are asked for, what it has. */
  function onClock(request: SearchRequest): SearchRequest {
    const most = lent([store.getState().clock])[0]?.capabilities.maxThreads ?? request.threads;
    return most < request.threads ? { ...request, threads: most } : request;
  }

  /** The table that latency is read from; null: latency plays no part, or nothing was measured yet. */
  async function tableFor(request: SearchRequest): Promise<StoredTable | null> {
    if (!asksLatency(request)) return null;
    const known = await tables.known();
    const [timing] = lent([store.getState().clock]);
    const capabilities = timing ? lentAs(timing.capabilities, timing.name) : document.getState().capabilities;
    const device = store.getState().device ?? (capabilities && wasmDevice(capabilities, request.threads));
    return device && tableOf(known, device);
  }

  return {
    chooseSearchStop(stop) {
      isChosen = true;
      if (stop === store.getState().stop) return;
      store.setState({ stop, space: null, spaceError: null });
      void askSpace();
    },
    async askGenes() {
      const { document: open } = document.getState();
      const { stop, run } = store.getState();
      if (!open || isSearching(run)) return;
      isChosen = false;
      if (stop !== open.cursor) store.setState({ stop: open.cursor, space: null });
      await askSpace();
      const genes = store.getState().space?.result.view.genes;
      if (genes) core.notices.announce(`${plural(genes.length, 'gene')} of this model may be searched.`);
    },
    changeSearch: (patch) => put({ ...store.getState().request, ...patch }),
    changeSpace(patch) {
      const { request } = store.getState();
      store.setState({ request: { ...request, space: { ...request.space, ...patch } } });
      void askSpace();
    },
    setGene: (id, gene) => narrow(withGene(store.getState().request, id, gene)),
    setBound: (objective, bound, relative) =>
      put(withBound(store.getState().request, objective, bound, relative ?? false)),
    toggleObjective(objective) {
      const { request } = store.getState();
      put({ ...request, objectives: toggledObjective(request, objective) });
    },
    searchSamples: samples.actions,
    chooseSearchTable: (device) => store.setState({ device, clock: null }),
    chooseSearchClock: (clock) => store.setState({ clock, device: null }),
    toggleJudge: (device) =>
      store.setState(({ judges }) => ({
        judges: judges.includes(device) ? judges.filter((each) => each !== device) : [...judges, device],
      })),
    async startSearch() {
      const reason = refusal();
      const { stop, space } = store.getState();
      const request = onClock(store.getState().request);
      if (reason !== null) core.notices.show({ tone: 'plain', title: 'The search has to wait', text: reason });
      if (reason !== null || !space) return;
      rememberSearch(platform.storage, document.getState().document?.name ?? '', store.getState().request);
      const { view, order } = space.result;
      runBound = bind(core, stop, null);
      const start = { stop, name: titleOf(stop), request, genes: view.genes, order };
      store.setState({ run: searchBegun(start), selected: null, hovered: null, used: null });
      quiet(core);
      let mine = 0;
      let messages: SearchProgress[] = [];
      let drawn = 0;
      let measured: StoredTable | null = null;
      let waiting: ReturnType<typeof setTimeout> | undefined;
      const draw = (): void => {
        clearTimeout(waiting);
        waiting = undefined;
        if (atWork !== mine) return;
        const news = messages;
        messages = [];
        drawn = performance.now();
        setRun((run) => searchAdvanced(run, news));
      };
      try {
        const result = await core.runner.run('search', 'Architecture search', async (call, id) => {
          mine = atWork = id;
          const table = await tableFor(request);
          return core.client.call(
            'search',
            { ask: askFor(stop, request), table },
            {
              ...call,
              onProgress(progress) {
                if (progress.table) {
                  measured = progress.table;
                  return;
                }
                messages.push(progress);
                const left = drawn + DRAWN_EVERY - performance.now();
                if (left <= 0 || progress.stage === 'Paused') draw();
                // The last one before a long stage is not held back until that is over.
                else waiting ??= setTimeout(draw, left);
                const { stage, done, total } = progress;
                call.onProgress?.({
                  stage,
                  ...(done !== undefined && { done }),
                  ...(total !== undefined && { total }),
                });
              },
            },
          );
        });
        measured = result.table;
        if (atWork !== mine) return;
        draw();
        const { points, history, quality, effects } = result;
        const front = inOrder(result.front, points, result.objectives);
        const evaluations = history.at(-1)?.evaluations ?? points.length;
        setRun(() => ({ status: 'done', result, points, front, history, evaluations, quality, effects }));
        const { selected } = store.getState();
        if (!pointOf(points, selected)) store.setState({ selected: front[0] ?? null });
        core.notices.announce(
          `The search is done: ${plural(points.length, 'network')} judged, ${plural(front.length, 'network')} on the front.`,
        );
      } catch (caught) {
        if (atWork !== mine) return;
        draw();
        const error = toErrorRecord(caught);
        const cancelled = error.code === 'cancelled';
        setRun(() => (cancelled ? { status: 'cancelled' } : { status: 'failed', error }));
        core.notices.announce(cancelled ? 'The search was cancelled.' : `The search failed. ${error.message}`);
      } finally {
        // However it ended: times of operators hold for the next search, and where they are lost it measures again.
        if (measured) await tables.keep(measured).catch(() => {});
        if (atWork === mine) {
          atWork = null;
          void count();
        }
      }
    },
    pauseSearch: () => control('pause', 'pausing'),
    resumeSearch: () => control('resume', 'running'),
    stopSearch: () => control('stop', 'stopping'),
    cancelSearch() {
      if (atWork !== null) core.runner.cancel(atWork);
    },
  };
}
