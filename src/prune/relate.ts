import type { Analysis } from '../analysis/analyze.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { Relation } from './relation.ts';
import { axisRule } from './rules.ts';
import { SizeTracer } from './sizes.ts';
import { Space, type Place } from './space.ts';

/** Applies the axis-rules table to every node of the main graph. What no rule speaks of is frozen. */
export function relateModel(model: Model, analysis: Analysis, acrossNorms: boolean): Space {
  const space = new Space(model, analysis, acrossNorms);
  const tracer = new SizeTracer(model, analysis);
  const isConstant = constantDerived(model, analysis);
  for (const id of model.graph.nodes) {
    const node = model.getNode(id);
    if (node.outputs.every((output) => output === null || analysis.constant(output) !== null)) continue;
    relateNode(new Relation(space, node, tracer, isConstant));
    freezeReadSizes(space, tracer, node);
  }
  freezeInterface(space, tracer);
  return space;
}

function relateNode(r: Relation): void {
  const rule = axisRule(r.node);
  const model = r.space.model;
  const unknown = [...r.node.inputs, ...r.node.outputs].find(
    (value, at) => value !== null && (at < r.node.inputs.length || model.isUsed(value)) && placeOf(r, at) === null,
  );
  if (rule === null) r.freezeAll('is an operator without an axis rule');
  else if (unknown) r.freezeAll(`the rank of ${model.getValue(unknown).name} is not known`);
  else rule.relate(r);
  r.finish(rule?.barrier ?? 'is an operator without an axis rule');
}

const placeOf = (r: Relation, at: number): Place | null => r.inputs[at] ?? r.outputs[at - r.inputs.length] ?? null;

/** Sizes that a node reads without a rule for it: the axes they come from may not change. */
function freezeReadSizes(space: Space, tracer: SizeTracer, node: Node): void {
  const handled = axisRule(node)?.sizes ?? [];
  node.inputs.forEach((value, slot) => {
    const moved = node.outputs.some((output) => output !== null && tracer.output(output) !== null);
    if (value !== null && !moved && !handled.includes(slot)) freezeSources(space, tracer, value, node);
  });
}

function freezeSources(space: Space, tracer: SizeTracer, value: ValueId, node: Node | null): void {
  for (const source of tracer.output(value) ?? []) {
    const axis = source.kind === 'size' ? space.value(source.value)?.axes[source.dim] : undefined;
    if (axis !== undefined) space.freeze(axis, node?.id ?? null, 'computes with the size of this axis');
  }
}

/** The model's interface, what subgraphs capture, and sparse constants stay as they are. */
function freezeInterface(space: Space, tracer: SizeTracer): void {
  const { model } = space;
  const freeze = (value: ValueId, reason: string): void => {
    const place = space.value(value);
    if (place) space.freezeAll(place, null, reason);
  };
  for (const value of model.graph.inputs) freeze(value, `${model.getValue(value).name} is a graph input`);
  for (const value of model.graph.outputs) {
    freeze(value, `${model.getValue(value).name} is a graph output`);
    freezeSources(space, tracer, value, null);
  }
  for (const value of model.graph.sparseInitializers.keys()) freeze(value, 'a sparse constant is not cut');
  for (const value of captured(model)) {
    freeze(value, `${model.getValue(value).name} is used by a subgraph`);
    freezeSources(space, tracer, value, null);
  }
}

/** Values of the main graph that inner graphs read or return. */
function captured(model: Model): Set<ValueId> {
  const main = model.graph.id;
  const found = new Set<ValueId>();
  for (const value of model.values.values()) {
    if (value.graph === main && value.uses.some((use) => model.getNode(use.node).graph !== main)) found.add(value.id);
  }
  for (const graph of model.graphs.values()) if (graph.id !== main) graph.outputs.forEach((each) => found.add(each));
  return found;
}

/** Whether a value is computed from constants alone, by deterministic operators. */
function constantDerived(model: Model, analysis: Analysis): (value: ValueId) => boolean {
  const known = new Map<ValueId, boolean>();
  const inputs = new Set(model.graph.inputs);
  const check = (value: ValueId): boolean => {
    const producer = model.getValue(value).producer;
    if (analysis.constant(value) !== null) return !inputs.has(value);
    if (producer === null) return false;
    const node = model.getNode(producer.node);
    if (/^Random|^Multinomial$|^Bernoulli$/.test(node.opType) || [...subgraphs(node)].length > 0) return false;
    return node.inputs.length > 0 && node.inputs.every((each) => each === null || ask(each));
  };
  const ask = (value: ValueId): boolean => {
    const answer = known.get(value);
    if (answer !== undefined) return answer;
    known.set(value, false);
    const checked = check(value);
    known.set(value, checked);
    return checked;
  };
  return ask;
}
