import { analyze, type Analysis } from '../../analysis/analyze.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { getInt } from '../../ir/attribute.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { computedFrom, forget, redeclare } from './declare.ts';
import { refuse } from './edit-pass.ts';
import { shortTitle } from './targets.ts';

/**
 * Tries a change on a copy and works out all shapes again, from the changed values on, without what the file declared of
 * them. Refuses a graph that contradicts itself where it did not before, naming the first node in running order.
 *
 * @param sources values whose types the change touches, or that the changed node gives
 * @returns what makes the same change to the model itself, and declares the types that follow
 */
export function tryChange(
  context: PassContext,
  sources: readonly ValueId[],
  change: (model: Model) => void,
): { readonly trial: Model; readonly apply: () => void } {
  const { model } = context;
  const affected = computedFrom(model, sources);
  for (const id of sources) if (model.getValue(id).producer) affected.add(id);
  const trial = model.clone();
  change(trial);
  forget(trial, affected);
  requireConsistent(context, trial, affected);
  return {
    trial,
    apply() {
      const before = model.clone();
      change(model);
      forget(model, affected);
      redeclare(model, affected, before);
    },
  };
}

function requireConsistent(context: PassContext, trial: Model, affected: ReadonlySet<ValueId>): void {
  const analysis = analyze(trial);
  const before = new Set(context.analysis.warnings.map((note) => note.node));
  const note = analysis.warnings.find((each) => !before.has(each.node));
  if (note) refuse(...contradiction(context, note.node, note.message));
  const node = analysis.order.find((each) => isLost(context, analysis, each, affected));
  if (!node) return;
  // What only the file declared was never worked out: that it is not now tells nothing.
  const bare = context.model.clone();
  forget(bare, affected);
  const lost = node.outputs.some((id) => id !== null && affected.has(id) && analyze(bare).shape(id) !== null);
  if (lost) refuse(`${shortTitle(context, node)} has no result of a known shape then.`, [node.id]);
}

/** A result had a shape and has none now, though all that the node reads is known. */
function isLost(context: PassContext, now: Analysis, node: Node, affected: ReadonlySet<ValueId>): boolean {
  const gone = node.outputs.some(
    (id) => id !== null && affected.has(id) && context.analysis.shape(id) !== null && now.shape(id) === null,
  );
  return gone && node.inputs.every((id) => id === null || now.shape(id) !== null);
}

function contradiction(context: PassContext, id: NodeId | null, message: string): [string, NodeId[]] {
  if (id === null) return [`The shapes contradict each other: ${message}.`, []];
  const text = message.replace(/\.$/, '');
  const baked = bakedReshape(context, id);
  const place = shortTitle(context, context.model.getNode(id));
  const cause = baked === null ? '' : ` ${bakedText(context, baked, baked === id)}`;
  return [`${place} does not fit: ${text}.${cause}`, baked === null || baked === id ? [id] : [id, baked]];
}

function bakedText({ model, analysis }: PassContext, id: NodeId, itself: boolean): string {
  const target = model.getNode(id).inputs[1];
  const shape = target === null || target === undefined ? null : analysis.ints(target);
  const name = model.getNode(id).name;
  return `${itself ? 'It' : `Reshape ${name}`} has its shape built in: [${shape?.join(', ') ?? '?'}].`;
}

/** The node itself or the nearest Reshape before it whose target shape is a constant that fixes its first size. */
function bakedReshape({ model, analysis }: PassContext, start: NodeId): NodeId | null {
  const seen = new Set<NodeId>([start]);
  const queue = [start];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const node = model.getNode(id);
    const target = node.inputs[1];
    if (node.opType === 'Reshape' && node.domain === '' && target !== null && target !== undefined) {
      const [first] = analysis.ints(target) ?? [];
      const copies = first === 0 && getInt(node, 'allowzero', 0) === 0;
      if (analysis.constant(target) !== null && first !== -1 && !copies) return id;
    }
    for (const input of node.inputs) {
      const producer = input === null ? null : model.getValue(input).producer;
      if (!producer || seen.has(producer.node)) continue;
      seen.add(producer.node);
      queue.push(producer.node);
    }
  }
  return null;
}
