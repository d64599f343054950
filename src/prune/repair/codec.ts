import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { float16ToNumber, numberToFloat16 } from '../../base/float16.ts';
import { sources } from './compensate.ts';
import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/**
 * Substitutes as they stand in a recipe, one for each reader: mix in float16, which is enough for a fit and half as long,
 * shift in float32, copies in int32; little-endian, base64.
 */
export function encodeRepairs(substitutes: readonly Substitute[]): Json {
  return substitutes.map(({ mix, shift, all, copies }) => ({
    ...(mix ? { mix: toBase64(Uint16Array.from(mix, numberToFloat16)) } : {}),
    ...(shift ? { shift: toBase64(shift) } : {}),
    ...(all ? { all } : {}),
    ...(copies ? { copies: toBase64(copies) } : {}),
  }));
}

/** Throws `replay-failed` where they do not fit the readers. */
export function decodeRepairs(targets: readonly RepairTarget[], json: Json, group: string): Substitute[] {
  const list = Array.isArray(json) ? json : [];
  if (list.length !== targets.length) throw misfit(group);
  return targets.map((target, i) => {
    const { mix, shift, all, copies } = (list[i] ?? {}) as JsonObject;
    const rows = sources(target, { all: all === true }).length;
    const halves = fromBase64(mix, 2 * rows * target.kept.length, group);
    const singles = fromBase64(shift, 4 * rows, group);
    const copied = fromBase64(copies, 4 * target.removed.length, group);
    if (copied && !new Int32Array(copied).every((each) => each < target.kept.length)) throw misfit(group);
    return {
      mix: halves && Float32Array.from(new Uint16Array(halves), float16ToNumber),
      shift: singles && new Float32Array(singles),
      all: all === true,
      ...(copied ? { copies: new Int32Array(copied) } : {}),
    };
  });
}

function toBase64(numbers: Float32Array | Uint16Array | Int32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let text = '';
  // `fromCharCode` takes its characters as arguments, of which there may not be too many.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: Json | undefined, length: number, group: string): ArrayBuffer | null {
  if (text === undefined) return null;
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw misfit(group);
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.byteLength !== length) throw misfit(group);
  return bytes.buffer;
}

const misfit = (group: string): CodedError =>
  new CodedError('replay-failed', `The repair of the channel group ${group} does not fit what reads it now.`, {
    group,
  });
