import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { toRuntimeError, isFatal } from './errors.ts';
import { watchMemory } from './heap.ts';
import { OrtInstances, startInstance, type Ort, type OrtLoader } from './ort.ts';
import type { Capture } from './output.ts';
import { readTrace, type TracedRun } from './trace.ts';
import { fromRuntime, toRuntime } from './tensors.ts';
import type { Capabilities, Feeds, HostTensor, PortInfo, Runtime, RuntimeSession, SessionSettings } from './types.ts';

export interface RuntimeOptions {
  readonly load: OrtLoader;
  readonly capabilities: () => Promise<Capabilities>;
  /** Throws `unsupported`, with the reason, where a backend is not to be had. */
  readonly admit: (settings: SessionSettings) => Promise<void>;
  readonly capture: Capture;
}

/** One thing at a time: the WebGPU build suspends inside a call and must not be entered again meanwhile. */
type Turn = <T>(work: () => Promise<T>) => Promise<T>;
function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}

/** A `Runtime` over ONNX Runtime Web, however it is loaded. */
export function createRuntime({ load, capabilities, admit, capture }: RuntimeOptions): Runtime {
  const instances = new OrtInstances(load);
  const turn = createTurn();
  let known: Promise<Capabilities> | null = null;
  return {
    capabilities: () => (known ??= capabilities()),
    async createSession(model, settings, job) {
      checkCancelled(job);
      await admit(settings);
      const ort = await instances.get(settings.threads).catch((error: unknown) => {
        throw toRuntimeError(error, 'start');
      });
      checkCancelled(job);
      const onFatal = (): void => instances.drop(settings.threads);
      try {
        const { session, log } = await turn(() => createLogged(ort, model, settings, capture));
        return new OrtSession(ort, session, { turn, onFatal, capture, log });
      } catch (error) {
        if (isFatal(error)) onFatal();
        throw toRuntimeError(error, 'load the model');
      }
    },
    heapOf(model, settings, feeds, job) {
      checkCancelled(job);
      return turn(() =>
        watchMemory(async (bytes) => {
          const ort = await startInstance(load, 1);
          const alone = { ...settings, threads: 1 };
          try {
            const created = await ort.InferenceSession.create(model, sessionOptions(alone));
            // Its turn is this one.
            const surroundings = { turn: createTurn(), onFatal: () => {}, capture, log: '' };
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
  capture: Capture,
): Promise<{ session: InferenceSession; log: string }> {
  const end = settings.log ? capture() : () => '';
  try {
    const session = await ort.InferenceSession.create(model, sessionOptions(settings));
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

function sessionOptions(settings: SessionSettings): InferenceSession.SessionOptions {
  const { backend, level, threads, config, arena, memoryPattern, profile, log } = settings;
  return {
    executionProviders: [providerOf(settings)],
    graphOptimizationLevel: level,
    logSeverityLevel: log ? 1 : 4,
    ...(config ? { extra: { ...config } } : {}),
    ...(arena === undefined ? {} : { enableCpuMemArena: arena }),
    ...(memoryPattern === undefined ? {} : { enableMemPattern: memoryPattern }),
    ...(profile ? { enableProfiling: true } : {}),
    // Elsewhere the number of threads belongs to the instance.
    ...(backend === 'native' ? { intraOpNumThreads: threads } : {}),
  };
}

/** Refusals arrive as exceptions. */
const RUN_OPTIONS: InferenceSession.RunOptions = { logSeverityLevel: 4 };

interface Surroundings {
  readonly turn: Turn;
  readonly onFatal: () => void;
  readonly capture: Capture;
  readonly log: string;
}

class OrtSession implements RuntimeSession {
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

  constructor(ort: Ort, session: InferenceSession, { turn, onFatal, capture, log }: Surroundings) {
    this.ort = ort;
    this.session = session;
    this.turn = turn;
    this.onFatal = onFatal;
    this.capture = capture;
    this.optimizers = readOptimizers(log);
    this.inputs = session.inputMetadata.map(toPort);
    this.outputs = session.outputMetadata.map(toPort);
    this.fetches = this.outputs.filter(({ dtype }) => dtype !== 'undefined').map(({ name }) => name);
  }

  /** `runtime`, `unsupported` (an input or every output is no tensor), `bad-request` (missing feeds, wrong sizes). */
  async run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const given = this.convert(feeds);
    if (this.fetches.length === 0) {
      throw new CodedError('unsupported', 'No output of the model is a tensor; ONNX Runtime Web hands out only those.');
    }
    try {
      const results = await this.turn(() => this.session.run(given, this.fetches, RUN_OPTIONS));
      const out: Record<string, HostTensor> = {};
      for (const name of this.fetches) out[name] = fromRuntime(name, results[name] as TypedTensor<Tensor.Type>);
      return out;
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

  private convert(feeds: Feeds): Record<string, Tensor> {
    const given: Record<string, Tensor> = {};
    for (const { name, dtype } of this.inputs) {
      const tensor = feeds[name];
      if (dtype === 'undefined') {
        throw new CodedError('unsupported', `The input "${name}" is no tensor; ONNX Runtime Web takes only those.`, {
          value: name,
        });
      }
      if (!tensor) throw new CodedError('bad-request', `The input "${name}" was not given.`, { value: name });
      given[name] = toRuntime(this.ort, name, tensor);
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
