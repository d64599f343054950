import { getInt, getInts, getString } from '../../ir/attribute.ts';
import { fromFront } from '../arithmetic.ts';
import type { AxisRule, Relation } from '../relation.ts';
import type { Place } from '../space.ts';
import { shifted } from './pairs.ts';

/** Row-major order is kept: what moves is decided by `reshapeBlocks`. */
const relateReshaped = (r: Relation): void => r.reshape(r.input(0), r.output());

/**
 * Reshape: the target's entries are followed one by one. -1 adapts; 0 copies the input's axis, so the two must be the
 * same; a constant is rewritten after a cut.
 */
function relateReshape(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const entries = r.tracer.input(r.node, 1);
  if (!x || !y || !entries) return r.freezeAll('its target shape is not known');
  r.exempt(r.input(1), 0);
  const copies = getInt(r.node, 'allowzero', 0) === 0;
  entries.forEach((entry, i) => {
    if (entry.kind === 'constant' && entry.value === -1) r.exempt(y, i);
    else if (entry.kind === 'constant' && entry.value === 0 && copies) r.same(x, i, y, i);
    else r.sized(y, i, entry);
  });
  r.reshape(x, y);
}

function relateTranspose(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const rank = x?.shape.length ?? 0;
  const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i);
  getInts(r.node, 'perm', reversed).forEach((from, to) => r.same(x, from, y, to));
}

const axisOf = (r: Relation, fallback: number, rank: number): number => {
  const axis = getInt(r.node, 'axis', fallback);
  return fromFront(axis, rank);
};

function relateOthers(r: Relation, x: Place | null, y: Place | null, axis: number): void {
  x?.shape.forEach((_, i) => {
    if (i !== axis) r.same(x, i, y, i);
  });
}

function relateConcat(r: Relation): void {
  const y = r.output();
  const axis = axisOf(r, 1, y?.shape.length ?? 0);
  let offset = 0;
  for (const part of r.inputs) {
    relateOthers(r, part, y, axis);
    const size = part?.shape[axis];
    if (!part || typeof size !== 'number') return r.freeze(y, axis, 'a part has an unknown size');
    if (size > 0) r.map(part, axis, y, axis, shifted(size, offset));
    offset += size;
  }
}

/** Channels [b·b, C] (DCR) or [C, b·b] (CRD) ↔ C; b·b channels go together. */
function relateDepthToSpace(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const out = y?.shape[1];
  const square = getInt(r.node, 'blocksize', 1) ** 2;
  if (typeof out !== 'number') return;
  const columns = getString(r.node, 'mode', 'DCR') === 'CRD';
  r.same(x, 0, y, 0);
  r.map(x, 1, y, 1, (visit) => {
    for (let i = 0; i < out * square; i++) visit(i, columns ? Math.floor(i / square) : i % out);
  });
}

function relateSpaceToDepth(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const channels = x?.shape[1];
  const square = getInt(r.node, 'blocksize', 1) ** 2;
  if (typeof channels !== 'number') return;
  r.same(x, 0, y, 0);
  r.map(y, 1, x, 1, (visit) => {
    for (let i = 0; i < channels * square; i++) visit(i, i % channels);
  });
}

/** The runtime reads the sizes anew after a cut; whoever uses them answers for it. */
const relateShape = (r: Relation): void => r.input(0)?.shape.forEach((_, i) => r.exempt(r.input(0), i));

const moves = { role: 'moves', why: 'moves the channel axis' };
const merges = { role: 'index map', why: 'lays every channel out as a block of elements' };
const offsets = { role: 'offset map', why: 'lays channels side by side' };
const blocks = { role: 'block', why: 'spreads every channel over blocks' };

export const shapeRules: Readonly<Record<string, AxisRule>> = {
  Reshape: { ...merges, barrier: 'merges this axis with others', sizes: [1], relate: relateReshape },
  Flatten: { ...merges, barrier: 'merges this axis with others', relate: relateReshaped },
  Squeeze: { ...moves, barrier: 'drops this axis', relate: relateReshaped },
  Unsqueeze: { ...moves, barrier: 'makes this axis', relate: relateReshaped },
  Transpose: { ...moves, barrier: 'moves this axis', relate: relateTranspose },
  Concat: { ...offsets, barrier: 'joins along this axis', relate: relateConcat },
  DepthToSpace: { ...blocks, barrier: 'rearranges this axis', relate: relateDepthToSpace },
  SpaceToDepth: { ...blocks, barrier: 'rearranges this axis', relate: relateSpaceToDepth },
  Shape: { ...moves, why: 'reads the sizes', barrier: 'reads sizes', relate: relateShape },
};
