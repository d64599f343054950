import type { ValueId } from '../../ir/types.ts';
import { padAxis } from '../place.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

type Gradients = readonly (ValueId | null)[];

const zeros = (c: Vjp, shape: readonly number[]): ValueId => c.emit.expand(c.emit.scalar(0), shape);

/**
 * Rows that were taken more than once (a word that stands twice in a text) get the sum of what comes back. One constant
 * index is a slice.
 */
function gather(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    const shape = c.shape(0);
    const axis = c.axis('axis', 0, shape.length);
    const indices = c.input(1);
    const known = emit.known(indices);
    if (known?.length === 1) {
      const size = shape[axis] ?? 1;
      const at = ((known[0] ?? 0) + size) % size;
      const one = emit.reshape(
        c.gradient(),
        shape.map((each, i) => (i === axis ? 1 : each)),
      );
      return padAxis(emit, one, axis, at, size - at - 1);
    }
    const indexRank = emit.rank(indices);
    // The axes of the indices first, then the axes before, then those behind: rows of a table whose first axis is `axis`.
    const rank = emit.rank(c.gradient());
    const moved = Array.from({ length: indexRank }, (_, i) => axis + i);
    const rest = Array.from({ length: rank }, (_, i) => i).filter((i) => !moved.includes(i));
    const rows = emit.transpose(c.gradient(), [...moved, ...rest]);
    const table = [shape[axis] ?? 1, ...shape.filter((_, i) => i !== axis)];
    const places = emit.reshape(emit.cast(indices, 'int64'), [...emit.shape(indices), 1]);
    const sums = emit.op('ScatterND', [zeros(c, table), places, rows], { reduction: 'add' });
    const back = [...Array.from({ length: axis }, (_, i) => i + 1), 0];
    return emit.transpose(sums, [...back, ...shape.map((_, i) => i).slice(axis + 1)]);
  });
}

const gatherElements = (c: Vjp): Gradients =>
  c.only(0, () => {
    const attributes = { axis: c.int('axis', 0), reduction: 'add' };
    return c.emit.op('ScatterElements', [zeros(c, c.shape(0)), c.input(1), c.gradient()], attributes);
  });

function gatherND(c: Vjp): Gradients {
  if (c.int('batch_dims', 0) !== 0) c.refuse('it has batch dimensions');
  return c.only(0, () =>
    c.emit.op('ScatterND', [zeros(c, c.shape(0)), c.input(1), c.gradient()], { reduction: 'add' }),
  );
}

/** What was written over gives nothing back; with a sum, all does. */
function scatterND(c: Vjp): Gradients {
  const reduction = c.string('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') c.refuse(`it combines by ${reduction}`);
  const { emit } = c;
  return c.each(
    () => {
      if (reduction === 'add') return c.gradient();
      return emit.op('ScatterND', [c.gradient(), c.input(1), zeros(c, c.shape(2))]);
    },
    () => null,
    () => emit.op('GatherND', [c.gradient(), c.input(1)]),
  );
}

function scatterElements(c: Vjp): Gradients {
  const reduction = c.string('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') c.refuse(`it combines by ${reduction}`);
  const { emit } = c;
  const axis = c.int('axis', 0);
  return c.each(
    () => {
      if (reduction === 'add') return c.gradient();
      return emit.op('ScatterElements', [c.gradient(), c.input(1), zeros(c, c.shape(2))], { axis });
    },
    () => null,
    () => emit.op('GatherElements', [c.gradient(), c.input(1)], { axis }),
  );
}

/** The largest: each goes back to where it was found. */
function topK(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    const shape = c.shape(0);
    const axis = c.axis('axis', -1, shape.length);
    const gradient = c.gradientOr(0);
    if (gradient === null) return c.refuse('only its indices are used');
    return emit.op('ScatterElements', [zeros(c, shape), c.output(1), gradient], { axis });
  });
}

export const GATHER_RULES: VjpTable = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterND: scatterND,
  ScatterElements: scatterElements,
  TopK: topK,
};
