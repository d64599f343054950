import type { ValueId } from '../../ir/types.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

interface Equation {
  /** Labels of each operand, one letter an axis. */
  readonly operands: readonly string[];
  readonly result: string;
}

const SPARE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** An equation with every `...` written out in letters that it does not use. */
function parse(c: Vjp): Equation {
  const text = c.string('equation', '').replaceAll(' ', '');
  const [left = '', right] = text.split('->');
  const terms = left.split(',');
  const spare = [...SPARE].filter((letter) => !text.includes(letter));
  const dots = terms.map((term, index) => (term.includes('...') ? c.rank(index) - term.replace('...', '').length : 0));
  const most = Math.max(0, ...dots);
  const letters = spare.slice(0, most).join('');
  const written = terms.map((term, index) => term.replace('...', letters.slice(most - (dots[index] ?? 0))));
  const all = written.join('');
  // Without an arrow: what is left out of the sum stands once, in alphabetical order, behind the dots.
  const once = [...new Set(all)].filter((letter) => !letters.includes(letter) && all.split(letter).length === 2).sort();
  const result = right === undefined ? letters + once.join('') : right.replace('...', letters);
  return { operands: written, result };
}

/**
 * The gradient of an operand is the sum of products of the result's gradient and the other operands, over the labels
 * that the operand does not have; an axis that only it has was summed up, and gets the same gradient all along.
 */
function einsum(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const { operands, result } = parse(c);
  if (operands.some((labels) => new Set(labels).size < labels.length)) c.refuse('it takes a diagonal');
  return operands.map((labels, index) => {
    if (!c.wants(index)) return null;
    const others = operands.flatMap((each, place) =>
      place === index ? [] : [{ labels: each, value: c.input(place) }],
    );
    const factors = [{ labels: result, value: c.gradient() }, ...others];
    const there = [...labels].filter((letter) => factors.some((factor) => factor.labels.includes(letter))).join('');
    const equation = `${factors.map((factor) => factor.labels).join(',')}->${there}`;
    const product = emit.op(
      'Einsum',
      factors.map(({ value }) => value),
      { equation },
    );
    const shape = c.shape(index);
    const sizes = [...labels].map((letter) => {
      const at = there.indexOf(letter);
      return at < 0 ? 1 : (emit.shape(product)[at] ?? 1);
    });
    const spread = emit.reshape(product, sizes);
    const full = shape.map((size, axis) => Math.max(size, sizes[axis] ?? 1));
    return emit.sumTo(emit.expand(spread, full), shape);
  });
}

export const EINSUM_RULES: VjpTable = { Einsum: einsum };
