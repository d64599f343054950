import { getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { DATA_TYPES, type ValueId } from '../../ir/types.ts';
import { bypass, bypassRefusal } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { constantInts, dtypeOf, keepsShape, provablyDiffer, sameShape, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule } from '../../rewrite/rule.ts';
import { isAll } from '../../rewrite/weights.ts';
import { inputOf, outputOf } from './ends.ts';
import { average, pool, reduce, resize } from './noop-windows.ts';
import { sameWhenShapeIs, type Test } from './noop-test.ts';
import { negatedChoice, requantized, twice } from './undoing.ts';

/** Before version 6 the type is written out: `to: "FLOAT"`. */
function castTarget(node: Node): string | null {
  if (node.attributes.get('to')?.type !== 'string') return DATA_TYPES[getInt(node, 'to', 0)] ?? null;
  const name = getString(node, 'to', '').toLowerCase();
  return name === 'float' ? 'float32' : name === 'double' ? 'float64' : name;
}

const cast: Test = (context, node) => {
  const from = dtypeOf(context, inputOf(node));
  if (from === null) return { reason: 'the element type of its input is not known' };
  return castTarget(node) === from ? { kept: inputOf(node) } : null;
};

/** Identity, but for axes of size 1, which may move where the shape stays the same. */
const transpose: Test = (context, node) => {
  const shape = shapeOf(context, inputOf(node));
  const perm = getInts(node, 'perm', null) ?? shape?.map((_, axis) => shape.length - 1 - axis);
  if (!perm) return null;
  const moving = perm.filter((axis) => shape?.[axis] !== 1);
  const ordered = moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0));
  if (!ordered) return null;
  return perm.every((axis, i) => axis === i) ? { kept: inputOf(node) } : sameWhenShapeIs(context, node);
};

/** With steps of 1, a slice as long as its input is its input. */
const slice: Test = (context, node) => {
  const steps = node.inputs[4] ?? null;
  const found = sameWhenShapeIs(context, node);
  if (found === null || steps === null) return found;
  const known = constantInts(context, steps);
  if (!known) return { reason: 'its steps are not constant' };
  return known.every((step) => step === 1) ? found : null;
};

/** Pads of equal size and opposite sign keep the shape but move the elements: all must be 0. */
const pad: Test = (context, node) => {
  const attribute = getInts(node, 'pads', null) ?? getInts(node, 'paddings', null);
  const pads = attribute ?? (node.inputs[1] ? constantInts(context, node.inputs[1]) : null);
  if (!pads)
    return provablyDiffer(context, inputOf(node), outputOf(node)) ? null : { reason: 'its pads are not constant' };
  return pads.every((each) => each === 0) ? { kept: inputOf(node) } : null;
};

/** Of several inputs, all but one must be empty along the axis. */
const concat: Test = (context, node) => {
  const inputs = node.inputs.filter((input) => input !== null);
  const kept = inputs.filter((input) => !isEmpty(context, input, getInt(node, 'axis', 1)));
  const [only] = kept;
  if (kept.length !== 1 || only === undefined) return null;
  if (inputs.length === 1) return { kept: only };
  return sameShape(context, only, outputOf(node)) ? { kept: only } : null;
};

function isEmpty(context: PassContext, value: ValueId, axis: number): boolean {
  const shape = shapeOf(context, value);
  return shape !== null && shape.at(axis) === 0;
}

/** x ∘ e = x for a neutral constant e, where e does not broadcast x to a larger shape. */
function neutral(element: number, operands: readonly number[]): Test {
  return (context, node) => {
    for (const index of operands) {
      const e = inputOf(node, index);
      const tensor = constantOf(context, e);
      if (!tensor || !isAll(tensor, element)) continue;
      const x = inputOf(node, 1 - index);
      if (keepsShape(context, tensor.shape, x, outputOf(node))) return { kept: x };
      return {
        reason: `its constant of shape [${tensor.shape.join(', ')}] may broadcast the other operand to a larger shape`,
      };
    }
    return null;
  };
}

/** A sum, mean or extreme of one. */
const only: Test = (_context, { inputs }) => {
  const [x] = inputs;
  return inputs.length === 1 && x !== undefined && x !== null ? { kept: x } : null;
};

const TESTS: Readonly<Record<string, Test>> = {
  Cast: cast,
  Reshape: sameWhenShapeIs,
  Flatten: sameWhenShapeIs,
  Squeeze: sameWhenShapeIs,
  Expand: sameWhenShapeIs,
  Transpose: transpose,
  Slice: slice,
  Pad: pad,
  Concat: concat,
  Add: neutral(0, [0, 1]),
  Mul: neutral(1, [0, 1]),
  Sub: neutral(0, [1]),
  Div: neutral(1, [1]),
  Pow: neutral(1, [1]),
  Tile: sameWhenShapeIs,
  Sum: only,
  Mean: only,
  Max: only,
  Min: only,
  AveragePool: pool,
  MaxPool: pool,
  GlobalAveragePool: average,
  Resize: resize,
  Upsample: resize,
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceProd: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
};

function noopRule(type: string, test: Test): Rule {
  return rule({
    name: type.toLowerCase(),
    captures: { noop: node },
    pattern: (c) => op(type, [], { as: c.noop, more: true }),
    fits: (m, where) => test(where, m.noop) !== null,
    when: (m, where) => {
      const found = test(where, m.noop);
      if (found === null) return 'it is needed';
      return 'reason' in found ? found.reason : bypassRefusal(where.model, outputOf(m.noop), found.kept);
    },
    what: (m, { model }) => `Removes ${label(model, m.noop)}: its result equals its input.`,
    apply: (m, _build, where) => {
      const found = test(where, m.noop);
      if (found && 'kept' in found) bypass(where.model, m.noop, outputOf(m.noop), found.kept);
    },
  });
}

/** Operators whose result provably equals one of their inputs. */
export const eliminateNoop: Pass = rulePass({
  id: 'eliminate-noop',
  group: 'cleanup',
  title: 'Remove no-ops',
  why: 'Casts, reshapes, pads and arithmetic that change nothing still copy a tensor each time.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [...Object.entries(TESTS).map(([type, test]) => noopRule(type, test)), negatedChoice, twice, requantized],
});
