import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/** Substitutes as they stand in a recipe, one for each reader: float32, little-endian, base64. */
export function encodeRepairs(substitutes: readonly Substitute[]): Json {
  return substitutes.map(({ mix, shift }) => ({
    ...(mix ? { mix: toBase64(mix) } : {}),
    ...(shift ? { shift: toBase64(shift) } : {}),
  }));
}

/** Throws `replay-failed` where they do not fit the readers. */
export function decodeRepairs(targets: readonly RepairTarget[], json: Json, group: string): Substitute[] {
  const list = Array.isArray(json) ? json : [];
  if (list.length !== targets.length) throw misfit(group);
  return targets.map(({ removed, kept }, i) => {
    const { mix, shift } = (list[i] ?? {}) as JsonObject;
    return {
      mix: fromBase64(mix, removed.length * kept.length, group),
      shift: fromBase64(shift, removed.length, group),
    };
  });
}

function toBase64(numbers: Float32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let text = '';
  // `fromCharCode` takes its characters as arguments, of which there may not be too many.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: Json | undefined, count: number, group: string): Float32Array | null {
  if (text === undefined) return null;
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw misfit(group);
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.byteLength !== 4 * count) throw misfit(group);
  return new Float32Array(bytes.buffer);
}

const misfit = (group: string): CodedError =>
  new CodedError('replay-failed', `The repair of the channel group ${group} does not fit what reads it now.`, {
    group,
  });
