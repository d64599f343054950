import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';

const made = new WeakMap<Model, Map<string, ValueId>>();

/** What was made for one site serves the others of the same graph: layers share masks, tables and positions. */
export function once(build: Build, key: string, make: () => ValueId): ValueId {
  const known = made.get(build.model) ?? new Map<string, ValueId>();
  made.set(build.model, known);
  const place = `${build.graph.id} ${key}`;
  const kept = known.get(place);
  if (kept !== undefined && build.model.values.has(kept)) return kept;
  const fresh = make();
  known.set(place, fresh);
  return fresh;
}
