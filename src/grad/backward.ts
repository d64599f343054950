import type { Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { holdsGraphs } from '../ir/attribute.ts';
import { opKey } from '../ops/registry.ts';
import type { Emit } from './emit.ts';
import { VJP_RULES, ZERO_GRADIENT } from './rules.ts';
import { noGradient, Vjp } from './vjp.ts';

/**
 * Reverse-mode differentiation (Griewank & Walther, Evaluating Derivatives, 2008): writes behind the graph what gives
 * the gradients of `targets`, from those of some values.
 *
 * @param seeds value → its gradient, of the same shape
 * @returns target → its gradient, of the same shape; a target that nothing depends on is left out
 * @throws CodedError `unsupported` at a node between seeds and targets that has no rule, which it names
 */
export function backward(
  emit: Emit,
  seeds: ReadonlyMap<ValueId, ValueId>,
  targets: readonly ValueId[],
): Map<ValueId, ValueId> {
  const { model } = emit;
  const nodes = [...model.graph.nodes].map((id) => model.getNode(id));
  const asked = reached(nodes, targets);
  const gradients = new Map<ValueId, ValueId>();
  const add = (value: ValueId, gradient: ValueId): void => {
    const before = gradients.get(value);
    gradients.set(value, before === undefined ? gradient : emit.add(before, gradient));
  };
  for (const [value, gradient] of seeds) if (asked.has(value)) add(value, gradient);
  for (const node of nodes.reverse()) {
    const outer = node.outputs.map((output) => (output === null ? null : (gradients.get(output) ?? null)));
    if (outer.every((gradient) => gradient === null) || ZERO_GRADIENT.has(opKey(node))) continue;
    if (!node.inputs.some((input) => input !== null && emit.isFloat(input) && asked.has(input))) continue;
    const own = emit.ownRule(node.id);
    if (own && outer[0]) {
      const gradient = outer[0];
      emit.in(node.name || node.opType, () => {
        for (const [value, write] of own(gradient)) if (asked.has(value)) add(value, write());
      });
      continue;
    }
    const inner = emit.in(node.name || node.opType, () =>
      ruleOf(node)(new Vjp(emit, node, outer, (value) => asked.has(value))),
    );
    inner.forEach((gradient, index) => {
      const input = node.inputs[index] ?? null;
      if (gradient !== null && input !== null) add(input, gradient);
    });
  }
  return new Map(
    [...targets].flatMap((target) => {
      const gradient = gradients.get(target);
      return gradient === undefined ? [] : [[target, gradient] as const];
    }),
  );
}

function ruleOf(node: Node) {
  const rule = VJP_RULES.get(opKey(node));
  if (rule) return rule;
  throw noGradient(node, holdsGraphs(node) ? 'gradients do not enter subgraphs' : 'there is no rule for this operator');
}

/** The targets, and all that is computed from them. */
function reached(nodes: readonly Node[], targets: readonly ValueId[]): ReadonlySet<ValueId> {
  const found = new Set(targets);
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => input !== null && found.has(input))) continue;
    for (const output of outputs) if (output !== null) found.add(output);
  }
  return found;
}
