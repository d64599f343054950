import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { weightsNamed } from '../base/named-weights.ts';
import type { BenchRequest, DeviceRef } from '../bench/types.ts';
import { blobFiles } from '../onnx/external-browser.ts';
import { readTables } from '../engine/latency-table/table.ts';
import { joined } from '../engine/bundle/bundle.ts';
import { bundleOf } from '../engine/bundle/of-studio.ts';
import { exportFiles, THRESHOLD } from '../engine/export-files.ts';
import { exportLoop } from '../engine/kv/export-loop.ts';
import { packRecipe, unpackRecipe } from '../engine/recipe-archive.ts';
import { presetsOf, readRecipeValue, recipeDiff } from '../engine/recipes/read.ts';
import type { ModelSource } from '../engine/sources.ts';
import { blobSource } from '../formats/blob-source.ts';
import { readTensorFile } from '../formats/read.ts';
import type { Recipe } from '../recipe/types.ts';
import { runtimeFiles } from '../runtime/browser-files.ts';
import { KvDesk } from '../engine/kv/desk.ts';
import { Studio } from '../engine/studio.ts';
import { SearchDesk } from '../search/desk.ts';
import { SupernetDesk } from '../search/supernet/desk.ts';
import type { Parcel, RuntimePort } from '../engine/ports.ts';
import type { DocumentView } from '../engine/types.ts';
import type { GivenFile, GivenTrainData, GraphApi, HostRequest, LabData, RuntimeApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import type { JoinMessage } from '../protocol/host.ts';
import { buffersOf, serve, Transferred, type Handlers } from '../protocol/server.ts';
import type { Endpoint } from '../protocol/wire.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import { writeNpz } from '../verify/npz.ts';
import { keptCheckpoint } from '../storage/checkpoints.ts';
import { changeRecipes, keptRecipes } from '../storage/kept-recipes.ts';
import { keepText, readKept } from '../storage/kept-text.ts';
import { keptWeights } from '../storage/kept-weights.ts';
import { trainingsFolder, weightsFolder } from '../storage/opfs.ts';
import { heldDecoder } from './held-decoder.ts';
import { keptFindings } from './kept-findings.ts';
import { bringWeights, keepWeights } from './learnt-weights.ts';
import { checkpointIn, tolerant } from './train-checkpoints.ts';

const scope = globalThis as unknown as Endpoint;

interface Joined {
  readonly client: Client<RuntimeApi>;
}

/** Where a job runs: in a runtime worker of this page, by backend, or on a lent device, by id. */
type Where = RuntimeBackend | number;

/** Runtime workers by backend, asked for when first needed and ended after a large job; and lent devices. */
class Runtimes {
  private readonly joined = new Map<Where, Joined>();
  /** Models and training steps that stay loaded, by place: ending a worker would end them too. */
  private readonly held = new Map<Where, number>();
  private readonly waiting = new Map<Where, ((joined: Joined) => void)[]>();

  constructor() {
    scope.addEventListener('message', (event) => this.onMessage(event.data as JoinMessage));
  }

  async call<M extends keyof RuntimeApi & string>(
    where: Where,
    method: M,
    params: RuntimeApi[M]['params'],
    job: Job | null,
    transfer: Transferable[] = [],
  ): Promise<RuntimeApi[M]['result']> {
    const { client } = await this.join(where);
    const watched = job ? { signal: job.signal, onProgress: job.progress } : {};
    return client.call(method, params, { ...watched, transfer });
  }

  /** The heap of the runtime never shrinks: ending the worker gives the memory back. */
  release(backend: Where): void {
    // A device sees to its own memory.
    if (typeof backend === 'number') return;
    if (this.joined.get(backend)?.client.pending || this.held.get(backend)) return;
    this.joined.delete(backend);
    scope.postMessage({ kind: 'release-runtime', backend } satisfies HostRequest);
  }

  /** More, or fewer, of what stays loaded there. */
  keep(where: Where, by: 1 | -1): void {
    this.held.set(where, Math.max(0, (this.held.get(where) ?? 0) + by));
  }

  private join(where: Where): Promise<Joined> {
    const here = this.joined.get(where);
    if (here) return Promise.resolve(here);
    return new Promise((resolve) => {
      const queue = this.waiting.get(where);
      if (queue) queue.push(resolve);
      else {
        this.waiting.set(where, [resolve]);
        const request: HostRequest =
          typeof where === 'number' ? { kind: 'need-device', device: where } : { kind: 'need-runtime', backend: where };
        scope.postMessage(request);
      }
    });
  }

  private onMessage(message: JoinMessage): void {
    if (message.kind === 'runtime' || message.kind === 'device') {
      const where = message.kind === 'device' ? message.device : message.backend;
      const joined = { client: createClient<RuntimeApi>(message.port) };
      this.joined.set(where, joined);
      for (const resolve of this.waiting.get(where) ?? []) resolve(joined);
      this.waiting.delete(where);
    } else if (message.kind === 'runtime-died') {
      const error = new CodedError(
        'worker-died',
        `The runtime's worker (${message.backend}) ended: ${message.message}. The model and the recipe are kept; try again, with a smaller model if memory ran out.`,
      );
      this.joined.get(message.backend)?.client.fail(error);
      this.joined.delete(message.backend);
      this.held.delete(message.backend);
    }
  }
}

const runtimes = new Runtimes();
/** A lent device where one is asked for. */
const placeOf = ({ backend, device }: { backend: RuntimeBackend; device?: DeviceRef }): Where => device?.id ?? backend;
/** Work beyond this size leaves a heap behind that is worth giving back, bytes. */
const LARGE = 64 << 20;

const transferOf = (...parcels: (Parcel | null)[]): ArrayBuffer[] =>
  parcels.flatMap((each) => (each ? [each.bytes.buffer] : []));

async function onModel<M extends 'profile' | 'kernels' | 'optimizers'>(
  method: M,
  model: Parcel,
  request: BenchRequest,
  job: Job,
): Promise<RuntimeApi[M]['result']> {
  const size = model.bytes.byteLength;
  const result = await runtimes.call(placeOf(request), method, { model, request }, job, transferOf(model));
  if (size > LARGE) runtimes.release(placeOf(request));
  return result;
}

const port: RuntimePort = {
  capabilities: () => runtimes.call('wasm', 'capabilities', null, null),
  evaluate: (model, feeds, job) => runtimes.call('wasm', 'evaluate', { model, feeds }, job, transferOf(model)),
  runs: (model, inputs, job) => runtimes.call('wasm', 'runs', { model, inputs }, job, transferOf(model)),
  async hold(model, settings, job) {
    const { backend } = settings;
    const held = await runtimes.call(backend, 'hold', { model, settings }, job, transferOf(model));
    runtimes.keep(backend, 1);
    return {
      run: (inputs, running) => runtimes.call(backend, 'runHeld', { held, inputs }, running),
      async release() {
        runtimes.keep(backend, -1);
        await runtimes.call(backend, 'releaseHeld', { held }, null);
      },
    };
  },
  async train(step, setup, settings, job) {
    const { backend } = settings;
    const held = await runtimes.call(backend, 'train', { step, setup, settings }, job, transferOf(step));
    runtimes.keep(backend, 1);
    return {
      steps: (inputs, running) => runtimes.call(backend, 'trainSteps', { held, inputs }, running),
      weights: () => runtimes.call(backend, 'trainWeights', { held }, null),
      state: () => runtimes.call(backend, 'trainState', { held }, null),
      async restore(state) {
        await runtimes.call(backend, 'trainRestore', { held, state }, null);
      },
      async release() {
        runtimes.keep(backend, -1);
        await runtimes.call(backend, 'releaseTrainer', { held }, null);
      },
    };
  },
  async decode(model, setup, settings, job) {
    const { backend } = settings;
    const held = await runtimes.call(backend, 'decode', { model, setup, settings }, job, transferOf(model));
    runtimes.keep(backend, 1);
    return heldDecoder(held, {
      call: (method, params, running) => runtimes.call(backend, method, params, running),
      onRelease: () => runtimes.keep(backend, -1),
    });
  },
  async verify(a, b, request, job) {
    const backend = request.backends.includes('webgpu') ? 'webgpu' : 'wasm';
    const size = a.bytes.byteLength + b.bytes.byteLength;
    const result = await runtimes.call(backend, 'verify', { a, b, request }, job, transferOf(a, b));
    if (size > LARGE) runtimes.release(backend);
    return result;
  },
  async values(a, b, request, job) {
    const size = a.bytes.byteLength + b.bytes.byteLength;
    const { backend } = request.at;
    const report = await runtimes.call(backend, 'values', { a, b, request }, job, transferOf(a, b));
    if (size > LARGE) runtimes.release(backend);
    return report;
  },
  async bench(a, b, request, job) {
    const size = a.bytes.byteLength + (b?.bytes.byteLength ?? 0);
    const result = await runtimes.call(placeOf(request), 'bench', { a, b, request }, job, transferOf(a, b));
    if (size > LARGE) runtimes.release(placeOf(request));
    return result;
  },
  profile: (model, request, job) => onModel('profile', model, request, job),
  kernels: (model, request, job) => onModel('kernels', model, request, job),
  optimizers: (model, request, job) => onModel('optimizers', model, request, job),
};

const studio = new Studio(port);

const learnt = keptWeights(weightsFolder);

const searches = new SearchDesk({
  port,
  store: keptFindings(),
  weights: studio.artifacts.weights,
  stopOf: (index) => studio.stopOf(index),
  portOf: ({ id }) => ({
    capabilities: () => runtimes.call(id, 'capabilities', null, null),
    runs: (model, inputs, job) => runtimes.call(id, 'runs', { model, inputs }, job, transferOf(model)),
    kernels: (model, request, job) => runtimes.call(id, 'kernels', { model, request }, job, transferOf(model)),
    bench: (a, b, request, job) => runtimes.call(id, 'bench', { a, b, request }, job, transferOf(a, b)),
  }),
});

const supernets = new SupernetDesk({ port, stopOf: (index) => studio.stopOf(index) });

const decoders = new KvDesk({
  port,
  stopOf: (index) => studio.stopOf(index),
  applyAll: (index, requests, job) => studio.applyAll(index, requests, job),
});

/** Samples and findings of the model of before. */
function forget(): void {
  searches.forget();
  supernets.forget();
  decoders.forget();
}

/** Under which latency tables are kept. */
const TABLES = 'latency-tables';

/** Copied, not transferred: the next layout starts from this one. */
const drawn = (document: DocumentView) => ({ document, picture: studio.picture() });

/** The model among files as they were dropped, with the rest beside it. */
async function sourceOf(files: readonly File[], job: Job): Promise<ModelSource> {
  const model = files.find((file) => /\.onnx$/i.test(file.name)) ?? files[0];
  if (!model) throw new CodedError('bad-request', 'No file was given.');
  job.progress({ stage: 'Reading the file', total: model.size });
  const bytes = new Uint8Array(await model.arrayBuffer());
  return { name: model.name, bytes, external: blobFiles(files.filter((file) => file !== model)) };
}

/** Read when a sample is asked for. */
const inPage = ({ name, file }: GivenFile) => ({ name, bytes: async () => new Uint8Array(await file.arrayBuffer()) });

const labFiles = (data: LabData) => ({ ...data, files: data.files.map(inPage) });

const trainFiles = ({ drawn, files, labels, tokenizer, changes }: GivenTrainData) => ({
  drawn,
  files: files.map(inPage),
  labels: labels && inPage(labels),
  tokenizer: tokenizer && typeof tokenizer === 'object' ? inPage(tokenizer) : tokenizer,
  changes,
});

const handlers: Handlers<GraphApi> = {
  async open(params, job) {
    if ('sample' in params) {
      const document = await studio.openSample(params.sample);
      forget();
      return drawn(document);
    }
    const document = await studio.openFile(await sourceOf(params.files, job), job);
    forget();
    job.progress({ stage: 'Laying out', total: document.stops[0]?.summary.nodes ?? 0 });
    return drawn(document);
  },
  samples: () => studio.samples(),
  passes: () => studio.passes(),
  sites: (params, job) => studio.sites(params.passes, params.options ?? {}, job),
  preview: (params, job) => studio.preview(params, job),
  apply: async (params, job) => drawn(await studio.apply(params, job)),
  applySchedule: async (params, job) => drawn(await studio.applySchedule(params, job)),
  async replay(params, job) {
    if ('recipe' in params) await bringWeights(params.recipe, studio.artifacts, learnt);
    const document = await studio.replay(params, job);
    await keepWeights(document.recipe, studio.artifacts, learnt);
    return drawn(document);
  },
  presets: ({ backend }) => presetsOf(backend),
  readRecipe: ({ value }) => readRecipeValue(value),
  diffRecipes: ({ a, b }) => recipeDiff(a, b),
  keptRecipes: () => keptRecipes(),
  changeRecipes: ({ put, remove }) => changeRecipes(put, remove),
  async switchBranch(move, job) {
    await bringWeights(move.recipe, studio.artifacts, learnt);
    return drawn(await studio.recipes.switchBranch(move, job));
  },
  async branchModel(branch, job) {
    await bringWeights(branch.recipe, studio.artifacts, learnt);
    const parcel = await studio.recipes.branchModel(branch, job);
    return new Transferred(parcel, [parcel.bytes.buffer]);
  },
  sweep: (request, job) => studio.recipes.sweep(request, studio.heldOut, job),
  modelHash: () => studio.modelHash(),
  moveTo: ({ cursor }) => drawn(studio.moveTo(cursor)),
  picture: ({ stop }) => studio.picture(stop),
  fold({ toggled }) {
    const { layout, toggled: shown } = studio.fold(toggled);
    return { layout, toggled: shown };
  },
  setBackend: ({ backend }) => ({ document: studio.setBackend(backend) }),
  node: ({ node }) => studio.node(node),
  tensor: (params, job) => studio.tensor(params, job),
  tensorPicture: async (params, job) => {
    const picture = await studio.tensorPicture(params, job);
    return new Transferred(picture, [picture.data.buffer as ArrayBuffer]);
  },
  tensorValues: (params) => studio.tensorValues(params),
  overlay: async ({ overlay, request }, job) => {
    const values = await studio.overlay(overlay, request, job);
    return new Transferred(values, buffersOf(values));
  },
  editTargets: ({ nodes }) => studio.editTargets(nodes),
  async calibrate({ data }, job) {
    if (data) {
      const { files, labels } = data;
      return studio.calibrate({ ...data, files: files.map(inPage), labels: labels && inPage(labels) }, job);
    }
    studio.setCalibration(null);
    return null;
  },
  prunePlan: (params, job) => studio.prunePlan(params, job),
  latencyModel: (params, job) => studio.latencyModel(params, job),
  predictLatency: (params, job) => studio.predictLatency(params, job),
  latencyTables: ({ text, name }) => readTables(text, name),
  keptTables: () => readKept(TABLES),
  keepTables: ({ text }) => keepText(TABLES, text),
  tableBatch: (params, job) => studio.tableBatch(params, job),
  checkPrediction: (params, job) => studio.checkPrediction(params, job),
  sensitivity: (params, job) => studio.sensitivity(params, studio.heldOut, job),
  judge: (_, job) => studio.judge(studio.heldOut, job),
  verify: (params, job) => studio.verify(params, job),
  verifyLab: ({ request, data }, job) => studio.verifyLab(request, data && labFiles(data), job),
  labInputs: ({ side, data }, job) => studio.labInputs(side, labFiles(data), job),
  npz: ({ feeds }) => writeNpz(feeds) as Uint8Array<ArrayBuffer>,
  bisect: ({ request }, job) => studio.bisect(request, job),
  bench: (params, job) => studio.bench(params, job),
  benchMatrix: (params, job) => studio.benchMatrix(params, job),
  async accuracyData({ data }) {
    if (!data) {
      studio.forgetAccuracyData();
      return null;
    }
    const { files, labels, targets, changes } = data;
    const single = (file: GivenFile | null) => file && inPage(file);
    return studio.giveAccuracyData({
      files: files.map(inPage),
      labels: single(labels),
      targets: single(targets),
      changes,
    });
  },
  accuracy: (params, job) => studio.accuracy(params, job),
  accuracyPicture: async (params) => {
    const picture = await studio.accuracyPicture(params);
    return picture && new Transferred(picture, [picture.rgba.buffer]);
  },
  trainData: ({ use, data }) => studio.trainings.open(data && trainFiles(data), use),
  valueNames: ({ side }) => studio.trainings.valueNames(side),
  async trainPlan(ask) {
    const [plan, key] = [await studio.trainings.plan(ask), await studio.trainings.keyOf(ask)];
    return { plan, checkpoint: await checkpointIn(keptCheckpoint(trainingsFolder, key), key) };
  },
  async trainGraph({ ask, name }) {
    const parcel = await studio.trainings.graph(ask, name);
    return new Transferred(parcel, [parcel.bytes.buffer]);
  },
  async train({ ask, anew }, job) {
    const store = tolerant(keptCheckpoint(trainingsFolder, await studio.trainings.keyOf(ask)));
    if (anew) await store.drop();
    const result = await studio.trainings.run(ask, job, store);
    return { ...result, notes: [...result.notes, ...store.notes()] };
  },
  trainControl({ wish }) {
    studio.trainings[wish]();
    return null;
  },
  async keepTrained(_, job) {
    const document = await studio.trainings.keep(job);
    await keepWeights(document.recipe, studio.artifacts, learnt);
    return drawn(document);
  },
  searchSpace: ({ stop, space }) => searches.space(stop, space),
  async searchData({ data }) {
    const files = data && trainFiles(data);
    const view = await searches.open(files);
    supernets.give(files);
    return view;
  },
  searchKept: (ask, job) => searches.kept(ask, job),
  search: ({ ask, table }, job) => searches.run(ask, table, job),
  searchControl({ wish }) {
    searches[wish]();
    return null;
  },
  async supernetKept(ask) {
    const key = await supernets.keyOf(ask);
    return checkpointIn(keptCheckpoint(trainingsFolder, key), key);
  },
  async supernet({ ask, anew }, job) {
    let notes = (): readonly string[] => [];
    const result = await supernets.run(ask, job, async (key) => {
      const store = tolerant(keptCheckpoint(trainingsFolder, key));
      ({ notes } = store);
      if (anew) await store.drop();
      return store;
    });
    return { ...result, notes: [...result.notes, ...notes()] };
  },
  supernetControl({ wish }) {
    supernets[wish]();
    return null;
  },
  exportSupernet({ name }) {
    const parcel = supernets.trained(name);
    return new Transferred(parcel, [parcel.bytes.buffer]);
  },
  async useFound({ stop, request, genome }, job) {
    return drawn(await studio.applyAll(stop, await searches.found(stop, request, genome, job), job));
  },
  async giveWeights({ files }) {
    for (const { file } of files) await studio.artifacts.keep(new Uint8Array(await file.arrayBuffer()));
    return files.length;
  },
  tensorFile: ({ file: { name, file } }) => readTensorFile(blobSource(name, file)),
  async foundRecipe({ stop, request, genome }, job) {
    const recipe = await studio.recipeTo(stop);
    return { ...recipe, steps: [...recipe.steps, ...(await searches.steps(stop, request, genome, job))] };
  },
  packRecipe({ name, text }) {
    const { steps } = JSON.parse(text) as Recipe;
    const known = weightsNamed(steps).flatMap((sha256) => {
      const bytes = studio.artifacts.bytes(sha256);
      return bytes ? [[sha256, bytes] as const] : [];
    });
    const packed = packRecipe(name, text, new Map(known));
    return new Transferred(packed, [packed.buffer]);
  },
  async unpackRecipe({ archive: { name: archive, file } }) {
    const { name, text, weights } = unpackRecipe(archive, new Uint8Array(await file.arrayBuffer()));
    for (const each of weights) await studio.artifacts.keep(each);
    return { name, text };
  },
  async exportTrained({ name }) {
    const parcel = await studio.trainings.trained(name);
    return new Transferred(parcel, [parcel.bytes.buffer]);
  },
  kvLook: ({ stop, policies }, job) => decoders.look(stop, policies, job),
  kvApply: async ({ stop, policy }, job) => drawn(await decoders.apply(stop, policy, job)),
  kvTokenizer: ({ stop, file }) => decoders.giveTokenizer(stop, file && file !== 'bytes' ? inPage(file) : file),
  kvTalk: ({ ask }, job) => decoders.talk(ask, job),
  kvMeasure: ({ ask, text }, job) => decoders.measure(ask, text === 'stories' ? text : inPage(text), job),
  kvSimulate: ({ request }) => decoders.simulate(request),
  tune: async ({ request }, job) => {
    const { document, report } = await studio.tune(request, job);
    return { ...drawn(document), report };
  },
  optimizers: (params, job) => studio.optimizers(params, job),
  profiles: (params, job) => studio.profiles(params, job),
  roofline: ({ request }, job) => studio.roofline(request, job),
  openSecond: async ({ files }, job) => studio.openSecond(await sourceOf(files, job), job),
  closeSecond: () => {
    studio.closeSecond();
    return null;
  },
  async compare(params, job) {
    const { pictures: _, ...told } = await studio.compare(params, job);
    return told;
  },
  comparedPicture: ({ which, ...sides }) => studio.comparedPicture(sides, which),
  difference: (params, job) => studio.difference(params, job),
  unionPicture: ({ kind, ...sides }) => studio.unionPicture(sides, kind),
  sessionText: () => studio.sessionText(),
  exportModel: () => {
    const parcel = studio.exportModel();
    return new Transferred(parcel, [parcel.bytes.buffer]);
  },
  exportBeside({ location }) {
    const { model, external } = exportFiles(studio.stopOf(studio.document().cursor), location, THRESHOLD);
    const data = external && joined(external);
    return new Transferred({ model, data }, [model.buffer, ...(data ? [data.buffer] : [])]);
  },
  async exportBundle({ reports, runtime }) {
    const bytes = await bundleOf(studio, { reports, threshold: null, runtime: runtime ? await runtimeFiles() : null });
    return new Transferred(bytes, [bytes.buffer]);
  },
  exportDecoder: () => {
    const bytes = exportLoop(studio.stopOf(studio.document().cursor).model);
    return new Transferred(bytes, [bytes.buffer]);
  },
  reportData: (request, job) => studio.reportData(request, job),
  capabilities: () => studio.capabilities(),
};

serve<GraphApi>(scope, handlers);
