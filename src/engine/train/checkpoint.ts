import { decode, encode } from '@msgpack/msgpack';
import { CodedError } from '../../base/error.ts';
import type { TrainerState, Weights } from '../../train/trainer.ts';
import type { CurvePoint, Evaluation } from './types.ts';

/** Where a run stands: enough to go on after a crash as if nothing had happened. */
export interface Checkpoint {
  /** Of model, teacher, data and request: a checkpoint of another run is not taken up. */
  readonly key: string;
  readonly step: number;
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly Evaluation[];
  readonly best: { readonly evaluation: number; readonly weights: Weights } | null;
  readonly state: TrainerState;
}

/** A place for one run's checkpoint: OPFS in the page, a file in Node. The newer one takes the place of the older. */
export interface CheckpointStore {
  load(): Promise<Uint8Array | null>;
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  drop(): Promise<void>;
}

const VERSION = 1;

export const encodeCheckpoint = (checkpoint: Checkpoint): Uint8Array<ArrayBuffer> => {
  const bytes = encode({ whittleCheckpoint: VERSION, ...(plain(checkpoint) as object) });
  return bytes.slice();
};

/** Throws `bad-file` for what is no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  let found: unknown;
  try {
    found = decode(bytes);
  } catch {
    throw new CodedError('bad-file', 'The checkpoint cannot be read. Start the training anew.');
  }
  const checkpoint = found as { whittleCheckpoint?: number } & Record<string, unknown>;
  if (checkpoint.whittleCheckpoint !== VERSION) {
    throw new CodedError('bad-file', 'The checkpoint is of another version of Whittle. Start the training anew.');
  }
  return floating(checkpoint) as Checkpoint;
}

/** Float arrays as bytes with a mark: MessagePack knows bytes alone. */
function plain(value: unknown): unknown {
  if (value instanceof Float32Array) {
    return { f32: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  }
  return value;
}

function floating(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(floating);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const { f32 } = value as { f32?: unknown };
  if (f32 instanceof Uint8Array) return new Float32Array(f32.slice().buffer);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, floating(each)]));
}
