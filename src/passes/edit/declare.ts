import { analyze } from '../../analysis/analyze.ts';
import { innerGraphs, type Model } from '../../ir/model.ts';
import type { Dim, ValueId, ValueType } from '../../ir/types.ts';

/** Symbols that inference made up for unnamed dimensions are no names to write down. */
const writtenDim = (dim: Dim): Dim => (typeof dim === 'string' && dim.includes('?') ? null : dim);

/** A type as it can be declared in a file; null: it says too little to be one. */
export function declarable(type: ValueType | null): ValueType | null {
  if (type?.kind !== 'tensor') return type;
  if (type.dtype === 'undefined') return null;
  return { ...type, shape: type.shape?.map(writtenDim) ?? null };
}

/** Everything that is computed from these values, in whatever graph. */
export function computedFrom(model: Model, sources: Iterable<ValueId>): Set<ValueId> {
  const found = new Set<ValueId>();
  const queue = [...sources];
  const add = (id: ValueId | null): void => {
    if (id === null || found.has(id)) return;
    found.add(id);
    queue.push(id);
  };
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    for (const use of model.getValue(value).uses) {
      for (let node = model.nodes.get(use.node); node;) {
        node.outputs.forEach(add);
        // What a body is given depends on its holder's inputs.
        for (const inner of innerGraphs(model, node)) inner.inputs.forEach(add);
        const owner = model.getGraph(node.graph).owner;
        node = owner ? model.nodes.get(owner.node) : undefined;
      }
    }
  }
  return found;
}

/** Forgets what the file declared of these values: it was true of the model before the edit. */
export function forget(model: Model, values: Iterable<ValueId>): void {
  for (const id of values) {
    const value = model.getValue(id);
    if (value.producer !== null) value.type = null;
  }
}

/**
 * Declares again what was forgotten, as it works out now. An output keeps its element type where nothing else is known;
 * other values that nothing is known of stay undeclared.
 */
export function redeclare(model: Model, values: ReadonlySet<ValueId>, before: Model): void {
  const analysis = analyze(model);
  for (const id of values) {
    const value = model.values.get(id);
    const old = before.values.get(id)?.type ?? null;
    if (!value || value.producer === null || old === null) continue;
    const bare = old.kind === 'tensor' ? { ...old, shape: null } : old;
    value.type = declarable(analysis.type(id)) ?? (model.isGraphOutput(id) ? bare : null);
  }
}
