import { int, ints } from '../../ir/attribute.ts';
import type { Attribute } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import { tensorType, type ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import { rankOf, shapeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import { eagerly } from '../weights.ts';
import { once } from '../attention/once.ts';
import { OperandBuilder } from '../attention/operands.ts';
import { SizeBuilder, type Size } from '../attention/sizes.ts';
import type { RotaryPlan } from './plan.ts';
import type { Mode } from './rotation.ts';

const CONTRIB = 'com.microsoft';

/** Tables and positions as the operator takes them. */
interface Caches {
  /** `[rows, width / 2]` */
  readonly cos: ValueId;
  readonly sin: ValueId;
  /** `[batch, positions]`, or `[1]`: where the positions start. */
  readonly positions: ValueId;
}

/** x rotated by one operator. */
export function emitRotary(context: PassContext, build: Build, plan: RotaryPlan): void {
  const { rotation, form, heads, width, rank } = plan;
  const operands = new OperandBuilder(build, context);
  const x = operands.operand(form, 'rotated', width);
  const caches = cachesOf(context, build, plan, x);
  const attributes: (readonly [string, Attribute])[] = [];
  if (rotation.mode === 'pair') attributes.push(['interleaved', int(1)]);
  if (form.to === 'flat') attributes.push(['num_heads', int(heads)]);
  build.opset(CONTRIB, 1);
  const inputs = [x, caches.positions, caches.cos, caches.sin];
  let last = build.node('RotaryEmbedding', inputs, { domain: CONTRIB, attributes });
  if (form.to === 'flat' && rank === 4) {
    const flat = build.output(last, 'flat', null);
    const shape = build.constant('heads', int64s([0, 0, heads, width]));
    last = build.node('Reshape', [flat, shape], { label: 'heads' });
  }
  // The operator gives what it takes: positions first from the flat form, heads first from the other.
  if (rank === 4 && (form.to === 'flat') === plan.headsFirst) {
    const turned = build.output(last, 'turned', null);
    last = build.node('Transpose', [turned], { label: 'order', attributes: [['perm', ints([0, 2, 1, 3])]] });
  }
  const [result = null] = rotation.last.outputs;
  if (result !== null) build.take(result, last);
}

function cachesOf(context: PassContext, build: Build, plan: RotaryPlan, x: ValueId): Caches {
  const { rotation, tables } = plan;
  const rows = (value: ValueId, name: string): ValueId => halved(context, build, plan, value, name);
  const cos = tables ? tables.cos.rows : rotation.cos;
  const sin = tables ? tables.sin.rows : rotation.sin;
  const positions = tables?.cos.ids ?? positionsOf(context, build, plan, x);
  return { cos: rows(cos, 'cos'), sin: rows(sin, 'sin'), positions };
}

/** One row after the other, one element for each pair. */
function halved(context: PassContext, build: Build, plan: RotaryPlan, value: ValueId, name: string): ValueId {
  const { rotation, width } = plan;
  const { mode, table } = rotation;
  return once(build, `rows ${value} ${mode} ${table}`, () => {
    const tensor = constantOf(context, value);
    if (tensor) {
      const half = width / 2;
      const numbers = table === 'full' ? firstOfEach(tensor.numbers(), width, mode) : Array.from(tensor.numbers());
      return build.constant(name, eagerly(tensor.dtype, [numbers.length / half, half], numbers));
    }
    const own = table === 'full' ? firstHalf(context, build, value, width, mode, name) : value;
    if (rankOf(context, value) === 2) return own;
    const shape = build.constant(`${name}-shape`, int64s([-1, width / 2]));
    return build.output(build.node('Reshape', [own, shape], { label: `${name}-rows` }), `${name}-rows`, null);
  });
}

function firstOfEach(numbers: ArrayLike<number>, width: number, mode: Mode): number[] {
  return Array.from(numbers).filter((_, i) => (mode === 'half' ? i % width < width / 2 : i % 2 === 0));
}

/** Slice has attributes before version 10, and no steps then. */
function firstHalf(
  context: PassContext,
  build: Build,
  value: ValueId,
  width: number,
  mode: Mode,
  name: string,
): ValueId {
  const axis = (rankOf(context, value) ?? 1) - 1;
  const end = mode === 'half' ? width / 2 : width;
  if (context.model.opset() < 10) {
    const attributes = [
      ['starts', ints([0])] as const,
      ['ends', ints([end])] as const,
      ['axes', ints([axis])] as const,
    ];
    return build.output(build.node('Slice', [value], { attributes, label: `${name}-half` }), `${name}-half`, null);
  }
  const limits = [[0], [end], [axis], [mode === 'half' ? 1 : 2]].map((each, i) =>
    build.constant(`${name}-slice-${i}`, int64s(each)),
  );
  return build.output(build.node('Slice', [value, ...limits], { label: `${name}-half` }), `${name}-half`, null);
}

/** Rows from 0 on for all sequences, or one row for each position of each sequence, in order. */
function positionsOf(context: PassContext, build: Build, plan: RotaryPlan, x: ValueId): ValueId {
  if (!plan.perBatch) return once(build, 'from 0', () => build.constant('positions', int64s([0])));
  const shape = shapeOf(context, plan.rotation.x) ?? [];
  const place = plan.headsFirst ? 2 : 1;
  const own = plan.form.to === 'heads' ? 2 : 1;
  const size = (axis: number, of: number): Size => {
    const dim = shape[axis];
    return typeof dim === 'number' ? dim : { of: x, axis: of };
  };
  const [batch, positions] = [size(0, 0), size(place, own)];
  const key = `ids ${shape[0] ?? x} ${shape[place] ?? x}`;
  return once(build, key, () => {
    const sizes = new SizeBuilder(build);
    const many = sizes.scalar([batch, positions]);
    const [zero, one] = [0, 1].map((each) => build.constant('range', int64s([each], [])));
    if (zero === undefined || one === undefined) return many;
    const range = build.output(
      build.node('Range', [zero, many, one], { label: 'range' }),
      'range',
      tensorType('int64', null),
    );
    const node = build.node('Reshape', [range, sizes.vector([[batch], [positions]])], { label: 'positions' });
    return build.output(node, 'positions', tensorType('int64', null));
  });
}
