import { defined } from '../../base/assert.ts';
import { ints } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import { rankOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { eagerly } from '../weights.ts';
import { sameAtoms, type Atom } from './atoms.ts';
import type { BiasStep, Layer } from './masks.ts';
import type { Cover } from './scores.ts';
import type { Size, SizeBuilder } from './sizes.ts';

/** The scores as the fused operator has them: [batch, heads, queries, keys]. */
export interface Grid {
  readonly batch: readonly Atom[];
  readonly heads: readonly Atom[];
  readonly queries: readonly Atom[];
  readonly keys: readonly Atom[];
}

/** How a layer lies over a grid; a clause where its axes are not those of the grid. */
export function placeOf(layer: Layer, grid: Grid): readonly Cover[] | string {
  const { axes, cover } = layer;
  const [queries, keys] = [axes.at(-2) ?? [], axes.at(-1) ?? []];
  const lead = axes.slice(0, -2);
  if (!sameAtoms(queries, grid.queries) || !sameAtoms(keys, grid.keys))
    return 'a mask is added where queries and keys are not the last axes';
  if (!sameAtoms(lead.flat(), [...grid.batch, ...grid.heads]))
    return 'a mask is added under another order of batch and heads';
  const moved = !isDirect(layer, grid) && (cover.at(-2) === 'unknown' || cover.at(-1) === 'unknown');
  if (moved) return 'the mask is not proven to be 1 or full over queries and keys';
  let seen = 0;
  const of = (from: number, to: number): Cover | null => {
    const own = lead.flatMap((atoms, i) => {
      const start = lead.slice(0, i).flat().length;
      return atoms.length > 0 && start < to && start + atoms.length > from ? [cover[i] ?? 'one'] : [];
    });
    seen += own.length;
    return joint(own);
  };
  const batch = of(0, grid.batch.length);
  const heads = of(grid.batch.length, grid.batch.length + grid.heads.length);
  if (batch === null || heads === null) return 'a mask covers a part of the batch';
  const merged = seen > lead.filter((atoms) => atoms.length > 0).length;
  if (merged && batch === 'unknown') return 'a mask over batch and heads together is not proven to be 1 or all of them';
  return [batch, heads, cover.at(-2) ?? 'one', cover.at(-1) ?? 'one'];
}

/** Its axes are those of the grid, one by one. */
function isDirect({ axes }: Layer, grid: Grid): boolean {
  const [batch = [], heads = []] = axes;
  return axes.length === 4 && sameAtoms(batch, grid.batch) && sameAtoms(heads, grid.heads);
}

const joint = (own: readonly Cover[]): Cover | null => {
  const [first = 'full', ...rest] = own;
  return rest.every((each) => each === first) ? first : null;
};

/** What the builder needs to know besides the steps. */
export interface BiasParts {
  readonly context: PassContext;
  readonly build: Build;
  readonly sizes: SizeBuilder;
  readonly grid: Grid;
  readonly dtype: DataType;
  readonly heads: number;
  readonly queries: Size;
  readonly keys: Size;
}

/** Makes `[1 or batch, 1 or heads, queries, keys]` out of the steps. */
export function biasOf(parts: BiasParts, steps: readonly BiasStep[]): ValueId {
  let made: Made | null = null;
  for (const step of steps) made = stepOn(parts, made, step);
  return full(parts, defined(made, 'a step'));
}

/** A tensor of rank `rank` that lies over the last axes of the grid. */
interface Made {
  readonly value: ValueId;
  readonly rank: number;
  readonly cover: readonly Cover[];
}

function stepOn(parts: BiasParts, before: Made | null, step: BiasStep): Made {
  const { build } = parts;
  if (step.kind === 'add') {
    const mask = onGrid(parts, step.mask);
    if (before) return both(before, mask, node(build, step.negative ? 'Sub' : 'Add', [before.value, mask.value]));
    return step.negative ? { ...mask, value: node(build, 'Neg', [mask.value]) } : mask;
  }
  if (step.kind === 'where') {
    const condition = onGrid(parts, step.condition);
    const kept = before?.value ?? number(parts, 'kept', 0);
    const fill = number(parts, 'masked', step.fill);
    const value = node(build, 'Where', step.keeps ? [condition.value, kept, fill] : [condition.value, fill, kept]);
    return before ? both(before, condition, value) : { ...condition, value };
  }
  if (!before) return { value: number(parts, 'none', 0), rank: 0, cover: ['one', 'one', 'one', 'one'] };
  const constant = step.kind === 'scale' ? number(parts, 'factor', step.factor) : number(parts, 'floor', step.floor);
  return { ...before, value: node(build, step.kind === 'scale' ? 'Mul' : 'Max', [before.value, constant]) };
}

const node = (build: Build, opType: string, inputs: readonly ValueId[]): ValueId =>
  build.output(build.node(opType, inputs, { label: 'bias' }), 'bias', null);

const number = ({ build, dtype }: BiasParts, name: string, value: number): ValueId =>
  build.constant(name, eagerly(dtype, [], [value]));

function both(a: Made, b: Made, value: ValueId): Made {
  const cover = a.cover.map((own, i) => {
    const other = b.cover[i] ?? 'one';
    return own === 'full' || other === 'full' ? 'full' : own === 'unknown' ? own : other;
  });
  return { value, rank: Math.max(a.rank, b.rank), cover };
}

/** A layer as a tensor of at most four axes that are those of the grid. */
function onGrid(parts: BiasParts, layer: Layer): Made {
  const { context, build, grid } = parts;
  const place = placeOf(layer, grid);
  const cover = typeof place === 'string' ? layer.cover : place;
  const rank = rankOf(context, layer.tensor) ?? 0;
  if (isDirect(layer, grid) || rank <= 2) return { value: layer.tensor, rank, cover };
  const [first, second, third, fourth] = cover;
  const shape = parts.sizes.vector([
    [first === 'one' ? 1 : -1],
    [second === 'one' ? 1 : parts.heads],
    [third === 'one' ? 1 : parts.queries],
    [fourth === 'one' ? 1 : parts.keys],
  ]);
  return {
    value: build.output(build.node('Reshape', [layer.tensor, shape], { label: 'mask' }), 'mask', null),
    rank: 4,
    cover,
  };
}

/** Four axes, the last two of full size: kernels read a bias row by row. */
function full(parts: BiasParts, { value, rank, cover }: Made): ValueId {
  const { build, sizes } = parts;
  if (cover[2] !== 'full' || cover[3] !== 'full') {
    const shape = sizes.vector([[1], [1], [parts.queries], [parts.keys]]);
    return build.output(build.node('Expand', [value, shape], { label: 'bias' }), 'expanded', null);
  }
  return rank === 4
    ? value
    : unsqueezed(
        parts,
        value,
        Array.from({ length: 4 - rank }, (_, i) => i),
      );
}

/** Axes are an attribute before version 13. */
function unsqueezed({ context, build }: BiasParts, value: ValueId, axes: readonly number[]): ValueId {
  const input = context.model.opset() >= 13;
  const inputs = input ? [value, build.constant('axes', int64s(axes))] : [value];
  const made = build.node(
    'Unsqueeze',
    inputs,
    input ? { label: 'bias' } : { label: 'bias', attributes: [['axes', ints(axes)]] },
  );
  return build.output(made, 'bias', null);
}
