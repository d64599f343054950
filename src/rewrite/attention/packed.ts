import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import { dtypeOf, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { eagerly, isFoldable } from '../weights.ts';
import { sizeOfAtoms } from './atoms.ts';
import { entriesOf, projectionOf, type Projection } from './linear.ts';
import type { Plan } from './plan.ts';

/** Queries, keys and values that are linear in one input: com.microsoft.Attention multiplies by the weights too. */
export interface Packed {
  /** `[batch, positions, width]` */
  readonly x: ValueId;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
}

/**
 * The projections, where the operator can do them as well. On WASM it is as fast as MultiHeadAttention behind three
 * products where there is a mask, and up to 1.7 times slower where there is none.
 */
export function packedOf(context: PassContext, plan: Plan): Packed | null {
  const masked = plan.scores.stages.some((stage) => stage.kind === 'add' || stage.kind === 'where');
  if (context.backend !== 'wasm' || plan.past || !masked) return null;
  const forms = [plan.query, plan.key, plan.value];
  if (forms.some((form) => form.to !== 'flat')) return null;
  const { graph } = plan.softmax;
  const [query, key, value] = forms.map((form) => projectionOf(context, graph, form));
  if (!query || !key || !value) return null;
  const x = wholeInput(context, plan, query);
  const all = [query, key, value];
  if (x === null || all.some(({ linear }) => wholeInput(context, plan, { linear, heads: [] }) !== x)) return null;
  const typed = all.every(
    ({ linear }) => isFoldable(linear.weight.dtype) && linear.weight.dtype === query.linear.weight.dtype,
  );
  const biases = all.every(
    ({ linear }) => linear.bias === null || linear.bias.shape[0] === columnsOf(linear.weight, linear.transposed),
  );
  return typed && biases ? { x, query, key, value } : null;
}

const columnsOf = (weight: Tensor, transposed: boolean): number => weight.shape[transposed ? 0 : 1] ?? 0;

/** What goes into a projection as `[batch, positions, width]`; a Reshape to rows in front of Gemm is looked through. */
function wholeInput(context: PassContext, plan: Plan, { linear }: Projection): ValueId | null {
  if (holds(context, plan, linear.x)) return linear.x;
  const { producer } = context.model.getValue(linear.x);
  const node = producer && context.model.getNode(producer.node);
  const input = node?.inputs[0] ?? null;
  if (node?.opType !== 'Reshape' || node.domain !== '' || input === null || shapeOf(context, linear.x)?.length !== 2)
    return null;
  const width = shapeOf(context, linear.x)?.[1] ?? null;
  return width !== null && width === shapeOf(context, input)?.[2] && holds(context, plan, input) ? input : null;
}

/** [batch, positions, …] of this attention, queries and keys alike. */
function holds(context: PassContext, plan: Plan, value: ValueId): boolean {
  const shape = shapeOf(context, value);
  const batch = sizeOfAtoms(plan.query.batch);
  const { position, axes } = plan.scores.product;
  const queries = sizeOfAtoms(position);
  if (shape?.length !== 3 || batch === null || queries === null || sizeOfAtoms(axes.at(-1) ?? []) !== queries)
    return false;
  return shape[0] === batch && shape[1] === queries && dtypeOf(context, value) === 'float32';
}

/** [width, queries + keys + values] and [queries + keys + values]. */
export function packedConstants(build: Build, packed: Packed): { readonly weight: ValueId; readonly bias: ValueId } {
  const { query, key, value } = packed;
  const all = [query, key, value];
  const { rows } = entriesOf(query.linear);
  const columns = all.flatMap(({ heads }) => heads.flat()).length;
  const weight = build.constant('weight', packedWeight(all, rows, columns));
  const biases = all.flatMap(({ linear, heads }) => {
    const numbers = linear.bias?.numbers();
    return heads.flat().map((column) => numbers?.[column] ?? 0);
  });
  return { weight, bias: build.constant('bias', eagerly(query.linear.weight.dtype, [columns], biases)) };
}

/** The columns of all three side by side; one matrix that holds them so is kept as it is. */
function packedWeight(all: readonly Projection[], rows: number, columns: number): Tensor {
  const [first] = all;
  const order = all.flatMap(({ heads }) => heads.flat());
  const one = first && all.every(({ linear }) => linear.weight === first.linear.weight) ? first.linear : null;
  if (one && !one.transposed && one.weight.shape[1] === columns && order.every((column, i) => column === i))
    return one.weight;
  return derivedTensor('float32', [rows, columns], () => {
    const out = new Float32Array(rows * columns);
    let to = 0;
    for (const { linear, heads } of all) {
      const { at } = entriesOf(linear);
      for (const column of heads.flat()) {
        for (let row = 0; row < rows; row++) out[row * columns + to] = at(row, column);
        to++;
      }
    }
    return new Uint8Array(out.buffer);
  });
}
