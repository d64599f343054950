import { CodedError } from '../base/error.ts';
import type { Host } from '../protocol/host.ts';
import { accuracyActions, type AccuracyActions } from './accuracy.ts';
import { benchingActions, type BenchingActions } from './benching.ts';
import { bisectingActions, type BisectingActions } from './bisecting.ts';
import { branchingActions, type BranchingActions } from './branching.ts';
import { calibratingActions, type CalibratingActions } from './calibrating.ts';
import { comparingActions, type ComparingActions } from './comparing.ts';
import { createCore, type Core, type Platform, type Stores } from './core.ts';
import type { DeviceWatch } from './device-watch.ts';
import { devicesActions, type DevicesActions } from './devices.ts';
import { editingActions, isEdit, type EditingActions } from './editing.ts';
import { exportingActions, type ExportingActions } from './exporting.ts';
import { foldingActions, type FoldingActions } from './folding.ts';
import { inspectingActions, type InspectingActions } from './inspecting.ts';
import { keepingActions, type KeepingActions } from './keeping.ts';
import { libraryActions, type LibraryActions } from './library.ts';
import { linkingActions, type LinkingActions } from './link/linking.ts';
import { sessionActions, type SessionActions } from './session.ts';
import { kvActions, type KvActions } from './kv.ts';
import { latencyTables, type LatencyTableActions } from './latency-table.ts';
import { lookingActions, type LookingActions } from './looking.ts';
import { measuringActions, CHECKED_UNASKED, type MeasuringActions } from './measuring.ts';
import { openingActions, type OpeningActions } from './opening.ts';
import { overlayActions, type OverlayActions } from './overlays.ts';
import { REESTIMATE } from './prune-schedule.ts';
import { pruningActions, PRUNE_CHANNELS, type ForecastOf, type PruningActions } from './pruning.ts';
import { judgingActions, type JudgingActions } from './judging.ts';
import { keepRecents } from './keep-recents.ts';
import { profilingActions, type ProfilingActions } from './profiling.ts';
import { recover } from './recovering.ts';
import { rulingActions, USER_RULE, type RulingActions } from './rules/ruling.ts';
import { foundActions, type FoundActions } from './found.ts';
import { geneLightActions, type GeneLightActions } from './gene-light.ts';
import { scopingActions, type ScopingActions } from './scoping.ts';
import { searchingActions, type SearchingActions } from './searching.ts';
import { selectingActions, type SelectingActions } from './selecting.ts';
import { sensingActions, type SensingActions } from './sensing.ts';
import { sweepingActions, type SweepingActions } from './sweeping.ts';
import { supernetActions, type SupernetActions } from './supernet.ts';
import type { Settings } from './settings.ts';
import { steppingActions, type SteppingActions } from './stepping.ts';
import { RECOVER, trainingActions, type TrainingActions } from './training.ts';
import { tuningActions, type TuningActions } from './tuning.ts';
import { verifyingLabActions, type VerifyingLabActions } from './verifying-lab.ts';

interface Actions
  extends
    OpeningActions,
    LookingActions,
    SteppingActions,
    MeasuringActions,
    BenchingActions,
    AccuracyActions,
    TrainingActions,
    SearchingActions,
    FoundActions,
    SupernetActions,
    KvActions,
    GeneLightActions,
    TuningActions,
    ProfilingActions,
    LatencyTableActions,
    BisectingActions,
    VerifyingLabActions,
    RulingActions,
    ExportingActions,
    SelectingActions,
    ScopingActions,
    ComparingActions,
    FoldingActions,
    OverlayActions,
    InspectingActions,
    EditingActions,
    KeepingActions,
    LinkingActions,
    LibraryActions,
    BranchingActions,
    SweepingActions,
    SessionActions,
    CalibratingActions,
    SensingActions,
    JudgingActions,
    DevicesActions,
    PruningActions {
  changeSettings(patch: Partial<Settings>): void;
  /** Asks a job to stop; a worker that does not listen is ended, and the document opened again. */
  cancelJob(id: number): void;
}

/** The whole studio without its pictures: stores and what can be done. Components get it as `app`. */
export interface App extends Stores {
  readonly actions: Actions;
  /** Whether the tab is hidden, the device on battery, the processor under pressure. */
  readonly device: DeviceWatch;
  /** This browser has storage of its own for files. */
  readonly canKeep: boolean;
  /** Asks the workers what there is: passes, samples, the device. */
  start(): Promise<unknown>;
  dispose(): void;
}

/** Asks for what does not depend on a document; each part arrives by itself. */
async function askAround(core: Core): Promise<void> {
  const { client, document: store } = core;
  const capabilities = async (): Promise<void> => {
    try {
      const found = await client.call('capabilities', null);
      store.setState({ capabilities: found, capabilitiesError: null });
      const { settings } = core.settings.getState();
      if (settings.threads > found.maxThreads) {
        core.settings.setState({ settings: { ...settings, threads: found.maxThreads } });
      }
    } catch (error) {
      const { code, message, data } = error as CodedError;
      store.setState({ capabilitiesError: { code, message, data } });
    }
  };
  const passes = async (): Promise<void> => store.setState({ passes: await client.call('passes', null) });
  const samples = async (): Promise<void> => store.setState({ samples: await client.call('samples', null) });
  await Promise.all([capabilities(), passes(), samples()]);
}

/**
 * Joins stores, workers and actions. `makeHost` is given what to do when the graph worker dies: the files and the
 * recipe are on this side, so the model is opened again and its recipe replayed.
 */
export function createApp(
  makeHost: (onGraphDeath: (error: CodedError) => void) => Host,
  platform: Platform,
  forecastOf: ForecastOf,
): App {
  const onDeath = (error: CodedError): void => void recover(core, error);
  const host = makeHost(onDeath);
  const restart = (): void => {
    host.restart();
    onDeath(new CodedError('worker-died', 'The work did not stop by itself, so it was ended.'));
  };
  const core = createCore(() => host, platform, restart);

  const selecting = selectingActions(core);
  const looking = lookingActions(core, selecting.focusNode);
  const measuring = measuringActions(core);
  const checkIfLight = (): void => {
    const { document } = core.document.getState();
    if (document && document.cursor > 0 && document.fileBytes <= CHECKED_UNASKED) void measuring.verifyUnchecked();
  };
  const stepping = steppingActions(core, checkIfLight);
  const judging = judgingActions(core);
  const tables = latencyTables(core);
  const pruning = pruningActions(core, stepping, forecastOf, tables.fill);
  const editing = editingActions(core, stepping, selecting.select);
  const ruling = rulingActions(core, { ...looking, ...editing });
  keepRecents(core);

  const comparing = comparingActions(core);
  const training = trainingActions(core, stepping.landed, comparing.compareSides);
  const searching = searchingActions(core, tables);
  const found = foundActions(core, { ...stepping, ...comparing, ...selecting });

  const lookAt = (pass: string): void => {
    if (pass === USER_RULE) {
      editing.cancelEdit();
      return ruling.openRule();
    }
    if (isEdit(core, pass)) return void editing.beginEdit(pass, editing.chosenNodes());
    editing.cancelEdit();
    // Its weights have to be learnt first.
    if (pass === RECOVER) return training.recoverHere();
    return pass === PRUNE_CHANNELS ? void pruning.openPrune() : looking.lookAt(pass);
  };
  const inspecting = inspectingActions(core, { ...looking, ...selecting, ...stepping, lookAt });
  const opening = openingActions(core, stepping.replayRecipe);
  const keeping = keepingActions(core, opening);
  const exporting = exportingActions(core);
  const linking = linkingActions(core, { ...opening, ...stepping, ...selecting, ...keeping, ...exporting });
  const { resume, ...session } = sessionActions(core, { ...keeping, ...linking, ...exporting });

  const actions: Actions = {
    ...opening,
    ...keeping,
    ...linking,
    ...session,
    ...libraryActions(core, { ...opening, ...stepping }),
    ...branchingActions(core, comparing, checkIfLight),
    ...sweepingActions(core, stepping),
    ...looking,
    ...stepping,
    ...measuring,
    ...benchingActions(core),
    ...accuracyActions(core),
    ...training,
    ...searching,
    ...found,
    ...supernetActions(core),
    ...kvActions(core, stepping),
    ...geneLightActions(core),
    ...tuningActions(core, stepping),
    ...profilingActions(core, { ...stepping, ...selecting }),
    ...tables.actions,
    ...bisectingActions(core, { ...stepping, ...selecting }),
    ...verifyingLabActions(core, { ...stepping, ...selecting }),
    ...ruling,
    async apply() {
      if (core.document.getState().preview?.pass === USER_RULE) await ruling.ruleAsked();
      await stepping.apply();
    },
    ...exporting,
    ...selecting,
    ...scopingActions(core, looking, pruning),
    ...comparing,
    ...foldingActions(core),
    ...overlayActions(core),
    ...pruning,
    ...calibratingActions(core, async () => {
      looking.findAgain(REESTIMATE);
      await pruning.rateAgain();
    }),
    ...sensingActions(core, pruning, forecastOf),
    ...judging,
    ...devicesActions(core),
    async applyPrune() {
      const applied = await pruning.applyPrune();
      // Where a person gave data, the result is judged by them as it is checked: unasked, if that takes no time.
      const { document } = core.document.getState();
      if (applied && document && document.fileBytes <= CHECKED_UNASKED) void judging.judge();
      return applied;
    },
    ...inspecting,
    ...editing,
    lookAt,
    changeSettings: (patch) => core.settings.setState(({ settings }) => ({ settings: { ...settings, ...patch } })),
    cancelJob: (id) => core.runner.cancel(id),
  };
  return {
    document: core.document,
    view: core.view,
    jobs: core.jobs,
    settings: core.settings,
    recents: core.recents,
    recipes: core.recipes,
    notices: core.notices,
    inspection: core.inspection,
    compare: core.compare,
    accuracy: core.accuracy,
    verifyLab: core.verifyLab,
    devices: core.devices,
    tables: core.tables,
    training: core.training,
    searching: core.searching,
    supernet: core.supernet,
    kv: core.kv,
    actions,
    device: platform.device,
    canKeep: platform.models !== null,
    start: () =>
      Promise.all([askAround(core), resume()]).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        core.notices.show({ tone: 'error', title: 'The studio did not start', text: message });
      }),
    dispose: () => host.dispose(),
  };
}
