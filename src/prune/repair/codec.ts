import { fromBase64, toBase64 } from '../../base/base64.ts';
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
    const halves = decoded(mix, 2 * rows * target.kept.length, group);
    const singles = decoded(shift, 4 * rows, group);
    const copied = decoded(copies, 4 * target.removed.length, group);
    if (copied && !new Int32Array(copied).every((each) => each < target.kept.length)) throw misfit(group);
    return {
      mix: halves && Float32Array.from(new Uint16Array(halves), float16ToNumber),
      shift: singles && new Float32Array(singles),
      all: all === true,
      ...(copied ? { copies: new Int32Array(copied) } : {}),
    };
  });
}

function decoded(text: Json | undefined, length: number, group: string): ArrayBuffer | null {
  if (text === undefined) return null;
  const bytes = fromBase64(text, length);
  if (bytes === null) throw misfit(group);
  return bytes;
}

const misfit = (group: string): CodedError =>
  new CodedError('replay-failed', `The repair of the channel group ${group} does not fit what reads it now.`, {
    group,
  });
