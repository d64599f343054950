import type { Json } from '../base/json.ts';

/** The same value; the order of keys does not count. `undefined` equals itself only. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a as object), Object.entries(b as object)];
  return (
    left.filter(([, value]) => value !== undefined).length ===
      right.filter(([, value]) => value !== undefined).length &&
    left.every(([key, value]) => value === undefined || sameJson(value as Json, (b as Record<string, Json>)[key]))
  );
}
