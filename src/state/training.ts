import { toErrorRecord } from '../base/error.ts';
import { formatShare, plural } from '../base/format.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { HintPair, LossSettings, NamedValue, TrainProgress, TrainRequest } from '../engine/train/types.ts';
import type { TrainUse } from '../protocol/api.ts';
import { TEACHING } from '../train/defaults.ts';
import { ALONE } from './alone.ts';
import type { CompareState } from './compared.ts';
import type { Core, Opened } from './core.ts';
import { samplesAt, type SampleActions, type Samples } from './given-samples.ts';
import { advanced, begun, bestOf, isAtWork, type TrainRun, type TrainStatus } from './training-run.ts';
import { lacking, lossesFor, rememberedSetup, rememberSetup } from './training-setup.ts';
import { NO_TRAINING, type TrainSamples, type TrainSetup } from './training-store.ts';

export interface TrainingActions {
  /** Who learns, and from whom; null: from labels alone. */
  chooseTrainSides(sides: Partial<Pick<TrainSetup, 'student' | 'teacher'>>): void;
  /** Opens the workspace with the stop that is shown as the student of the original. */
  recoverHere(): void;
  changeTraining(patch: Partial<TrainRequest>): void;
  changeLosses(patch: Partial<LossSettings>): void;
  /** What is trained on, and what is judged by. */
  readonly trainSamples: Readonly<Record<TrainUse, SampleActions>>;
  /** Values of a model that a hint may name; empty where they cannot be had. */
  valueNames(side: CompareSide): Promise<readonly NamedValue[]>;
  /** Shows teacher and student side by side, so that values of both are chosen there. */
  pickHints(): void;
  addHint(pair: HintPair): void;
  /** Back from the graphs. */
  endPicking(): void;
  /** Weights that stay as they are in training, or are trained again. */
  freezeWeights(names: readonly string[], frozen: boolean): void;
  /** Goes on where an earlier run was broken off, unless it is to begin anew. */
  startTraining(anew: boolean): Promise<void>;
  pauseTraining(): void;
  resumeTraining(): void;
  /** Ends early, and keeps what was learnt. */
  stopTraining(): void;
  /** Ends at once; what the last checkpoint holds can be gone on from. */
  cancelTraining(): void;
  /** Opens the training step, which is a model too, in a tab of its own. */
  showTrainingStep(): Promise<void>;
  /** What was learnt becomes a step of the recipe. */
  keepTrained(): Promise<void>;
  /** Hands the trained model over as a file. */
  saveTrained(): Promise<void>;
}

/** The pass whose weights are learnt in the Train workspace. */
export const RECOVER = 'recover';
/** Passes that take away what training may bring back. */
const PRUNING: ReadonlySet<string> = new Set([
  'prune-channels',
  'prune-heads',
  'prune-blocks',
  'prune-weights',
  'shrink-kernels',
]);

/** Messages come by the dozen a second where steps are short; the page is drawn so often at most, ms. */
const DRAWN_EVERY = 120;

const stepFileName = (name: string): string => `${name.replace(/\.onnx$/i, '')}.training-step.onnx`;
export const trainedFileName = (name: string): string => `${name.replace(/\.onnx$/i, '')}.trained.onnx`;

export function trainingActions(
  core: Core,
  landed: (opened: Opened, title: string, kept: number) => void,
  choose: (sides: Partial<Pick<CompareState, 'a' | 'b'>>) => void,
): TrainingActions {
  const { training: store, document, platform } = core;
  let asked = 0;
  let atWork: number | null = null;
  /** Somebody has chosen who learns from whom, or how: nothing is suggested any more. */
  let isChosen = false;

  const setRun = (change: (run: TrainRun) => Partial<TrainRun>): void =>
    store.setState(({ run }) => (run ? { run: { ...run, ...change(run) } } : {}));
  const setSamples = (use: TrainUse, patch: Partial<TrainSamples>): void =>
    store.setState(({ data }) => ({ data: { ...data, [use]: { ...data[use], ...patch } } }));

  const reset = (): void => {
    samples.train.drop();
    samples.judge.drop();
    asked++;
    isChosen = false;
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
    store.setState(NO_TRAINING);
  };
  document.subscribe((state, before) => {
    if (before.document && !state.document) reset();
  });
  core.onOpened(() => {
    reset();
    const name = document.getState().document?.name ?? '';
    const setup = rememberedSetup(platform.storage, name, core.settings.getState().settings.threads);
    isChosen = setup.student !== 0 || setup.teacher !== null;
    store.setState({ setup });
  });
  // Stops may be gone, or be other ones.
  core.onAdopt(() => {
    suggest();
    if (store.getState().data.train.view) void plan();
  });

  /** Until somebody chooses, what pruning left is to come back towards the original. */
  function suggest(): void {
    const { document: open } = document.getState();
    if (!open || isChosen || isAtWork(store.getState().run) || open.cursor === 0) return;
    const prunes = open.stops.slice(0, open.cursor + 1).some(({ pass }) => pass !== null && PRUNING.has(pass));
    const learnt = open.stops[open.cursor]?.pass === RECOVER;
    if (prunes && !learnt) store.setState(({ setup }) => ({ setup: recovering(setup, open.cursor) }));
  }
  const recovering = ({ request }: TrainSetup, student: number): TrainSetup => {
    const { backend, threads, seed } = request;
    return { student, teacher: 0, request: { ...TEACHING, backend, threads, seed } };
  };

  /** Stops that the recipe no longer has become its last one. */
  const fitting = ({ student, teacher, request }: TrainSetup): TrainSetup => {
    const last = (document.getState().document?.stops.length ?? 1) - 1;
    const hasSecond = core.compare.getState().second !== null;
    const fit = (side: CompareSide): CompareSide => (side === 'second' ? (hasSecond ? side : 0) : Math.min(side, last));
    return { student: fit(student), teacher: teacher === null ? null : fit(teacher), request };
  };

  /** What a run would do now. A newer wish takes the place of one that is being answered. */
  async function plan(): Promise<void> {
    const mine = ++asked;
    const setup = fitting(store.getState().setup);
    if (lacking({ ...store.getState(), setup }) !== null) {
      store.setState({ planned: null, planning: false, planError: null });
      return;
    }
    store.setState({ planning: true, planError: null });
    try {
      const found = await core.client.call('trainPlan', setup);
      if (mine === asked) store.setState({ planned: { setup, ...found }, planning: false });
    } catch (caught) {
      if (mine === asked) store.setState({ planned: null, planning: false, planError: toErrorRecord(caught) });
    }
  }

  const put = (patch: Partial<TrainSetup>): void => {
    store.setState(({ setup }) => ({ setup: { ...setup, ...patch } }));
    void plan();
  };
  const set = (patch: Partial<TrainSetup>): void => {
    isChosen = true;
    put(patch);
  };
  const hasLabels = (): boolean => {
    const { view } = store.getState().data.train;
    return view === null || view.labels !== null || view.kind === 'text';
  };
  const setLosses = (losses: LossSettings): void => {
    const { request } = store.getState().setup;
    set({ request: { ...request, losses } });
  };

  const samplesFor = (use: TrainUse): Samples =>
    samplesAt(core, {
      read: () => store.getState().data[use],
      write: (patch) => setSamples(use, patch),
      ask: (data) => core.client.call('trainData', { use, data }),
      changed() {
        const { setup } = store.getState();
        const { losses } = setup.request;
        // Where there are no labels, a teacher is enough.
        if (use === 'train' && setup.teacher !== null && losses.labels > 0 && !hasLabels())
          put({ request: { ...setup.request, losses: lossesFor(losses, setup.teacher, false) } });
        else return plan();
      },
    });
  const samples: Readonly<Record<TrainUse, Samples>> = { train: samplesFor('train'), judge: samplesFor('judge') };

  /** Why a run may not begin now; null: it may. */
  const refusal = (): string | null => {
    if (core.runner.isRunning('train')) return 'Another training is at work.';
    return core.runner.isRunning(...ALONE) ? 'A measurement is running. It needs the device for itself.' : null;
  };
  const control = (wish: 'pause' | 'resume' | 'stop', status: TrainStatus): void => {
    if (!isAtWork(store.getState().run)) return;
    setRun(() => ({ status }));
    // Where the worker is gone, the run itself says so.
    core.client.call('trainControl', { wish }).catch(() => {});
  };
  const nameOf = (side: CompareSide): string => {
    if (side === 'second') return core.compare.getState().second?.name ?? 'Second file';
    const stop = document.getState().document?.stops[side];
    return side === 0 ? 'Original' : `${side} ${stop?.title ?? ''}`;
  };

  return {
    recoverHere() {
      const cursor = document.getState().document?.cursor ?? 0;
      core.view.setState({ workspace: 'train' });
      if (isAtWork(store.getState().run)) return;
      set(recovering(store.getState().setup, cursor));
    },
    chooseTrainSides(sides) {
      const { setup } = store.getState();
      if (sides.teacher === undefined || sides.teacher === setup.teacher) return set(sides);
      const losses = lossesFor(setup.request.losses, sides.teacher, hasLabels());
      set({ ...sides, request: { ...setup.request, losses } });
    },
    changeTraining: (patch) => set({ request: { ...store.getState().setup.request, ...patch } }),
    changeLosses: (patch) => setLosses({ ...store.getState().setup.request.losses, ...patch }),
    trainSamples: { train: samples.train.actions, judge: samples.judge.actions },
    async valueNames(side) {
      try {
        return await core.client.call('valueNames', { side });
      } catch {
        // Names are a help; what does not exist is told when the plan is made.
        return [];
      }
    },
    pickHints() {
      const setup = fitting(store.getState().setup);
      if (setup.teacher === null) return;
      choose({ a: setup.teacher, b: setup.student });
      core.compare.setState({ mode: 'split' });
      store.setState({ picking: true, setup });
      core.view.setState({ workspace: 'compare' });
    },
    addHint(pair) {
      const { losses } = store.getState().setup.request;
      setLosses({ ...losses, hints: [...losses.hints, pair] });
      core.notices.announce(`A pair: ${pair.student} of the student, ${pair.teacher} of the teacher.`);
    },
    endPicking() {
      store.setState({ picking: false });
      core.view.setState({ workspace: 'train' });
    },
    freezeWeights(names, frozen) {
      const { request } = store.getState().setup;
      const others = request.frozen.filter((each) => !names.includes(each));
      set({ request: { ...request, frozen: frozen ? [...others, ...names] : others } });
    },
    async startTraining(anew) {
      const { planned } = store.getState();
      const reason = refusal();
      if (reason !== null) core.notices.show({ tone: 'plain', title: 'The training has to wait', text: reason });
      if (!planned || reason !== null) return;
      const { setup } = planned;
      const title = setup.teacher === null ? 'Training' : 'Distillation';
      const [student, teacher] = [nameOf(setup.student), setup.teacher === null ? null : nameOf(setup.teacher)];
      rememberSetup(platform.storage, document.getState().document?.name ?? '', setup);
      store.setState({
        run: begun({ student, side: setup.student, teacher, request: setup.request, terms: planned.plan.terms }),
      });
      let mine = 0;
      let messages: TrainProgress[] = [];
      let drawn = 0;
      const draw = (): void => {
        if (atWork !== mine) return;
        const news = messages;
        messages = [];
        drawn = performance.now();
        setRun((run) => advanced(run, news));
      };
      try {
        const result = await core.runner.run('train', title, (call, id) => {
          mine = atWork = id;
          return core.client.call(
            'train',
            { ask: setup, anew },
            {
              ...call,
              onProgress(progress) {
                messages.push(progress);
                if (performance.now() - drawn >= DRAWN_EVERY || progress.evaluation || progress.stage === 'Paused')
                  draw();
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
        if (atWork !== mine) return;
        draw();
        const { curve, evaluations, terms, teacher: taught } = result;
        setRun(() => ({ status: 'done', result, curve, evaluations, terms, taught, step: result.steps }));
        core.notices.announce(`${title} is done: ${plural(result.steps, 'step')}. ${saidOf(store.getState().run)}`);
      } catch (caught) {
        if (atWork !== mine) return;
        draw();
        const error = toErrorRecord(caught);
        const cancelled = error.code === 'cancelled';
        setRun(() => (cancelled ? { status: 'cancelled' } : { status: 'failed', error }));
        core.notices.announce(cancelled ? `${title}: cancelled.` : `${title} failed. ${error.message}`);
      } finally {
        if (atWork === mine) {
          atWork = null;
          // A checkpoint may have been left to go on from, or be used up.
          void plan();
        }
      }
    },
    pauseTraining: () => control('pause', 'pausing'),
    resumeTraining: () => control('resume', 'running'),
    stopTraining: () => control('stop', 'stopping'),
    cancelTraining() {
      if (atWork !== null) core.runner.cancel(atWork);
    },
    async showTrainingStep() {
      const { planned } = store.getState();
      if (!planned) return;
      const name = stepFileName(document.getState().document?.name ?? 'model.onnx');
      try {
        const { bytes } = await core.runner.run('export', `Writing ${name}`, (call) =>
          core.client.call('trainGraph', { ask: planned.setup, name }, call),
        );
        platform.openInTab(new File([bytes], name));
      } catch (error) {
        core.fail('train', `Writing ${name}`, error);
      }
    },
    async keepTrained() {
      const side = store.getState().run?.side ?? 0;
      const opened = await core.change('apply', 'train', 'Using what was learnt', (call) =>
        core.prepared(core.client.call('keepTrained', null, call)),
      );
      if (!opened) return;
      setRun(() => ({ saved: true }));
      const { cursor, stops } = opened.document;
      // Up to the stop that was trained all is as before; behind it there may be a step for zeros too.
      landed(opened, stops[cursor]?.title ?? 'Recover by training', typeof side === 'number' ? side : 0);
      core.view.setState({ workspace: 'studio', dock: 'recipe' });
    },
    async saveTrained() {
      const name = trainedFileName(document.getState().document?.name ?? 'model.onnx');
      try {
        const { bytes } = await core.runner.run('export', `Writing ${name}`, (call) =>
          core.client.call('exportTrained', { name }, call),
        );
        platform.save(name, new Blob([bytes]));
        setRun(() => ({ saved: true }));
        core.notices.show({ tone: 'good', title: 'Model saved', text: name });
      } catch (error) {
        core.fail('train', `Writing ${name}`, error);
      }
    },
  };
}

/** What the best look at held-out samples says, in a few words; '' where there was none. */
function saidOf(run: TrainRun | null): string {
  const best = run && bestOf(run);
  const first = run?.evaluations[0];
  if (!best || !first) return '';
  if (best.perplexity !== null) return `Perplexity ${best.perplexity.toFixed(2)}.`;
  if (best.top1 !== null) return `Top class right: ${formatShare(first.top1)} before, ${formatShare(best.top1)} now.`;
  return best.agreement === null ? '' : `The same top class as the teacher: ${formatShare(best.agreement)}.`;
}
