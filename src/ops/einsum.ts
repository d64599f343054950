import { getString } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { broadcastDim } from './shapes.ts';
import type { InferContext } from './types.ts';

/** An einsum equation over known ranks: `...` is spelt out as labels that align at the right. */
interface Einsum {
  readonly output: readonly string[];
  readonly sizes: ReadonlyMap<string, Dim>;
}

function parseEinsum(c: InferContext): Einsum | null {
  const [left = '', right] = getString(c.node, 'equation', '').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  if (terms.length !== shapes.length) return null;
  const sizes = new Map<string, Dim>();
  const counts = new Map<string, number>();
  let broadcastRank = 0;
  for (const [i, term] of terms.entries()) {
    const shape = shapes[i];
    if (!shape) return null;
    const extra = term.includes('...') ? shape.length - (term.length - 3) : 0;
    broadcastRank = Math.max(broadcastRank, extra);
    const labels = spell(term, extra);
    if (labels.length !== shape.length) return null;
    labels.forEach((label, axis) => {
      const dim = shape[axis] ?? null;
      const seen = sizes.get(label);
      sizes.set(label, seen === undefined ? dim : broadcastDim(seen, dim));
      counts.set(label, (counts.get(label) ?? 0) + 1);
    });
  }
  return { output: right === undefined ? implicit(counts, broadcastRank) : spell(right, broadcastRank), sizes };
}

/** Labels of one term; the ellipsis becomes `-extra`, …, `-1`, so that terms of different rank align at the right. */
function spell(term: string, extra: number): string[] {
  const [before = '', after = ''] = term.split('...');
  const middle = term.includes('...') ? Array.from({ length: extra }, (_, i) => String(i - extra)) : [];
  return [...before, ...middle, ...after];
}

/** Without an arrow: the broadcast axes, then every label that occurs once, in alphabetical order. */
function implicit(counts: ReadonlyMap<string, number>, broadcastRank: number): string[] {
  const once = [...counts].filter(([label, times]) => times === 1 && !label.startsWith('-')).map(([label]) => label);
  return [...Array.from({ length: broadcastRank }, (_, i) => String(i - broadcastRank)), ...once.sort()];
}

export function einsumShape(c: InferContext): Shape {
  const einsum = parseEinsum(c);
  return einsum && einsum.output.map((label) => einsum.sizes.get(label) ?? null);
}

/** Sizes of all labels; null: unknown. */
export function einsumSizes(c: InferContext): readonly Dim[] | null {
  const einsum = parseEinsum(c);
  return einsum && [...einsum.sizes.values()];
}
