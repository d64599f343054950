import { toErrorRecord } from '../base/error.ts';
import { formatShare, plural } from '../base/format.ts';
import type { SupernetLook, SupernetProgress, SupernetRequest } from '../search/supernet/types.ts';
import { ALONE, quiet } from './alone.ts';
import { CHANGES, type Core } from './core.ts';
import { isSupernetAtWork, supernetAdvanced, supernetBegun, type SupernetRun } from './supernet-run.ts';
import { NO_SUPERNET, supernetLacks, supernetRequest } from './supernet-store.ts';
import type { TrainStatus } from './training-run.ts';

export interface SupernetActions {
  /** Opens, or closes, what a training as a supernet may be set to. */
  showSupernet(shown: boolean): void;
  changeSupernet(patch: Partial<SupernetRequest>): void;
  /** Goes on where an earlier training was broken off, unless it is to begin anew. */
  startSupernet(anew: boolean): Promise<void>;
  pauseSupernet(): void;
  resumeSupernet(): void;
  /** Ends early, and keeps what was learnt. */
  stopSupernet(): void;
  /** Ends at once; what the last checkpoint holds can be gone on from. */
  cancelSupernet(): void;
  /** Opens what was trained in a tab of its own: there its sub-networks can be searched. */
  openSupernet(): Promise<void>;
  /** Hands it over as a file. */
  saveSupernet(): Promise<void>;
  /** Puts a training that is over out of sight. */
  dismissSupernet(): void;
}

/** Messages come by the dozen a second where steps are short; the page is drawn so often at most, ms. */
const DRAWN_EVERY = 120;
const TITLE = 'Supernet training';

const supernetFileName = (name: string): string => `${name.replace(/\.onnx$/i, '')}.supernet.onnx`;

export function supernetActions(core: Core): SupernetActions {
  const { supernet: store, searching, document, platform } = core;
  let counted = 0;
  let atWork: number | null = null;

  const setRun = (change: (run: SupernetRun) => Partial<SupernetRun>): void =>
    store.setState(({ run }) => (run ? { run: { ...run, ...change(run) } } : {}));
  const lacks = (): string | null => supernetLacks(store.getState(), searching.getState());

  const reset = (): void => {
    counted++;
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
    store.setState(NO_SUPERNET);
  };
  document.subscribe((state, before) => {
    if (before.document && !state.document) reset();
  });
  core.onOpened(() => {
    reset();
    const { threads } = core.settings.getState().settings;
    store.setState(({ request }) => ({ request: { ...request, threads } }));
  });
  // Other samples, another space, another stop: another training may have been broken off.
  searching.subscribe(({ data, space, request }, before) => {
    if (data.view !== before.data.view || space !== before.space || request.space !== before.request.space)
      void count();
  });

  /** How far the same had come before, once somebody wants to know. */
  async function count(): Promise<void> {
    const mine = ++counted;
    const { shown, run } = store.getState();
    if (store.getState().kept !== null) store.setState({ kept: null });
    if (!shown || isSupernetAtWork(run) || lacks() !== null) return;
    try {
      const kept = await core.client.call('supernetKept', asked());
      if (mine === counted) store.setState({ kept });
    } catch {
      // It is a help; what does not fit is told when the training begins.
    }
  }
  const asked = () => {
    const state = searching.getState();
    return { stop: state.stop, request: supernetRequest(store.getState(), state) };
  };

  /** Why a training may not begin now; null: it may. */
  const refusal = (): string | null => {
    const reason = lacks();
    if (reason !== null) return reason;
    if (core.runner.isRunning('train')) return 'Another training is at work.';
    if (core.runner.isRunning(...CHANGES)) return 'Another change is still at work.';
    return core.runner.isRunning(...ALONE) ? 'A measurement is running. It needs the device for itself.' : null;
  };
  const control = (wish: 'pause' | 'resume' | 'stop', status: TrainStatus): void => {
    if (!isSupernetAtWork(store.getState().run)) return;
    setRun(() => ({ status }));
    // Where the worker is gone, the training itself says so.
    core.client.call('supernetControl', { wish }).catch(() => {});
  };

  /** What was trained, as a file; null: it could not be written. */
  async function written(): Promise<File | null> {
    const name = supernetFileName(document.getState().document?.name ?? 'model.onnx');
    try {
      const { bytes } = await core.runner.run('export', `Writing ${name}`, (call) =>
        core.client.call('exportSupernet', { name }, call),
      );
      return new File([bytes], name);
    } catch (error) {
      return core.fail('supernet', `Writing ${name}`, error);
    }
  }

  return {
    showSupernet(shown) {
      if (shown === store.getState().shown) return;
      store.setState({ shown });
      void count();
    },
    changeSupernet(patch) {
      store.setState(({ request }) => ({ request: { ...request, ...patch } }));
      void count();
    },
    async startSupernet(anew) {
      const reason = refusal();
      if (reason !== null) {
        core.notices.show({ tone: 'plain', title: 'The training has to wait', text: reason });
        return;
      }
      const ask = asked();
      const title = document.getState().document?.stops[ask.stop]?.title ?? '';
      const name = ask.stop === 0 ? 'the original' : `step ${ask.stop}, ${title}`;
      store.setState({ run: supernetBegun({ name, request: ask.request }), kept: null });
      counted++;
      quiet(core);
      let mine = 0;
      let messages: SupernetProgress[] = [];
      let drawn = 0;
      const draw = (): void => {
        if (atWork !== mine) return;
        const news = messages;
        messages = [];
        drawn = performance.now();
        setRun((run) => supernetAdvanced(run, news));
      };
      try {
        const result = await core.runner.run('supernet', TITLE, (call, id) => {
          mine = atWork = id;
          const onProgress = (progress: SupernetProgress): void => {
            messages.push(progress);
            if (performance.now() - drawn >= DRAWN_EVERY || progress.look || progress.stage === 'Paused') draw();
            const { stage, done, total } = progress;
            call.onProgress?.({ stage, ...(done !== undefined && { done }), ...(total !== undefined && { total }) });
          };
          return core.client.call('supernet', { ask, anew }, { ...call, onProgress });
        });
        if (atWork !== mine) return;
        draw();
        const { looks, steps } = result;
        setRun(() => ({ status: 'done', result, looks, step: steps }));
        core.notices.announce(`The supernet is trained: ${plural(steps, 'step')}. ${saidOf(looks)}`);
      } catch (caught) {
        if (atWork !== mine) return;
        draw();
        const error = toErrorRecord(caught);
        const cancelled = error.code === 'cancelled';
        setRun(() => (cancelled ? { status: 'cancelled' } : { status: 'failed', error }));
        core.notices.announce(cancelled ? `${TITLE}: cancelled.` : `${TITLE} failed. ${error.message}`);
      } finally {
        if (atWork === mine) {
          atWork = null;
          // A checkpoint may have been left to go on from, or be used up.
          void count();
        }
      }
    },
    pauseSupernet: () => control('pause', 'pausing'),
    resumeSupernet: () => control('resume', 'running'),
    stopSupernet: () => control('stop', 'stopping'),
    cancelSupernet() {
      if (atWork !== null) core.runner.cancel(atWork);
    },
    async openSupernet() {
      const file = await written();
      if (!file) return;
      platform.openInTab(file);
      setRun(() => ({ saved: true }));
    },
    async saveSupernet() {
      const file = await written();
      if (!file) return;
      platform.save(file.name, file);
      setRun(() => ({ saved: true }));
      core.notices.show({ tone: 'good', title: 'Supernet saved', text: file.name });
    },
    dismissSupernet() {
      if (!isSupernetAtWork(store.getState().run)) store.setState({ run: null });
    },
  };
}

/** What training made of the smallest network, in a few words; '' where held-out samples tell no shares. */
function saidOf(looks: readonly SupernetLook[]): string {
  const share = (look: SupernetLook | undefined): number | null | undefined =>
    look?.smallest.top1 ?? look?.smallest.agreement;
  const [before, after] = [share(looks[0]), share(looks.at(-1))];
  if (before == null || after == null) return '';
  return `Of the smallest network ${formatShare(before)} before, ${formatShare(after)} now.`;
}
