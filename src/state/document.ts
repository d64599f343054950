import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { Across, BenchRequest, BenchResult, DeviceRef, OptimizerReport } from '../bench/types.ts';
import type { Bisection } from '../engine/bisect-types.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { CalibrationView } from '../engine/calibrate-files.ts';
import type { NodeDetail } from '../engine/detail-types.ts';
import type { LatencyModel } from '../engine/latency-types.ts';
import type { EditTarget } from '../engine/edit-target.ts';
import type {
  AskedOverlay,
  DocumentView,
  OverlayValues,
  PassInfo,
  PassSites,
  Picture,
  Preview,
} from '../engine/types.ts';
import type { TuneReport, TuneRequest } from '../engine/tune-types.ts';
import type { GivenData } from '../protocol/api.ts';
import type { HarmId } from '../prune/sensitivity.ts';
import type { PruneForecast, PruneOptions, PrunePlanView } from '../prune/types.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Capabilities } from '../runtime/types.ts';
import type { SampleInfo } from '../samples/types.ts';
import type { Bound } from './bound.ts';
import type { Judged } from './judging.ts';
import type { ReportView } from './link/report-view.ts';
import type { Link } from './link/types.ts';
import type { Profiled } from './profiling.ts';
import { EMPTY, type RuleDraft, type RuleFault } from './rules/draft.ts';
import type { SensitivityFinding } from './sensing.ts';
import type { Session } from './session.ts';

/** Nodes that a pass is limited to: what a search found. */
export interface SiteScope {
  /** The search, as it was written. */
  readonly text: string;
  readonly nodes: ReadonlySet<number>;
  /** Keys of the sites that the limit switched off. */
  readonly switched: ReadonlySet<string>;
}

/** A pass that is being looked at: its sites are lit on the canvas, nothing is applied yet. */
export interface PassPreview {
  readonly pass: string;
  readonly options: Readonly<Record<string, Json>>;
  /** Keys of sites that the person switched off. */
  readonly off: ReadonlySet<string>;
  /** What the sites are limited to; null: the whole graph. */
  readonly scope: SiteScope | null;
  /** Counted result of applying what is on; null until it has been counted. */
  readonly result: Preview | null;
  /** Why it could not be counted. */
  readonly error: ErrorRecord | null;
  /** Index of the site that the stepper stands on; null: none yet. */
  readonly at: number | null;
}

/** A hand edit being made: a form with the live answer of its pass; nothing is applied. */
export interface EditSession {
  readonly pass: string;
  /** The nodes that it was begun at, by NodeId. */
  readonly targets: readonly EditTarget[];
  readonly options: Readonly<Record<string, Json>>;
  /** Something was filled in since it was opened. */
  readonly touched: boolean;
  /** What the pass says to the options; null while it is asked. */
  readonly found: PassSites | null;
  /** Counted result; null until it has been counted, and where there is no site. */
  readonly result: Preview | null;
  readonly error: ErrorRecord | null;
  /** The next node that is selected is where the part ends. */
  readonly picking: boolean;
}

/** The rule that a person writes; it is kept while the panel is closed. */
export interface RuleSession {
  readonly draft: RuleDraft;
  readonly fault: RuleFault | null;
  /** The graph is being asked for its sites. */
  readonly asking: boolean;
  /** What should be known of how the draft came about, in a sentence or two. */
  readonly note: string | null;
}

/** What tuning found. */
export interface Tuning {
  /** The stop that was tuned; its own result stands after it. */
  readonly from: number;
  readonly request: TuneRequest;
  readonly report: TuneReport;
}

/** How often is cut, and what follows each cut. */
export interface PruneSchedule {
  /** 1 to 20. */
  readonly rounds: number;
  /** Batch norms are re-estimated after each round. */
  readonly reestimate: boolean;
}

/** The pruning panel at work: everything a slider step needs is here, on the page's side. */
export interface PruneSession {
  readonly plan: PrunePlanView;
  readonly options: PruneOptions;
  readonly schedule: PruneSchedule;
  /** Follows the sliders at once; from the plan's cost terms. */
  readonly forecast: PruneForecast;
  /** Measured on this device; null: not yet. */
  readonly latency: LatencyModel | null;
  /** Index of the group in focus. */
  readonly group: number | null;
}

/** Calibration data: those that a person gave last, and those that are in use. */
export interface CalibrationSession {
  readonly given: GivenData;
  /** What the workers observe activations on; null: made-up inputs, since nothing that was given could be used yet. */
  readonly view: CalibrationView | null;
  /** How `view` was given; null together with it. */
  readonly used: GivenData | null;
  /** Why what was given last is not in use. */
  readonly error: ErrorRecord | null;
  readonly asking: boolean;
}

/** A file being read: what the page says about it meanwhile. */
interface Opening {
  readonly name: string;
  /** Bytes of all files; null: a sample, which is built. */
  readonly bytes: number | null;
  readonly files: number;
  readonly job: number;
}

/** A recipe that waits for its model to be dropped. */
interface PendingRecipe {
  readonly name: string;
  readonly recipe: Recipe;
  /** The report that it came with. */
  readonly report?: ReportView;
}

/** Something that was asked for and could not be done; shown where it was asked. */
export interface Failure {
  /** Which part of the page asked: a pass, a stop of the recipe, the benchmark, an export. */
  readonly place:
    | 'pass'
    | 'recipe'
    | 'check'
    | 'bench'
    | 'accuracy'
    | 'train'
    | 'search'
    | 'supernet'
    | 'kv'
    | 'prune'
    | 'export'
    | 'document';
  /** What was tried, in words: "Fold batch norm". */
  readonly what: string;
  readonly error: ErrorRecord;
}

/** What is known of an overlay of which the worker has to be asked. */
export type OverlayEntry =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly values: OverlayValues }
  | { readonly state: 'failed'; readonly error: ErrorRecord };

/** One benchmark with the stops that it compared; null: one model alone. */
export interface BenchEntry {
  readonly a: CompareSide;
  readonly b: CompareSide | null;
  /** Name of the second file, where it was one of the two. */
  readonly second: string | null;
  readonly revision: number;
  /** Session options by which the two differ from each other or from the usual. */
  readonly loads: BenchRequest['loads'];
  readonly result: BenchResult;
  /** Where several settings took turns: what they have in common, and how this one does against the first. */
  readonly turn: { readonly id: number; readonly across: Across } | null;
  /** The lent device that it was measured on; absent: here. */
  readonly device?: DeviceRef;
}

export interface DocumentState {
  readonly status: 'empty' | 'opening' | 'open';
  readonly opening: Opening | null;
  /** Why the last opening failed; the document that was open before stays open. */
  readonly openError: ErrorRecord | null;
  /** Name of the file that could not be opened. */
  readonly openErrorName: string | null;
  readonly document: DocumentView | null;
  /** Picture of the stop under the cursor. */
  readonly picture: Picture | null;
  /** Picture of the opened model; null until it has been asked for. */
  readonly origin: Picture | null;
  /** Id of the sample that is open; null: a file, or nothing. */
  readonly sample: string | null;
  /** Counts openings: another number is another document. */
  readonly opened: number;
  /** What the last step changed, by NodeId; null while it is not shown. */
  readonly diff: (Pick<Preview, 'removed' | 'added' | 'changed'> & { readonly fused: readonly number[] }) | null;
  /** The picture that `diff` compares with. */
  readonly before: Picture | null;
  readonly passes: readonly PassInfo[];
  readonly samples: readonly SampleInfo[];
  readonly capabilities: Capabilities | null;
  /** The studio is kept by this browser, and works with the network off. */
  readonly offline: boolean;
  /** Why the capabilities could not be asked for. */
  readonly capabilitiesError: ErrorRecord | null;
  /** By pass id, for the stop under the cursor; a pass that is missing is still being looked for. */
  readonly sites: Readonly<Record<string, PassSites>>;
  /** By pass id: why its sites could not be found. */
  readonly sitesErrors: Readonly<Record<string, ErrorRecord>>;
  readonly preview: PassPreview | null;
  readonly prune: PruneSession | null;
  /** Null: activations are observed on made-up inputs. */
  readonly calibration: CalibrationSession | null;
  /** Of one stop and one ranking. */
  readonly sensitivity: Bound<SensitivityFinding> | null;
  /** What the curves show; null: accuracy where there are labels, else KL. */
  readonly harm: HarmId | null;
  /** Of the stop that was judged last. */
  readonly judged: Bound<Judged> | null;
  readonly edit: EditSession | null;
  readonly rule: RuleSession;
  /** Of the stop that was tuned or left by tuning. */
  readonly tuning: Bound<Tuning> | null;
  readonly optimizers: Bound<OptimizerReport> | null;
  readonly profiled: Bound<Profiled> | null;
  readonly bisection: Bound<Bisection> | null;
  /** Benchmarks of this session, the newest last. */
  readonly benches: readonly BenchEntry[];
  readonly failure: Failure | null;
  readonly pending: PendingRecipe | null;
  /** A link that waits for its model to be opened. */
  readonly waiting: Link | null;
  /** What a tab was doing before, to go on with; null: nothing, or it has been answered. */
  readonly session: Session | null;
  /** The recipe as it was last saved, by itself or as a model; null: not yet. */
  readonly savedRecipe: Recipe | null;
  /** Names of the external files that were given. */
  readonly external: readonly { readonly name: string; readonly bytes: number }[];
  /** The selected node in full; null while it is asked for, or when nothing is selected. */
  readonly detail: NodeDetail | null;
  readonly detailError: ErrorRecord | null;
  /** For the revision shown; one that is missing has not been asked for. */
  readonly overlays: Readonly<Partial<Record<AskedOverlay, OverlayEntry>>>;
}

export type DocumentStore = StoreApi<DocumentState>;

export const createDocumentStore = (): DocumentStore =>
  createStore<DocumentState>(() => ({
    status: 'empty',
    opening: null,
    openError: null,
    openErrorName: null,
    document: null,
    picture: null,
    origin: null,
    sample: null,
    opened: 0,
    diff: null,
    before: null,
    passes: [],
    samples: [],
    capabilities: null,
    offline: false,
    capabilitiesError: null,
    sites: {},
    sitesErrors: {},
    preview: null,
    prune: null,
    calibration: null,
    sensitivity: null,
    harm: null,
    judged: null,
    edit: null,
    rule: { draft: EMPTY, fault: null, asking: false, note: null },
    tuning: null,
    optimizers: null,
    profiled: null,
    bisection: null,
    benches: [],
    failure: null,
    pending: null,
    waiting: null,
    session: null,
    savedRecipe: null,
    external: [],
    detail: null,
    detailError: null,
    overlays: {},
  }));
