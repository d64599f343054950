import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { toRuntimeError, isFatal } from './errors.ts';
import { watchMemory } from './heap.ts';
import { OrtInstances, startInstance, type Ort, type OrtLoader } from './ort.ts';
import type { Capture } from './output.ts';
import { createTurn, type Turn } from './turn.ts';
import { fedOf, OrtDeviceTensor } from './device-tensor.ts';
import { readTrace, type TracedRun } from './trace.ts';
import { fromRuntime, toRuntime } from './tensors.ts';
import type {
  Capabilities,
  DeviceTensor,
  Feeds,
  HostTensor,
  KeepingSession,
  PortInfo,
  Runtime,
  SessionSettings,
} from './types.ts';

export interface RuntimeOptions {
  readonly load: OrtLoader;
  readonly capabilities: () => Promise<Capabilities>;
  /** Throws `unsupported`, with the reason, where a backend is not to be had. */
  readonly admit: (settings: SessionSettings) => Promise<void>;
  readonly capture: Capture;
}

/** A `Runtime` over ONNX Runtime Web, however it is loaded. */
export function createRuntime({ load, capabilities, admit, capture }: RuntimeOptions): Runtime {
  const instances = new OrtInstances(load);
  const turn = createTurn();
  let known: Promise<Capabilities> | null = null;
  async function create(
    model: Uint8Array,
    settings: SessionSettings,
    keep: readonly string[],
    job: Job | undefined,
  ): Promise<OrtSession> {
    checkCancelled(job);
    await admit(settings);
    const ort = await instances.get(settings.threads).catch((error: unknown) => {
      throw toRuntimeError(error, 'start');
    });
    checkCancelled(job);
    const onFatal = (): void => instances.drop(settings.threads);
    try {
      const { session, log } = await turn(() => createLogged(ort, model, settings, keep, capture));
      return new OrtSession(ort, session, { turn, onFatal, capture, log, keep });
    } catch (error) {
      if (isFatal(error)) onFatal();
      throw toRuntimeError(error, 'load the model');
    }
  }
  return {
    capabilities: () => (known ??= capabilities()),
    createSession: (model, settings, job) => create(model, settings, [], job),
    createKeeping: create,
    heapOf(model, settings, feeds, job) {
      checkCancelled(job);
      return turn(() =>
        watchMemory(async (bytes) => {
          const ort = await startInstance(load, 1);
          const alone = { ...settings, threads: 1 };
          try {
            const created = await ort.InferenceSession.create(model, sessionOptions(alone, []));
            // Its turn is this one.
            const surroundings = { turn: createTurn(), onFatal: () => {}, capture, log: '', keep: [] };
            const session = new OrtSession(ort, created, surroundings);
            await session.run(feeds);
            const grown = bytes();
            await session.release();
            return grown;
          } catch (error) {
            throw toRuntimeError(error, 'run the model by itself');
          }
        }),
      );
    },
  };
}

/** Where it is asked for, with what the runtime says while it loads. */
async function createLogged(
  ort: Ort,
  model: Uint8Array,
  settings: SessionSettings,
  keep: readonly string[],
  capture: Capture,
): Promise<{ session: InferenceSession; log: string }> {
  const end = settings.log ? capture() : () => '';
  try {
    const session = await ort.InferenceSession.create(model, sessionOptions(settings, keep));
    return { session, log: end() };
  } finally {
    end();
  }
}

function checkCancelled(job: Job | undefined): void {
  if (job?.signal.aborted) throw new CodedError('cancelled', 'The job was cancelled.');
}

/** What the runtime is told to compute with. */
function providerOf({ backend, layout, webnnDevice }: SessionSettings): InferenceSession.ExecutionProviderConfig {
  switch (backend) {
    case 'webgpu':
      return layout ? { name: backend, preferredLayout: layout } : backend;
    case 'webnn':
      return { name: backend, deviceType: webnnDevice ?? 'gpu' };
    case 'native':
      return 'cpu';
    default:
      return backend;
  }
}

function sessionOptions(settings: SessionSettings, keep: readonly string[]): InferenceSession.SessionOptions {
  const { backend, level, threads, config, arena, memoryPattern, profile, log } = settings;
  return {
    executionProviders: [providerOf(settings)],
    graphOptimizationLevel: level,
    logSeverityLevel: log ? 1 : 4,
    ...(config ? { extra: { ...config } } : {}),
    ...(arena === undefined ? {} : { enableCpuMemArena: arena }),
    ...(memoryPattern === undefined ? {} : { enableMemPattern: memoryPattern }),
    // Elsewhere what a session gives lies where it computes.
    ...(keep.length > 0 && backend === 'webgpu' ? { preferredOutputLocation: locations(keep) } : {}),
    ...(profile ? { enableProfiling: true } : {}),
    // Elsewhere the number of threads belongs to the instance.
    ...(backend === 'native' ? { intraOpNumThreads: threads } : {}),
  };
}

const locations = (keep: readonly string[]): Record<string, 'gpu-buffer'> =>
  Object.fromEntries(keep.map((name) => [name, 'gpu-buffer']));

/** Refusals arrive as exceptions. */
const RUN_OPTIONS: InferenceSession.RunOptions = { logSeverityLevel: 4 };

interface Surroundings {
  readonly turn: Turn;
  readonly onFatal: () => void;
  readonly capture: Capture;
  readonly log: string;
  readonly keep: readonly string[];
}

class OrtSession implements KeepingSession {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  private readonly ort: Ort;
  private readonly session: InferenceSession;
  private readonly turn: Turn;
  private readonly onFatal: () => void;
  private readonly capture: Capture;
  readonly optimizers: readonly string[];
  /** Names of the outputs that are tensors; the runtime cannot hand out sequences, maps or optionals. */
  private readonly fetches: readonly string[];
  private readonly keep: ReadonlySet<string>;

  constructor(ort: Ort, session: InferenceSession, { turn, onFatal, capture, log, keep }: Surroundings) {
    this.ort = ort;
    this.session = session;
    this.turn = turn;
    this.onFatal = onFatal;
    this.capture = capture;
    this.keep = new Set(keep);
    this.optimizers = readOptimizers(log);
    this.inputs = session.inputMetadata.map(toPort);
    this.outputs = session.outputMetadata.map(toPort);
    this.fetches = this.outputs.filter(({ dtype }) => dtype !== 'undefined').map(({ name }) => name);
  }

  async run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const { outputs, kept } = await this.runKeeping(feeds);
    const all: Record<string, HostTensor> = { ...outputs };
    for (const [name, tensor] of Object.entries(kept)) {
      all[name] = await tensor.read();
      tensor.dispose();
    }
    return all;
  }

  /** `runtime`, `unsupported` (an input or every output is no tensor), `bad-request` (missing feeds, wrong sizes). */
  async runKeeping(feeds: Readonly<Record<string, HostTensor | DeviceTensor>>) {
    const given = this.convert(feeds);
    if (this.fetches.length === 0) {
      throw new CodedError('unsupported', 'No output of the model is a tensor; ONNX Runtime Web hands out only those.');
    }
    try {
      const results = await this.turn(() => this.session.run(given, this.fetches, RUN_OPTIONS));
      const outputs: Record<string, HostTensor> = {};
      const kept: Record<string, DeviceTensor> = {};
      for (const name of this.fetches) {
        const tensor = results[name] as TypedTensor<Tensor.Type>;
        if (this.keep.has(name)) kept[name] = new OrtDeviceTensor(this.ort, name, tensor, this.turn);
        else outputs[name] = fromRuntime(name, tensor);
      }
      return { outputs, kept };
    } catch (error) {
      if (isFatal(error)) this.onFatal();
      throw toRuntimeError(error, 'run the model');
    }
  }

  endProfile(): Promise<readonly TracedRun[]> {
    return this.turn(() => {
      const end = this.capture();
      try {
        this.session.endProfiling();
      } finally {
        end();
      }
      return Promise.resolve(readTrace(end()));
    });
  }

  async release(): Promise<void> {
    try {
      await this.turn(() => this.session.release());
    } catch (error) {
      // A session of an aborted instance cannot be released; the instance is gone with it.
      if (!isFatal(error)) throw toRuntimeError(error, 'release the model');
    }
  }

  private convert(feeds: Readonly<Record<string, HostTensor | DeviceTensor>>): Record<string, Tensor> {
    const given: Record<string, Tensor> = {};
    for (const { name, dtype } of this.inputs) {
      const tensor = feeds[name];
      if (dtype === 'undefined') {
        throw new CodedError('unsupported', `The input "${name}" is no tensor; ONNX Runtime Web takes only those.`, {
          value: name,
        });
      }
      if (!tensor) throw new CodedError('bad-request', `The input "${name}" was not given.`, { value: name });
      given[name] = 'data' in tensor ? toRuntime(this.ort, name, tensor) : fedOf(name, tensor);
    }
    return given;
  }
}

/** `GraphTransformer ConvActivationFusion modified: 1`: optimizers that changed the graph, each once, in their order. */
const readOptimizers = (log: string): readonly string[] => [
  ...new Set(Array.from(log.matchAll(/GraphTransformer (\S+) modified: 1/g), ([, name]) => name ?? '')),
];

/** What the runtime hands out for an unknown dimension: −1, read as unsigned. */
const UNKNOWN_DIM = 0xffffffff;

function toPort(metadata: InferenceSession.ValueMetadata): PortInfo {
  if (!metadata.isTensor) return { name: metadata.name, dtype: 'undefined', shape: null };
  const shape = metadata.shape.map((dim) => (dim === UNKNOWN_DIM || dim === '' || dim === -1 ? null : dim));
  return { name: metadata.name, dtype: metadata.type, shape };
}
