import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/** Substitutes as they stand in a recipe, one for each reader: float32 (copies: int32), little-endian, base64. */
export function encodeRepairs(substitutes: readonly Substitute[]): Json {
  return substitutes.map(({ mix, shift, copies }) => ({
    ...(mix ? { mix: toBase64(mix) } : {}),
    ...(shift ? { shift: toBase64(shift) } : {}),
    ...(copies ? { copies: toBase64(copies) } : {}),
  }));
}

/** Throws `replay-failed` where they do not fit the readers. */
export function decodeRepairs(targets: readonly RepairTarget[], json: Json, group: string): Substitute[] {
  const list = Array.isArray(json) ? json : [];
  if (list.length !== targets.length) throw misfit(group);
  return targets.map(({ removed, kept }, i) => {
    const { mix, shift, copies } = (list[i] ?? {}) as JsonObject;
    const copied = fromBase64(copies, removed.length, group);
    if (copied && !new Int32Array(copied).every((each) => each < kept.length)) throw misfit(group);
    const float = (buffer: ArrayBuffer | null): Float32Array | null => buffer && new Float32Array(buffer);
    return {
      mix: float(fromBase64(mix, removed.length * kept.length, group)),
      shift: float(fromBase64(shift, removed.length, group)),
      ...(copied ? { copies: new Int32Array(copied) } : {}),
    };
  });
}

function toBase64(numbers: Float32Array | Int32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let text = '';
  // `fromCharCode` takes its characters as arguments, of which there may not be too many.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: Json | undefined, count: number, group: string): ArrayBuffer | null {
  if (text === undefined) return null;
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw misfit(group);
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.byteLength !== 4 * count) throw misfit(group);
  return bytes.buffer;
}

const misfit = (group: string): CodedError =>
  new CodedError('replay-failed', `The repair of the channel group ${group} does not fit what reads it now.`, {
    group,
  });
