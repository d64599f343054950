import { int } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import { KEPT_LENGTH, KeptEdit } from '../../kv/kept/edit.ts';
import type { Kept } from '../../kv/kept/follow.ts';
import { keptThrough, readsOf } from '../../kv/kept/reads.ts';
import { Sizes } from '../../kv/grow/resized.ts';
import type { Stuck } from '../../kv/flow/types.ts';
import { setPolicy } from '../../kv/policy.ts';
import { label } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { keptPass, numberOf } from './kept-pass.ts';

const RULE = 'streaming';

/** Positions may only come in where queries meet keys: else what is kept holds the position that it had in the text. */
function reason(context: PassContext, kept: Kept): Stuck | null {
  const sizes = new Sizes(context, { rule: RULE, lengths: kept.lengths, symbols: [kept.past] });
  for (const { node, value } of readsOf(context, kept)) {
    if (sizes.isFree(value)) continue;
    const through = keptThrough(context, kept, node);
    const [first] = through;
    if (!first) continue;
    const keys = new Set(kept.layers.map(({ key }) => key));
    const cure = through.every((side) => keys.has(side))
      ? 'where that rotates keys, defer-rotary puts it off'
      : 'what is added to tokens before keys and values are made of them cannot be put off';
    const name = label(context.model, node);
    return {
      nodes: [node.id],
      reason: `${name} puts positions of the text into what ${first.tensor.output} keeps; ${cure}`,
    };
  }
  return null;
}

function rewrite(context: PassContext, kept: Kept): void {
  const [window, sinks] = [numberOf(context, 'window'), numberOf(context, 'sinks')];
  const edit = new KeptEdit(context, kept, RULE);
  const size = edit.build.constant('window', int64s([window], []));
  const first = edit.build.constant('sinks', int64s([sinks], []));
  edit.hide((ones) => {
    const near = edit.op(`near-${ones}`, 'Greater', [
      edit.columns,
      edit.op(`first-${ones}`, 'Sub', [edit.rows(ones), size]),
    ]);
    return sinks === 0
      ? near
      : edit.op(`seen-${ones}`, 'Or', [near, edit.op('is-sink', 'Less', [edit.columns, first])]);
  });
  edit.keep(({ tensor }, all, name) => {
    const axis = tensor.axes.positions;
    // With the next position they are `window`: places are counted without gaps.
    const last = 1 - window;
    if (sinks === 0) return edit.slice(name, all, last, null, axis);
    const head = edit.build.output(edit.slice(`${name}/sinks`, all, 0, sinks, axis), `${name}/sinks`, null);
    const rest = edit.build.output(edit.slice(`${name}/rest`, all, sinks, null, axis), `${name}/rest`, null);
    const near = edit.build.output(edit.slice(`${name}/window`, rest, last, null, axis), `${name}/window`, null);
    return edit.build.node('Concat', [head, near], { attributes: [['axis', int(axis)]], label: name });
  }, KEPT_LENGTH);
  setPolicy(context.model, { kind: 'streaming', window, sinks });
}

/**
 * The first positions and the last ones are kept, and positions are those in the cache (StreamingLLM, Xiao et al. 2023,
 * arXiv:2309.17453).
 */
export const streamingCache = keptPass({
  id: 'streaming-cache',
  title: 'Keep sinks and a window',
  why: 'Much of the attention rests on the first tokens: with them kept, a window goes on as long as one likes.',
  options: {
    window: { type: 'number', default: 256, min: 2, max: 1_048_576, step: 1, label: 'Window', unit: 'positions' },
    sinks: { type: 'number', default: 4, min: 0, max: 1024, step: 1, label: 'Sinks', unit: 'positions' },
  },
  preserves: 'approximation',
  rule: RULE,
  isPolicy: true,
  reason,
  what: (context, { layers }) =>
    `Keeps the first ${numberOf(context, 'sinks')} and the last ${numberOf(context, 'window')} positions of ${layers.length} layers, counted by their place in the cache.`,
  rewrite,
});
