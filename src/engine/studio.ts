import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { BenchMatrix, BenchRequest, BenchResult, OptimizerReport } from '../bench/types.ts';
import { modelByteLength } from '../onnx/write.ts';
import { planView } from '../prune/plan.ts';
import { sparsityFigures, type SparsityFigures } from '../prune/sparsity/figures.ts';
import type { Sensitivity } from '../prune/sensitivity.ts';
import type { PrunePlanView, PruneTarget } from '../prune/types.ts';
import { sessionText } from '../recipe/session.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Backend, OptionValues } from '../rewrite/pass.ts';
import type { ProfileView, Roofline } from '../report/profile/types.ts';
import type { ReportData } from '../report/types.ts';
import type { Capabilities } from '../runtime/types.ts';
import { listSamples, loadSample } from '../samples/catalogue.ts';
import type { SampleInfo } from '../samples/types.ts';
import { sampleFile } from './sample-source.ts';
import type { StopsRequest, VerifyResult } from '../verify/types.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId } from '../ir/types.ts';
import type { AccuracyDataView, AccuracyFiles, SamplePicture } from './accuracy/data.ts';
import { AccuracyDesk } from './accuracy/desk.ts';
import { measureAccuracy, type AccuracySubject } from './accuracy/measure.ts';
import type { AccuracyRequest, AccuracyResult } from './accuracy/types.ts';
import { benchMatrix } from './bench-matrix.ts';
import { bisect } from './bisect.ts';
import { verifyStops, WHOLE } from './check-stops.ts';
import { calibrateFiles, type CalibrationFiles, type CalibrationView } from './calibrate-files.ts';
import { seenFor, SYNTHETIC, type Calibration, type RatingRequest } from './calibration.ts';
import type { Bisection } from './bisect-types.ts';
import { passInfos } from './catalogue.ts';
import { Comparer } from './compare.ts';
import type { CompareRequest, CompareSide, Comparison, Difference, SecondView, UnionKind } from './compare-types.ts';
import type {
  NodeDetail,
  PictureRequest,
  TensorPicture,
  TensorRef,
  TensorStats,
  TensorValues,
} from './detail-types.ts';
import { fidelity, type Fidelity, type Judgement } from './fidelity.ts';
import { LatencyCache, measureLatency } from './latency-points.ts';
import { latencyFromTable } from './latency-table/from-table.ts';
import { partsOf, type Parts } from './latency-table/parts.ts';
import { predictLatency } from './latency-table/predict.ts';
import {
  checkPrediction,
  tableBatch,
  type PredictionCheck,
  type PredictionRequest,
  type TableBatch,
  type TableBatchRequest,
} from './latency-table/studio-calls.ts';
import { loadTable, type StoredTable } from './latency-table/table.ts';
import type { LatencyPrediction } from './latency-table/types.ts';
import { timeShare } from './latency-share.ts';
import { settleLatency, withLatency, type LatencyTarget } from './latency-target.ts';
import type { LatencyCheck, LatencyCheckRequest, LatencyModel, LatencyRequest } from './latency-types.ts';
import { editTargets, type EditTarget } from './edit-target.ts';
import { nodeDetail, nodeLabel } from './node-detail.ts';
import { overlayValues } from './overlay.ts';
import { OpenDocument, type OpenedFile } from './opened.ts';
import type { Parcel, RuntimePort } from './ports.ts';
import { profileModels } from './profile/profile.ts';
import { RooflineCache, type RooflineRequest } from './profile/roofline.ts';
import { pruneInRounds, type ScheduleRequest } from './prune-schedule.ts';
import { gatherReport, type ReportRequest } from './report-data.ts';
import { flattened, MADE_UP, sensitivity, SensitivityCache, type SensitivityRequest } from './sensitivity.ts';
import { findAllSites } from './sites.ts';
import type { Stop } from './document.ts';
import { replayOn } from './recipes/replay-on.ts';
import { RecipeDesk } from './recipes/desk.ts';
import { loadOf, tune } from './tune.ts';
import { readRecipe, readSource, type ModelSource, type RecipeSource } from './sources.ts';
import { Artifacts } from './artifacts.ts';
import { TrainDesk } from './train/desk.ts';
import type { TuneReport, TuneRequest } from './tune-types.ts';
import { previewStep, runStep, runSteps, stepOf, type StepContext } from './steps.ts';
import { tensorPicture } from './tensor-picture.ts';
import { resolveTensor } from './tensor-ref.ts';
import { tensorStats } from './tensor-stats.ts';
import { tensorValues } from './tensor-values.ts';
import { loadAt, timer, type Place, type Sides } from './timed.ts';
import { describeInputs, verifyLab } from './verify-lab/lab.ts';
import type { LabFiles, LabInputs, LabRequest, LabResult } from './verify-lab/types.ts';
import type {
  ApplyRequest,
  AskedOverlay,
  DocumentView,
  OverlayValues,
  PassInfo,
  PassSites,
  Picture,
  Preview,
} from './types.ts';

/**
 * One open model and what is done to it. The original is never changed: every stop of the recipe is a model of its
 * own, which shares tensors with its predecessor. A call that fails leaves everything as it was.
 */
export class Studio {
  private readonly port: RuntimePort;
  private opened: OpenDocument | null = null;
  private readonly comparer = new Comparer();
  private calibration: Calibration = SYNTHETIC;
  private others: Judgement | null = null;
  private readonly sensitivities = new SensitivityCache();
  private readonly latencies = new LatencyCache();
  private readonly accuracyDesk = new AccuracyDesk();
  private readonly rooflines = new RooflineCache();
  /** Learnt weights that steps of the recipe name. */
  readonly artifacts = new Artifacts();
  /** Branches of the recipe, and sweeps. */
  readonly recipes = new RecipeDesk({ current: () => this.current, context: (job) => this.context(job) });
  /** Data, runs and results of trainings. */
  readonly trainings: TrainDesk;

  constructor(port: RuntimePort) {
    this.port = port;
    const { artifacts } = this;
    this.trainings = new TrainDesk({
      port,
      artifacts,
      placeOf: (side) => this.placeOf(side),
      apply: (request, job) => this.apply(request, job),
      moveTo: (cursor) => this.moveTo(cursor),
    });
  }

  async openFile(source: ModelSource, job: Job): Promise<DocumentView> {
    return this.begin(await readSource(source, job));
  }

  /** `residual-cnn`; or, in other measures, `character-transformer?width=64`. Throws `bad-request` for any other. */
  async openSample(name: string): Promise<DocumentView> {
    const model = await loadSample(name);
    return this.begin({
      name: sampleFile(name),
      model,
      bytes: null,
      external: null,
      missing: [],
      warnings: [],
    });
  }

  samples = (): readonly SampleInfo[] => listSamples();
  passes = (): readonly PassInfo[] => passInfos();
  capabilities = (): Promise<Capabilities> => this.port.capabilities();

  /** A stop of the recipe, for what stands beside the studio. */
  stopOf = (index: number): Stop => this.current.stop(index);

  /** The recipe up to a stop, with the hash of the opened file where that takes no time. */
  async recipeTo(stop: number): Promise<Recipe> {
    await this.current.sha256IfCheap();
    return this.current.recipe(stop);
  }

  document = (): DocumentView => this.current.view();

  picture = (stop?: number): Picture => this.current.stop(stop ?? this.current.cursor).picture(this.current.toggled);

  /** Folds and unfolds groups, for the pictures of all stops. Keys that no group has are kept for stops that have. */
  fold(toggled: readonly string[]): Picture {
    this.current.toggled = toggled;
    return this.picture();
  }

  /** Data on which activations are observed until another model is opened; null: inputs are made up. */
  setCalibration(calibration: Calibration | null, heldOut: Judgement | null = null): void {
    this.calibration = calibration ?? SYNTHETIC;
    this.others = heldOut;
  }

  /** Samples of the given data that nothing is calibrated on, to judge by; null: there are none. */
  get heldOut(): Judgement | null {
    return this.others;
  }

  /** Calibrates on files. The data that were there stay until these are ready, and when these do not fit. */
  async calibrate(files: CalibrationFiles, job: Job): Promise<CalibrationView> {
    const document = this.current;
    const { calibration, judgement, view } = await calibrateFiles(files, document.current.summary.inputs, job);
    await job.checkpoint();
    if (this.opened === document) this.setCalibration(calibration, judgement);
    return view;
  }

  setBackend(backend: Backend): DocumentView {
    this.current.backend = backend;
    return this.document();
  }

  moveTo(cursor: number): DocumentView {
    this.current.moveTo(cursor);
    return this.document();
  }

  async sites(
    passes: readonly string[] | null,
    options: Readonly<Record<string, OptionValues>>,
    job: Job,
  ): Promise<readonly PassSites[]> {
    const { current: stop, backend } = this.current;
    return findAllSites(passes, options, { stop, backend, port: this.port, calibration: this.calibration, job });
  }

  async preview(request: ApplyRequest, job: Job): Promise<Preview> {
    return previewStep(this.current.current, stepOf(request), this.context(job));
  }

  async apply(request: ApplyRequest, job: Job): Promise<DocumentView> {
    const document = this.current;
    const stop = await runStep(document.current, document.cursor, stepOf(request), this.context(job));
    await document.sha256IfCheap();
    document.push([stop]);
    return this.document();
  }

  /** Steps behind a stop; those that were there go. A step that fails leaves everything as it was. */
  async applyAll(index: number, requests: readonly ApplyRequest[], job: Job): Promise<DocumentView> {
    const document = this.current;
    const stops = await runSteps(document.stop(index), index, requests.map(stepOf), this.context(job));
    await document.sha256IfCheap();
    document.moveTo(index);
    if (stops.length > 0) document.push(stops);
    return this.document();
  }

  /** Prunes channels in rounds; nothing changes where it is cancelled. */
  async applySchedule(request: ScheduleRequest, job: Job): Promise<DocumentView> {
    const document = this.current;
    const stops = await pruneInRounds(document.current, document.cursor, request, this.context(job));
    await document.sha256IfCheap();
    if (stops.length > 0) document.push(stops);
    return this.document();
  }

  /** Applies a recipe or preset to the original, in place of the steps that were there; those that it shares stay. */
  async replay(source: RecipeSource, job: Job): Promise<DocumentView> {
    const document = this.current;
    const recipe = readRecipe(source, document.backend);
    const warning = await this.warnOfAnotherModel(recipe);
    const context = { ...this.context(job), backend: recipe.backend ?? document.backend };
    const [, ...stops] = await replayOn([document], recipe, context);
    await document.sha256IfCheap();
    document.recipeWarning = warning;
    document.backend = context.backend;
    document.moveTo(0);
    document.push(stops);
    return this.document();
  }

  /** Of the opened file; null where there is no way to. */
  modelHash = (): Promise<string | null> => this.current.sha256();

  node(id: number): NodeDetail {
    const { current: stop, stops } = this.current;
    const madeAt = (node: NodeId): { title: string; stop: number } | null => {
      const index = stops.findIndex(({ model }) => model.nodes.has(node));
      const title = stops[index]?.outcome?.title;
      return title === undefined ? null : { title, stop: index };
    };
    const { analysis: original } = this.current.stop(0);
    return nodeDetail({ analysis: stop.analysis, original, madeAt }, id as NodeId);
  }

  nodeLabel = (id: number): string => nodeLabel(this.current.current.model, id as NodeId);

  /** `axis`: that of the output channels, whose ranges are wanted too. */
  tensor({ ref, axis }: { ref: TensorRef; axis: number | null }, job: Job): Promise<TensorStats> {
    const { name, tensor } = this.resolve(ref);
    return tensorStats(name, tensor, axis, job);
  }

  tensorPicture({ ref, request }: { ref: TensorRef; request: PictureRequest }, job: Job): Promise<TensorPicture> {
    return tensorPicture(this.resolve(ref).tensor, request, job);
  }

  tensorValues({ ref, from, count }: { ref: TensorRef; from: number; count: number }): TensorValues {
    return tensorValues(this.resolve(ref).tensor, from, count);
  }

  /** @param request how the model is run where an overlay is measured */
  overlay(overlay: AskedOverlay, request: BenchRequest, job: Job): Promise<OverlayValues> {
    const { current: stop, file } = this.current;
    return overlayValues(overlay, { stop, name: file.name, port: this.port, request, job });
  }

  editTargets(nodes: readonly number[]): readonly EditTarget[] {
    const { model, analysis } = this.current.current;
    return editTargets(model, analysis, nodes as readonly NodeId[]);
  }

  /** Zeros of the model at the cursor. Reads every constant. */
  sparsity = (): SparsityFigures => sparsityFigures(this.current.current.analysis);

  /** The groups of channels with their importances; runs the calibration data where those look at activations. */
  async prunePlan(rating: RatingRequest, job: Job): Promise<PrunePlanView> {
    const { model, analysis } = this.current.current;
    job.progress({ stage: 'Finding dependency groups' });
    await job.checkpoint();
    const seen = await seenFor(rating, { model, analysis }, this.calibration, this.port, job);
    return planView(model, analysis, { ...rating, ...seen, fileBytes: modelByteLength(model) });
  }

  async verify(
    { a, b, request }: { a: number; b: number; request: StopsRequest },
    job: Job,
  ): Promise<{ result: VerifyResult; document: DocumentView }> {
    const document = this.current;
    const target = document.stop(b);
    const result = await verifyStops(document, a, b, request, this.port, job);
    if (a === b - 1) target.verify = result;
    if (a === 0) target.whole = result;
    return { result, document: this.document() };
  }

  /** Any two models on made or given inputs, their outputs and the values inside. */
  verifyLab(request: LabRequest, files: LabFiles | null, job: Job): Promise<LabResult> {
    const [a, b] = [request.a, request.b].map((side) => ({ side, ...this.placeOf(side) }));
    return verifyLab([a!, b!], request, files, this.port, job);
  }

  /** What files hold as inputs of a model. */
  labInputs(side: CompareSide, files: LabFiles, job: Job): Promise<LabInputs> {
    return describeInputs({ side, ...this.placeOf(side) }, files, job);
  }

  /**
   * How near the result at the cursor stays to the original on data of a person's own. Throws `bad-request` where there
   * are none to judge by, or where they fit one of the two only.
   */
  async judge(judgement: Judgement | null, job: Job): Promise<Fidelity> {
    const document = this.current;
    if (!judgement) throw new CodedError('bad-request', 'There are no samples to judge by: give data of two or more.');
    const { original, ports } = document.compared(0, document.cursor);
    if (ports)
      throw new CodedError('bad-request', 'Inputs or outputs have changed: the data fit one of both only.', {});
    job.progress({ stage: 'Running the original and the result on the data' });
    return (await fidelity(original, document.parcel(document.cursor), judgement, this.port, job)).fidelity;
  }

  /** What each group of channels bears, cut by itself; without data, on inputs that are made up. */
  async sensitivity(
    { rating, ratios }: SensitivityRequest,
    judgement: Judgement | null,
    job: Job,
  ): Promise<Sensitivity> {
    const { model, analysis } = this.current.current;
    const seen = await seenFor(rating, { model, analysis }, this.calibration, this.port, job);
    const judged = judgement ?? MADE_UP;
    const rated = { ...rating, ...seen };
    return sensitivity({ model, analysis }, rated, ratios, judged, this.sensitivities, this.port, job);
  }

  /** Shares by group at which all suffer alike, for a target as a share of the cost; see `flattened`. */
  flattened(
    found: Sensitivity,
    target: PruneTarget,
    share: number,
    roundTo: number,
    fixed: Readonly<Record<string, number>> = {},
    acrossNorms = false,
  ): Record<string, number> {
    return flattened(this.current.current, found, target, share, roundTo, fixed, acrossNorms);
  }

  /** What the latency of the model at the cursor does when it is cut, measured here; the same is not measured twice. */
  async latencyModel(request: LatencyRequest, job: Job): Promise<LatencyModel> {
    const { model, analysis, session } = this.current.current;
    const subject = { model, analysis, load: loadOf(session) };
    const { table } = request;
    if (table) return latencyFromTable(subject, { ...request, table });
    return this.latencies.get(analysis, request, () => measureLatency(subject, request, this.port, job));
  }

  /** The latency of the model at the cursor from a table of its operators' times; nothing is run. */
  async predictLatency({ table }: { table: StoredTable }, job: Job): Promise<LatencyPrediction> {
    await job.checkpoint();
    const { model, analysis } = this.current.current;
    return predictLatency(model, analysis, loadTable(table));
  }

  /** The model at the cursor as a latency table sees it. */
  parts(): Parts {
    const { model, analysis } = this.current.current;
    return partsOf(model, analysis);
  }

  /** Times the next operators of the model at the cursor that a table lacks. */
  tableBatch = (request: TableBatchRequest, job: Job): Promise<TableBatch> =>
    tableBatch(this.current.current, request, this.port, job);

  /** The prediction of a table for the model at the cursor, held against a run. */
  checkPrediction = (request: PredictionRequest, job: Job): Promise<PredictionCheck> =>
    checkPrediction(this.current.current, request, this.port, job);

  /** Options of `prune-channels` with the ratio at which the predicted latency is at most `share` of what it was. */
  async latencyTarget(options: OptionValues, share: number, request: LatencyRequest, job: Job): Promise<LatencyTarget> {
    const wanted = withLatency(options, share);
    const plan = await this.prunePlan(wanted, job);
    return settleLatency(plan, options, wanted, await this.latencyModel(request, job));
  }

  /** The latency of the model at the cursor against that of stop `before`, for which `predicted` was told. */
  async checkLatency({ before, predicted, model, budgetMs }: LatencyCheckRequest, job: Job): Promise<LatencyCheck> {
    const { backend, threads } = model;
    const request = { backend, threads, level: 'all', runs: 40, looks: false, budgetMs } as const;
    const b = this.current.cursor;
    const { share: measured, ms } = await timeShare(
      (each) => this.bench({ a: before, b, request: each }, job),
      request,
    );
    return { backend, threads, ms, predicted, measured, error: predicted / measured - 1 };
  }

  /** The original against the cursor, on WASM at `disabled` and `all`. */
  async verifyWhole(job: Job): Promise<VerifyResult> {
    return (await this.verify({ a: 0, b: this.current.cursor, request: WHOLE }, job)).result;
  }

  /** Each step up to the cursor against the one before, as far as it was not checked yet. */
  async verifySteps(job: Job): Promise<void> {
    const document = this.current;
    for (let stop = 1; stop <= document.cursor; stop++) {
      if (!document.stop(stop).verify) await this.verify({ a: stop - 1, b: stop, request: WHOLE }, job);
    }
  }

  /** Where the result at the cursor parts from the original: step, site and value. */
  bisect(request: StopsRequest, job: Job): Promise<Bisection> {
    return bisect(this.current, request, { port: this.port, backend: this.current.backend, job });
  }

  bench({ a, b, request }: Sides & { request: BenchRequest }, job: Job): Promise<BenchResult> {
    return this.timer({ a, b })(request, job);
  }

  /** The same at several settings, which take turns. */
  benchMatrix({ a, b, requests }: Sides & { requests: readonly BenchRequest[] }, job: Job): Promise<BenchMatrix> {
    return benchMatrix(requests, this.timer({ a, b }), job);
  }

  private timer({ a, b }: Sides): ReturnType<typeof timer> {
    return timer(this.placeOf(a), b === null ? null : this.placeOf(b), this.port);
  }

  /** Labelled data that models are measured on, until another model is opened. */
  giveAccuracyData(files: AccuracyFiles): Promise<AccuracyDataView> {
    return this.accuracyDesk.give(files, this.current.stop(0).summary.inputs);
  }

  forgetAccuracyData = (): void => this.accuracyDesk.forget();

  accuracyPicture = ({ index, fed }: { index: number; fed: boolean }): Promise<SamplePicture | null> =>
    this.accuracyDesk.picture(index, fed);

  /** What `a` gets right on the given data, and `b` beside it. */
  accuracy({ a, b, request }: Sides & { request: AccuracyRequest }, job: Job): Promise<AccuracyResult> {
    const subject = (side: CompareSide): AccuracySubject => {
      const { document, index } = this.placeOf(side);
      const name = side === 'second' ? document.file.name : index === 0 ? 'Original' : `Step ${index}`;
      return { name, inputs: document.stop(index).summary.inputs, parcel: () => document.parcel(index) };
    };
    const subjects = [subject(a), b === null ? null : subject(b)] as const;
    return measureAccuracy(subjects, this.accuracyDesk.data, request, this.port, job);
  }

  /**
   * Times candidate rewrites on this device and appends those that gain as steps, with their figures. Nothing changes
   * where it is cancelled.
   */
  async tune(request: TuneRequest, job: Job): Promise<{ document: DocumentView; report: TuneReport }> {
    const document = this.current;
    const before = document.current;
    const { steps, report } = await tune(before.model, before.session, request, { port: this.port, job });
    const stops: Stop[] = [];
    const context = { ...this.context(job), backend: request.backend };
    for (const step of steps) {
      stops.push(await runStep(stops.at(-1) ?? before, document.cursor + stops.length, step, context));
    }
    await document.sha256IfCheap();
    if (stops.length > 0) document.push(stops);
    return { document: this.document(), report };
  }

  /** What the runtime does to a stop's model by itself when it loads it. */
  optimizers({ stop, request }: { stop: number; request: BenchRequest }, job: Job): Promise<OptimizerReport> {
    return this.port.optimizers(this.current.parcel(stop), request, job);
  }

  /** Where the time of a stop, or of the second model, goes: by node, as the runtime runs it. */
  async profile({ side, request }: { side: CompareSide; request: BenchRequest }, job: Job): Promise<ProfileView> {
    const [view] = await this.profiles({ sides: [side], request }, job);
    return view!;
  }

  /** One or two models, two of them in turn. */
  profiles(
    { sides, request }: { sides: readonly CompareSide[]; request: BenchRequest },
    job: Job,
  ): Promise<readonly ProfileView[]> {
    const subjects = sides.map((side) => {
      const place = this.placeOf(side);
      const { model, outcome, original } = place.document.stop(place.index);
      const own = { model, name: place.document.file.name, load: loadAt(place) };
      return side === 'second'
        ? { ...own, original: null, title: '' }
        : { ...own, original: original.model, title: outcome?.title ?? 'Original' };
    });
    return profileModels(subjects, request, this.port, job);
  }

  /** What this device does at best through the runtime; it is measured once for a backend and a number of threads. */
  roofline = (request: RooflineRequest, job: Job): Promise<Roofline> => this.rooflines.get(request, this.port, job);

  /** Opens a model beside the document, to compare with; the one that was there before goes. */
  async openSecond(source: ModelSource, job: Job): Promise<SecondView> {
    return this.comparer.openSecond(await readSource(source, job));
  }

  secondLabel = (id: number): string => this.comparer.label(id);

  closeSecond = (): void => this.comparer.closeSecond();

  compare = (request: CompareRequest, job: Job): Promise<Comparison> =>
    this.comparer.compare(this.current, request, job);

  /** Of the comparison that was made last. */
  comparedPicture = (request: Pick<CompareRequest, 'a' | 'b'>, which: 'a' | 'b'): Picture =>
    this.comparer.picture(request, which);
  /** As `compare`, without pictures. */
  difference = (request: CompareRequest, job: Job): Promise<Difference> =>
    this.comparer.difference(this.current, request, job);

  unionPicture = (request: Pick<CompareRequest, 'a' | 'b'>, kind: UnionKind): Picture =>
    this.comparer.union(request, kind);

  /** The JSON that tells how the model at the cursor is to be loaded; null: as ever. */
  sessionText(): string | null {
    const { session } = this.current.current;
    return session && sessionText(session);
  }

  exportModel = (): Parcel => this.current.parcel(this.current.cursor);

  /** From the original to the stop under the cursor, with what was measured of it. */
  reportData = (request: ReportRequest, job: Job): Promise<ReportData> =>
    gatherReport(this.current, request, this.port, job);

  private begin(file: OpenedFile): DocumentView {
    const document = new OpenDocument(file);
    const view = document.view();
    this.opened = document;
    // Data fit the inputs of one model.
    this.calibration = SYNTHETIC;
    this.comparer.closeSecond();
    this.accuracyDesk.forget();
    this.trainings.forget();
    this.recipes.forget();
    return view;
  }

  /** Where a side of a measurement is kept: its document, and the stop in it. */
  private placeOf(side: CompareSide): Place {
    return side === 'second' ? { document: this.comparer.beside, index: 0 } : { document: this.current, index: side };
  }

  private resolve(ref: TensorRef): { readonly name: string; readonly tensor: Tensor } {
    const { model, analysis } = this.current.current;
    return resolveTensor(model, analysis, ref);
  }

  private get current(): OpenDocument {
    if (!this.opened) throw new CodedError('bad-request', 'No model is open.');
    return this.opened;
  }

  private context(job: Job): StepContext {
    const document = this.current;
    const { port, calibration } = this;
    return {
      backend: document.backend,
      port,
      calibration,
      weights: this.artifacts.weights,
      job,
      revision: () => document.nextRevision(),
    };
  }

  private async warnOfAnotherModel({ model: wanted }: Recipe): Promise<string | null> {
    const here = wanted ? await this.current.sha256() : null;
    if (!wanted || !here || wanted.sha256 === here) return null;
    return `The recipe was made for ${wanted.name ?? 'another file'} (SHA-256 ${wanted.sha256.slice(0, 12)}…); this file is not the same.`;
  }
}
