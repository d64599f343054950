import type { ValueId } from '../../ir/types.ts';
import { int64s } from '../../ir/tensor.ts';
import { addInput } from '../../kv/kept/form.ts';
import { KEPT_LENGTH, KeptEdit } from '../../kv/kept/edit.ts';
import type { Kept } from '../../kv/kept/follow.ts';
import { isBehind, readsOf, type Read } from '../../kv/kept/reads.ts';
import { Resized, Sizes } from '../../kv/grow/resized.ts';
import type { Stuck } from '../../kv/flow/types.ts';
import { POSITION_OFFSET, setPolicy } from '../../kv/policy.ts';
import { symbolsOf } from '../../ops/dim.ts';
import { label } from '../../rewrite/graphs.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { keptPass, numberOf } from './kept-pass.ts';

const RULE = 'window';

/** Where positions come in that are counted from what is kept: they go on when it no longer grows. */
function counted(context: PassContext, kept: Kept): readonly Read[] {
  const sizes = new Sizes(context, { rule: RULE, lengths: kept.lengths, symbols: [kept.past] });
  const given = (value: ValueId): boolean => kept.positions !== null && isBehind(context, value, kept.positions);
  return readsOf(context, kept).filter(({ value }) => !sizes.isFree(value) && !given(value));
}

function reason(context: PassContext, kept: Kept): Stuck | null {
  const sizes = new Sizes(context, { rule: RULE, lengths: kept.lengths, symbols: [kept.past] });
  for (const { node, value } of counted(context, kept)) {
    const stuck = (why: string): Stuck => ({ nodes: [node.id], reason: `${label(context.model, node)} ${why}` });
    if (kept.mask !== null && isBehind(context, value, kept.mask))
      return stuck('counts positions by the mask, which forgets with the window');
    if (shapeOf(context, value)?.some((dim) => symbolsOf(dim).has(kept.past)))
      return stuck(
        'takes positions of all that is kept: its keys are rotated where they lie, which is what streaming-cache is for',
      );
    const why = sizes.reason(value);
    if (why !== null) return stuck(`takes positions that cannot be had for a longer text: ${why}`);
  }
  return null;
}

function rewrite(context: PassContext, kept: Kept): void {
  const { model } = context;
  const window = numberOf(context, 'window');
  const reads = counted(context, kept);
  if (reads.length > 0) {
    const offset = addInput(context, POSITION_OFFSET, 'int64', [1]);
    const later = new Resized(context, { rule: RULE, lengths: kept.lengths }, [
      { symbol: kept.past, by: offset, sign: 1 },
    ]);
    for (const { node, index, value } of reads) model.setInput(node, index, later.of(value));
  }
  const edit = new KeptEdit(context, kept, RULE);
  const size = edit.build.constant('window', int64s([window], []));
  edit.hide((ones) =>
    edit.op(`seen-${ones}`, 'Greater', [edit.columns, edit.op(`first-${ones}`, 'Sub', [edit.rows(ones), size])]),
  );
  edit.keep(({ tensor }, all, name) => edit.slice(name, all, 1 - window, null, tensor.axes.positions), KEPT_LENGTH);
  setPolicy(model, { kind: 'sliding-window', window });
}

/** A position sees the last `window` positions, itself among them, and only those are kept (Beltagy et al. 2020, arXiv:2004.05150). */
export const slidingWindowCache = keptPass({
  id: 'sliding-window-cache',
  title: 'Keep a sliding window',
  why: 'Memory and time of a token stay the same however long the text; what has left the window is forgotten.',
  options: {
    window: { type: 'number', default: 256, min: 2, max: 1_048_576, step: 1, label: 'Window', unit: 'positions' },
  },
  preserves: 'approximation',
  rule: RULE,
  isPolicy: true,
  reason,
  what: (context, { layers }) =>
    `Keeps the last ${numberOf(context, 'window')} positions of ${layers.length} layers; positions go on counting.`,
  rewrite,
});
