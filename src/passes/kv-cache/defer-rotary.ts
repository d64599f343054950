import { getInt, int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Stuck } from '../../kv/flow/types.ts';
import { Resized, Sizes, type Resizing } from '../../kv/grow/resized.ts';
import { KeptEdit } from '../../kv/kept/edit.ts';
import type { Kept } from '../../kv/kept/follow.ts';
import { rotatedOf, type Rotated } from '../../kv/kept/rotated.ts';
import { Build } from '../../rewrite/build.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { keptPass } from './kept-pass.ts';

const RULE = 'defer';

const resizing = (kept: Kept): Omit<Resizing, 'symbols'> => ({ rule: RULE, lengths: kept.lengths });
const symbolsOf = ({ length, past }: Kept): string[] => [...(typeof length === 'string' ? [length] : []), past];

/** Operands of a rotation that follow sizes or positions. */
function* operandsOf(
  kept: Kept,
  nodes: readonly Node[],
): Generator<{ readonly node: Node; readonly index: number; readonly value: ValueId }> {
  for (const node of nodes)
    for (const [index, value] of node.inputs.entries())
      if (value !== null && kept.lengths.has(value)) yield { node, index, value };
}

function found(context: PassContext, kept: Kept): readonly Rotated[] | Stuck {
  const all: Rotated[] = [];
  for (const layer of kept.layers) {
    const rotated = rotatedOf(context, kept, layer);
    if (typeof rotated === 'string') return { nodes: [layer.plan.softmax.id], reason: rotated };
    if (rotated) all.push(rotated);
  }
  return all.length > 0 ? all : { nodes: [], reason: 'no keys are rotated before they are kept' };
}

function reason(context: PassContext, kept: Kept): Stuck | null {
  const all = found(context, kept);
  if ('reason' in all) return all;
  if (typeof kept.length !== 'string')
    return {
      nodes: [],
      reason: `${kept.io.ids.name} takes ${kept.length} positions at a time; give that dimension a name first`,
    };
  const replaced = kept.positions === null ? null : new Map([[kept.positions, kept.positions]]);
  const sizes = new Sizes(context, { ...resizing(kept), symbols: symbolsOf(kept), ...(replaced && { replaced }) });
  for (const { nodes } of all) {
    for (const { node, value } of operandsOf(kept, nodes)) {
      const why = sizes.reason(value);
      if (why !== null) return { nodes: [node.id], reason: why };
    }
  }
  return null;
}

function rewrite(context: PassContext, kept: Kept): void {
  const all = found(context, kept);
  if ('reason' in all) return;
  const edit = new KeptEdit(context, kept, RULE);
  const { past } = edit;
  const changes = [
    ...(typeof kept.length === 'string' ? [{ symbol: kept.length, by: past, sign: 1 as const }] : []),
    { symbol: kept.past, by: past, sign: -1 as const },
  ];
  // Positions that are given tell those of new tokens alone: kept ones are counted by their places.
  const places = (): ValueId => edit.squeeze('places', 'Unsqueeze', edit.columns, 0);
  const replaced = kept.positions === null ? null : new Map([[kept.positions, places()]]);
  const whole = new Resized(context, { ...resizing(kept), ...(replaced && { replaced }) }, changes);
  for (const each of all) putOff(context, kept, whole, each);
}

/** Keys are kept as they are before the rotation, and rotated each time, all of them. */
function putOff(context: PassContext, kept: Kept, whole: Resized, { side, x, perm, nodes, readers }: Rotated): void {
  const { model } = context;
  const { concat, joined, own } = side;
  const build = new Build(context, RULE, concat);
  const isMoved = perm.some((axis, i) => axis !== i);
  const moved = (value: ValueId, order: readonly number[], name: string): Node =>
    build.node('Transpose', [value], { attributes: [['perm', ints(order)]], label: name });
  let plain = joined;
  if (isMoved) {
    const before = build.output(moved(concat.inputs[0]!, perm, 'kept'), 'kept', null);
    const given = getInt(concat, 'axis', 0);
    const axis = perm.indexOf(given < 0 ? given + perm.length : given);
    const join = build.node('Concat', [before, x], { attributes: [['axis', int(axis)]], label: 'all' });
    plain = build.output(join, 'all', null);
  } else model.setInput(concat, 1, x);
  for (const { node, index, value } of [...operandsOf(kept, nodes)]) model.setInput(node, index, whole.of(value));
  for (const node of nodes) {
    node.inputs.forEach((input, index) => {
      if (input === x) model.setInput(node, index, plain);
    });
    for (const output of node.outputs) if (output !== null) forget(context, output);
  }
  for (const reader of readers)
    reader.inputs.forEach((input, index) => {
      if (input === joined) model.setInput(reader, index, own);
    });
  // The joined value is what is kept: under its name, and to all that looked at it for that.
  if (isMoved)
    model.moveOutput(
      joined,
      moved(
        plain,
        perm.map((_, i) => perm.indexOf(i)),
        'keep',
      ),
      0,
    );
}

function forget({ model }: PassContext, value: ValueId): void {
  const { type } = model.getValue(value);
  if (type?.kind === 'tensor') model.getValue(value).type = { ...type, shape: null };
}

/** Keys are kept before rotary positions (Su et al. 2021, arXiv:2104.09864) are put into them. */
export const deferRotary = keptPass({
  id: 'defer-rotary',
  title: 'Defer rotary positions',
  why: 'Keys are kept without positions, so that a cache that drops some of them can count their places anew.',
  options: {},
  preserves: 'order',
  rule: RULE,
  isPolicy: false,
  reason,
  what: (_, { layers }) =>
    `Keeps keys of ${layers.length} layers as they are before the rotation, and rotates all of them each time.`,
  rewrite,
});
