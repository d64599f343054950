import type { StepInput, StepOutput, TrainerSetup, TrainerState, Weights } from '../train/trainer.ts';
import type { TensorFile } from '../formats/types.ts';
import type { Progress } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import type { KernelSamples } from '../bench/kernel-samples.ts';
import type { BenchMatrix, BenchRequest, BenchResult, OptimizerReport, Profile } from '../bench/types.ts';
import type { AccuracyDataView, AccuracyFiles, SamplePicture } from '../engine/accuracy/data.ts';
import type { AccuracyProgress, AccuracyRequest, AccuracyResult } from '../engine/accuracy/types.ts';
import type { CalibrationFiles, CalibrationView } from '../engine/calibrate-files.ts';
import type { RatingRequest } from '../engine/calibration.ts';
import type { Bisection } from '../engine/bisect-types.ts';
import type {
  CompareRequest,
  CompareSide,
  Comparison,
  Difference,
  SecondView,
  UnionKind,
} from '../engine/compare-types.ts';
import type {
  NodeDetail,
  PictureRequest,
  TensorPicture,
  TensorRef,
  TensorStats,
  TensorValues,
} from '../engine/detail-types.ts';
import type { CheckRequest } from '../engine/ports.ts';
import type { LabInputs, LabRequest, LabResult } from '../engine/verify-lab/types.ts';
import type {
  PredictionCheck,
  PredictionRequest,
  TableBatch,
  TableBatchRequest,
} from '../engine/latency-table/studio-calls.ts';
import type { StoredTable } from '../engine/latency-table/table.ts';
import type { LatencyPrediction } from '../engine/latency-table/types.ts';
import type {
  KvView,
  MeasureAsk,
  MeasureProgress,
  MeasureResult,
  TalkAsk,
  TalkProgress,
  TalkResult,
  TokenizerView,
} from '../engine/kv/lab-types.ts';
import type { LatencyModel, LatencyRequest } from '../engine/latency-types.ts';
import type { EditTarget } from '../engine/edit-target.ts';
import type { Fidelity } from '../engine/fidelity.ts';
import type { BranchMove } from '../engine/recipes/branches.ts';
import type { PresetInfo, ReadRecipe, ToldDiff } from '../engine/recipes/read.ts';
import type { SweepProgress, SweepRequest, SweepResult } from '../engine/recipes/sweep-types.ts';
import type { RooflineRequest } from '../engine/profile/roofline.ts';
import type { SensitivityProgress, SensitivityRequest } from '../engine/sensitivity.ts';
import type {
  ApplyRequest,
  AskedOverlay,
  DocumentView,
  OverlayValues,
  PassInfo,
  PassSites,
  Picture,
  Preview,
} from '../engine/types.ts';
import type { ScheduleRequest } from '../engine/prune-schedule.ts';
import type { TrainFiles } from '../engine/train/files.ts';
import type { NamedValue, TrainAsk, TrainPlan, TrainProgress, TrainResult } from '../engine/train/types.ts';
import type { TuneReport, TuneRequest } from '../engine/tune-types.ts';
import type { DecoderSetup, StepResult, Wanted } from '../generate/decoder.ts';
import type { Simulation, SimulationRequest } from '../kv/simulate/simulate.ts';
import type { CachePolicy } from '../kv/types.ts';
import type { Sensitivity } from '../prune/sensitivity.ts';
import type { PrunePlanView } from '../prune/types.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { ProfileView, Roofline } from '../report/profile/types.ts';
import type { ReportRequest } from '../engine/report-data.ts';
import type { ReportData } from '../report/types.ts';
import type { MadeUp } from '../runtime/run-many.ts';
import type { Capabilities, Feeds, HostTensor, RuntimeBackend, SessionSettings } from '../runtime/types.ts';
import type { SampleInfo } from '../samples/types.ts';
import type { Genome } from '../search/genome.ts';
import type {
  SearchAsk,
  SearchProgress,
  SearchRequest,
  SearchResult,
  SpaceRequest,
  SpaceView,
} from '../search/types.ts';
import type { SupernetAsk, SupernetProgress, SupernetResult } from '../search/supernet/types.ts';
import type { KeptModel, KeptRecipe } from '../storage/types.ts';
import type { StopsRequest, VerifyResult } from '../verify/types.ts';
import type { ValuesReport, ValuesRequest } from '../verify/values-types.ts';

/** One row a call: parameters, what its progress messages carry, and its result. */
export interface Call {
  readonly params: unknown;
  readonly progress: Progress;
  readonly result: unknown;
}
interface Row<Params, Result, P extends Progress = Progress> {
  readonly params: Params;
  readonly progress: P;
  readonly result: Result;
}
/** A typed map of calls: every member is a `Call`. */
export type Api<A> = { readonly [M in keyof A]: Call };

/** A model on its way to a runtime worker: written bytes, transferred. */
export interface ModelParcel {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file with its path inside what was chosen or dropped. */
export interface GivenFile {
  readonly name: string;
  readonly file: File;
}
/** Calibration data as a person gives them. */
export interface GivenData extends Omit<CalibrationFiles, 'files' | 'labels'> {
  readonly files: readonly GivenFile[];
  readonly labels: GivenFile | null;
}

/** Data with what the answers should be, as a person gives them. */
export interface GivenAccuracyData extends Omit<AccuracyFiles, 'files' | 'labels' | 'targets'> {
  readonly files: readonly GivenFile[];
  readonly labels: GivenFile | null;
  readonly targets: GivenFile | null;
}
/** Samples to train on, as a person gives them. */
export interface GivenTrainData extends Omit<TrainFiles, 'files' | 'labels' | 'tokenizer'> {
  readonly files: readonly GivenFile[];
  readonly labels: GivenFile | null;
  readonly tokenizer: 'bytes' | 'characters' | GivenFile | null;
}
/** What data are for: to be trained on, or to judge by. */
export type TrainUse = 'train' | 'judge';
/** A run that was broken off, and how far it had come. */
export interface TrainCheckpoint {
  readonly step: number;
}

/** Inputs of a person's own for a comparison. */
export type LabData = Omit<GivenData, 'labels'>;

/** What the graph worker serves to the page. */
export interface GraphApi {
  /** Files as dropped: the model first, external data after it; or a sample's id. Ends the document that was open. */
  open: Row<{ files: readonly File[] } | { sample: string }, { document: DocumentView; picture: Picture }>;
  samples: Row<null, readonly SampleInfo[]>;
  passes: Row<null, readonly PassInfo[]>;
  /** Sites of every pass (or of the named ones) at the cursor. */
  sites: Row<
    { passes: readonly string[] | null; options?: Readonly<Record<string, Readonly<Record<string, Json>>>> },
    readonly PassSites[]
  >;
  preview: Row<ApplyRequest, Preview>;
  /** Adds a step at the cursor (later, undone steps are dropped) and moves the cursor onto it. */
  apply: Row<ApplyRequest, { document: DocumentView; picture: Picture }>;
  /** Prunes channels in rounds: a step for each, and one for batch norms that are re-estimated after it. */
  applySchedule: Row<ScheduleRequest, { document: DocumentView; picture: Picture }>;
  /** Applies every step of a preset or recipe from the original on. */
  replay: Row<{ recipe: Recipe } | { preset: string }, { document: DocumentView; picture: Picture }>;
  /** Presets with what they do, as recipes for a backend. */
  presets: Row<{ backend: Backend }, readonly PresetInfo[]>;
  /** A recipe of this or an earlier version, as it was found in a file or a link. */
  readRecipe: Row<{ value: Json }, ReadRecipe>;
  diffRecipes: Row<{ a: Recipe; b: Recipe }, ToldDiff>;
  /** Recipes that were kept under a name, the newest first. */
  keptRecipes: Row<null, readonly KeptRecipe[]>;
  /** Keeps recipes and forgets others, by id; null: this browser keeps nothing. */
  changeRecipes: Row<{ put: readonly KeptRecipe[]; remove: readonly string[] }, readonly KeptRecipe[] | null>;
  /** Leaves one branch of the recipe for another. */
  switchBranch: Row<BranchMove, { document: DocumentView; picture: Picture }>;
  /** What a branch leads to, written; the document stays where it is. */
  branchModel: Row<Omit<BranchMove, 'leave'>, ModelParcel>;
  /** One option of a recipe with several values; progress carries what was found. */
  sweep: Row<SweepRequest, SweepResult, SweepProgress>;
  /** SHA-256 of the opened file; null: there is no way to. */
  modelHash: Row<null, string | null>;
  /** Undo and redo: shows stop `cursor`. */
  moveTo: Row<{ cursor: number }, { document: DocumentView; picture: Picture }>;
  /** The picture of any stop, for before/after. */
  picture: Row<{ stop: number }, Picture>;
  /** Lays the stop under the cursor out with other groups folded; those that follow are drawn so too. */
  fold: Row<{ toggled: readonly string[] }, Omit<Picture, 'view'>>;
  setBackend: Row<{ backend: Backend }, { document: DocumentView }>;
  node: Row<{ node: number }, NodeDetail>;
  tensor: Row<{ ref: TensorRef; axis: number | null }, TensorStats>;
  tensorPicture: Row<{ ref: TensorRef; request: PictureRequest }, TensorPicture>;
  tensorValues: Row<{ ref: TensorRef; from: number; count: number }, TensorValues>;
  /** What an overlay says of every node at the cursor; `time` runs the model as `request` says. */
  overlay: Row<{ overlay: AskedOverlay; request: BenchRequest }, OverlayValues>;
  /** What hand edits of these nodes start from. */
  editTargets: Row<{ nodes: readonly number[] }, readonly EditTarget[]>;
  /** Observes activations on these data until another model is opened; null: on made-up inputs. */
  calibrate: Row<{ data: GivenData | null }, CalibrationView | null>;
  prunePlan: Row<RatingRequest, PrunePlanView>;
  /** What the latency at the cursor does when channels are cut, measured on this device. */
  latencyModel: Row<LatencyRequest, LatencyModel>;
  /** Latency of the model at the cursor from a table of its operators' times. */
  predictLatency: Row<{ table: StoredTable }, LatencyPrediction>;
  /** Reads a file of latency tables. */
  latencyTables: Row<{ text: string; name: string }, readonly StoredTable[]>;
  /** Latency tables that were kept between visits, as text; null: none. */
  keptTables: Row<null, string | null>;
  /** False where the browser keeps nothing. */
  keepTables: Row<{ text: string }, boolean>;
  /** Times the next operators of the model at the cursor that a table lacks. */
  tableBatch: Row<TableBatchRequest, TableBatch>;
  /** The prediction of a table held against a run. */
  checkPrediction: Row<PredictionRequest, PredictionCheck>;
  /** What each group bears, cut by itself; judged on what the given data hold out, else on made-up inputs. */
  sensitivity: Row<SensitivityRequest, Sensitivity, SensitivityProgress>;
  /** The result at the cursor against the original, on what the given data hold out. */
  judge: Row<null, Fidelity>;
  /** Verifies stop `b` against stop `a`; stored in the document for neighbours and for original-to-cursor. */
  verify: Row<{ a: number; b: number; request: StopsRequest }, { result: VerifyResult; document: DocumentView }>;
  /** Any two models, outputs and values inside; `data` null: on made-up inputs. */
  verifyLab: Row<{ request: LabRequest; data: LabData | null }, LabResult>;
  /** What files hold as inputs of a model. */
  labInputs: Row<{ side: CompareSide; data: LabData }, LabInputs>;
  /** Inputs as a `.npz` that NumPy opens. */
  npz: Row<{ feeds: Feeds }, Uint8Array<ArrayBuffer>>;
  /** Where the result at the cursor parts from the original. */
  bisect: Row<{ request: StopsRequest }, Bisection>;
  bench: Row<{ a: CompareSide; b: CompareSide | null; request: BenchRequest }, BenchResult>;
  /** The same at several settings, which take turns. */
  benchMatrix: Row<{ a: CompareSide; b: CompareSide | null; requests: readonly BenchRequest[] }, BenchMatrix>;
  /** Labelled data until another model is opened; null: they are given back. */
  accuracyData: Row<{ data: GivenAccuracyData | null }, AccuracyDataView | null>;
  accuracy: Row<{ a: CompareSide; b: CompareSide | null; request: AccuracyRequest }, AccuracyResult, AccuracyProgress>;
  /** A sample as it lies in the files, or as the model gets it; null: it is no image. */
  accuracyPicture: Row<{ index: number; fed: boolean }, SamplePicture | null>;
  /** Samples to train on or to judge by, until another model is opened; null: they are given back. */
  trainData: Row<{ use: TrainUse; data: GivenTrainData | null }, AccuracyDataView | null>;
  /** Values inside a model that a hint may name, in running order. */
  valueNames: Row<{ side: CompareSide }, readonly NamedValue[]>;
  /** What a training would do, and where it would go on; null: from the start. */
  trainPlan: Row<TrainAsk, { readonly plan: TrainPlan; readonly checkpoint: TrainCheckpoint | null }>;
  /** The training step as a model: forward, loss and backward. */
  trainGraph: Row<{ ask: TrainAsk; name: string }, ModelParcel>;
  /** Goes on from its checkpoint where there is one, unless it is to begin anew. */
  train: Row<{ ask: TrainAsk; anew: boolean }, TrainResult, TrainProgress>;
  /** Of the training at work. `stop`: it ends early with what it has learnt. */
  trainControl: Row<{ wish: 'pause' | 'resume' | 'stop' }, null>;
  /** What the last training learnt becomes a step behind the stop that was trained. */
  keepTrained: Row<null, { document: DocumentView; picture: Picture }>;
  /** Learnt weights beside a recipe that is to be replayed: safetensors files. The number of those that were read. */
  giveWeights: Row<{ files: readonly GivenFile[] }, number>;
  /** What the header of a safetensors or GGUF file says; its tensors are not read. */
  tensorFile: Row<{ file: GivenFile }, TensorFile>;
  /** The text of a recipe with the learnt weights that it names, as one archive. */
  packRecipe: Row<{ name: string; text: string }, Uint8Array<ArrayBuffer>>;
  /** The recipe in an archive; its weights are there for its replay. */
  unpackRecipe: Row<{ archive: GivenFile }, { readonly name: string; readonly text: string }>;
  /** The student of the last training, with the weights that did best. */
  exportTrained: Row<{ name: string }, ModelParcel>;
  /** What may be searched in a stop of the recipe. */
  searchSpace: Row<{ stop: number; space: SpaceRequest }, SpaceView>;
  /** Samples that sub-networks are judged by, until another model is opened; null: they are given back. */
  searchData: Row<{ data: GivenTrainData | null }, AccuracyDataView | null>;
  /** Sub-networks that were judged on these data before, by this search or another: they are not judged again. */
  searchKept: Row<SearchAsk, number>;
  /** `table`: of this device's times, or of another's that the search is for; it grows where it lacks something. */
  search: Row<{ ask: SearchAsk; table: StoredTable | null }, SearchResult, SearchProgress>;
  /** Of the search at work. `stop`: it ends early with what it has found. */
  searchControl: Row<{ wish: 'pause' | 'resume' | 'stop' }, null>;
  /** A sub-network as steps behind the stop that was searched. */
  useFound: Row<{ stop: number; request: SearchRequest; genome: Genome }, { document: DocumentView; picture: Picture }>;
  /** How far a training with the same model, samples and request had come; null: none was broken off. */
  supernetKept: Row<SupernetAsk, TrainCheckpoint | null>;
  /** Trains on the samples of the search; goes on from its checkpoint where there is one, unless it is to begin anew. */
  supernet: Row<{ ask: SupernetAsk; anew: boolean }, SupernetResult, SupernetProgress>;
  /** Of the supernet in training. `stop`: it ends early with what it has learnt. */
  supernetControl: Row<{ wish: 'pause' | 'resume' | 'stop' }, null>;
  /** The supernet that was trained last, as a file. */
  exportSupernet: Row<{ name: string }, ModelParcel>;
  /** The same as a recipe that begins at the opened file, with the steps before the stop. */
  foundRecipe: Row<{ stop: number; request: SearchRequest; genome: Genome }, Recipe>;
  /** What the decoder at a stop keeps, and which policies it takes. */
  kvLook: Row<{ stop: number; policies: readonly CachePolicy[] }, KvView>;
  /** A policy as steps behind the last stop that has none. */
  kvApply: Row<{ stop: number; policy: CachePolicy }, { document: DocumentView; picture: Picture }>;
  /** Until another model is opened; null: the model's own again. What is in use now; null: none. */
  kvTokenizer: Row<{ stop: number; file: GivenFile | 'bytes' | null }, TokenizerView | null>;
  /** Text under a policy, from a copy of the model; two may run at a time. */
  kvTalk: Row<{ ask: TalkAsk }, TalkResult, TalkProgress>;
  /** Perplexity of a text, and times of tokens, under each policy. */
  kvMeasure: Row<{ ask: MeasureAsk; text: GivenFile | 'stories' }, MeasureResult, MeasureProgress>;
  /** Many requests in one memory, reserved whole or in pages: nothing is run. */
  kvSimulate: Row<{ request: SimulationRequest }, Simulation>;
  /** Times candidate rewrites on this device; appends those that gain. */
  tune: Row<{ request: TuneRequest }, { document: DocumentView; picture: Picture; report: TuneReport }>;
  /** What the runtime does to a stop's model by itself when it loads it. */
  optimizers: Row<{ stop: number; request: BenchRequest }, OptimizerReport>;
  /** Where the time goes, of one model or of two, stops or the second model. */
  profiles: Row<{ sides: readonly CompareSide[]; request: BenchRequest }, readonly ProfileView[]>;
  /** What this device does at best; measured once for a backend and a number of threads. */
  roofline: Row<{ request: RooflineRequest }, Roofline>;
  /** Opens a model beside the document, to compare with. Files as for `open`. */
  openSecond: Row<{ files: readonly File[] }, SecondView>;
  closeSecond: Row<null, null>;
  /** What differs between two stops, or a stop and the second model; with both pictures. */
  compare: Row<CompareRequest, Omit<Comparison, 'pictures'>>;
  /** One of the two of the comparison that was made last: each is a message of its own, for they are large. */
  comparedPicture: Row<Pick<CompareRequest, 'a' | 'b'> & { which: 'a' | 'b' }, Picture>;
  /** As `compare`, and nothing is drawn. */
  difference: Row<CompareRequest, Difference>;
  /** Both models of the last comparison in one picture. */
  unionPicture: Row<Pick<CompareRequest, 'a' | 'b'> & { kind: UnionKind }, Picture>;
  /** The JSON that tells how the model at the cursor is to be loaded; null: as ever. */
  sessionText: Row<null, string | null>;
  /** The written model at the cursor. */
  exportModel: Row<null, ModelParcel>;
  /** The model at the cursor with its large weights (from 1 kB) in a file beside it; null: none is large. */
  exportBeside: Row<{ location: string }, { model: Uint8Array<ArrayBuffer>; data: Uint8Array<ArrayBuffer> | null }>;
  /** Model, recipe, reports (texts by the endings of their names) and a page that runs it, as a zip. */
  exportBundle: Row<{ reports: Readonly<Record<string, string>>; runtime: boolean }, Uint8Array<ArrayBuffer>>;
  /** The decoder at the cursor with a loop that drives it, as a zip. */
  exportDecoder: Row<null, Uint8Array<ArrayBuffer>>;
  reportData: Row<ReportRequest, ReportData>;
  capabilities: Row<null, Capabilities>;
}

/** What the worker that keeps models serves to the page; lists come with the last opened first. */
export interface ModelsApi {
  list: Row<null, readonly KeptModel[]>;
  /** Copies the files of a model; progress counts bytes. */
  keep: Row<{ name: string; files: readonly File[] }, readonly KeptModel[]>;
  files: Row<{ name: string }, readonly File[]>;
  forget: Row<{ name: string }, readonly KeptModel[]>;
  /** The bytes that were freed. */
  clear: Row<null, number>;
}

/** What a runtime worker serves to the graph worker, over a port of their own. */
export interface RuntimeApi {
  capabilities: Row<null, Capabilities>;
  /** Runs a model once: constant folding. */
  evaluate: Row<{ model: ModelParcel; feeds: Feeds }, Readonly<Record<string, HostTensor>>>;
  runs: Row<{ model: ModelParcel; inputs: readonly Feeds[] | MadeUp }, readonly Readonly<Record<string, HostTensor>>[]>;
  /** Loads a model until it is released; the result is what it is called by. */
  hold: Row<{ model: ModelParcel; settings: SessionSettings }, number>;
  runHeld: Row<{ held: number; inputs: readonly Feeds[] }, readonly Readonly<Record<string, HostTensor>>[]>;
  releaseHeld: Row<{ held: number }, null>;
  /** Loads a training step until it is released. */
  train: Row<{ step: ModelParcel; setup: TrainerSetup; settings: SessionSettings }, number>;
  trainSteps: Row<{ held: number; inputs: readonly StepInput[] }, readonly StepOutput[]>;
  trainWeights: Row<{ held: number }, Weights>;
  trainState: Row<{ held: number }, TrainerState>;
  trainRestore: Row<{ held: number; state: TrainerState }, null>;
  releaseTrainer: Row<{ held: number }, null>;
  /** Loads a decoder until it is released. */
  decode: Row<{ model: ModelParcel; setup: DecoderSetup; settings: SessionSettings }, number>;
  /** Positions of the prompt that are kept. */
  decodeBegin: Row<{ held: number; prompt: readonly number[] }, number>;
  decodeStep: Row<{ held: number; ids: readonly number[]; wanted: Wanted }, StepResult>;
  releaseDecoder: Row<{ held: number }, null>;
  verify: Row<{ a: ModelParcel; b: ModelParcel; request: CheckRequest }, VerifyResult>;
  values: Row<{ a: ModelParcel; b: ModelParcel; request: ValuesRequest }, ValuesReport>;
  bench: Row<{ a: ModelParcel; b: ModelParcel | null; request: BenchRequest }, BenchResult>;
  profile: Row<{ model: ModelParcel; request: BenchRequest }, Profile>;
  kernels: Row<{ model: ModelParcel; request: BenchRequest }, KernelSamples>;
  optimizers: Row<{ model: ModelParcel; request: BenchRequest }, OptimizerReport>;
}

/** What the graph worker asks of the page, which owns the workers. */
export type HostRequest =
  | { readonly kind: 'need-runtime'; readonly backend: RuntimeBackend }
  /** A lent device in place of a worker of this page. */
  | { readonly kind: 'need-device'; readonly device: number }
  | { readonly kind: 'release-runtime'; readonly backend: RuntimeBackend };
