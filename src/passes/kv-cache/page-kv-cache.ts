import { int, ints } from '../../ir/attribute.ts';
import { tensorType } from '../../ir/types.ts';
import { KeptEdit } from '../../kv/kept/edit.ts';
import type { Kept, KeptSide } from '../../kv/kept/follow.ts';
import { addInput, formReason, replaceInput, replaceOutput } from '../../kv/kept/form.ts';
import { BLOCK_TABLE, PAST_LENGTH_INPUT, setPolicy } from '../../kv/policy.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { keptPass, numberOf } from './kept-pass.ts';

const RULE = 'pages';
/** As blocks of the pool, and those of a sequence, are called. */
const [POOL, TABLE] = ['pool_blocks', 'sequence_blocks'];

function rewrite(context: PassContext, kept: Kept): void {
  const { model } = context;
  const edit = new KeptEdit(context, kept, RULE);
  const block = numberOf(context, 'block');
  const batch = kept.layers[0]!.key.tensor.shape[0] ?? null;
  const table = addInput(context, BLOCK_TABLE, 'int64', [batch, TABLE]);
  const length = addInput(context, PAST_LENGTH_INPUT, 'int64', [1]);
  const count = edit.op(
    'table-blocks',
    'Gather',
    [edit.op('table-shape', 'Shape', [table]), edit.ints('axis-1', [1])],
    {
      attributes: [['axis', int(0)]],
    },
  );
  const positions = edit.op('table-positions', 'Mul', [count, edit.ints('block', [block])]);
  const pages = (side: KeptSide): void => {
    const { tensor, concat } = side;
    const { input: name, output, shape } = tensor;
    const [, heads = null, , width = null] = shape;
    const own = concat.inputs[1]!;
    const pool = addInput(context, `${name}/pool`, 'float32', [POOL, heads, block, width]);
    const found = edit.op(`${name}/found`, 'Gather', [pool, table], { attributes: [['axis', int(0)]] });
    const inOrder = edit.op(`${name}/in-order`, 'Transpose', [found], {
      attributes: [['perm', ints([0, 2, 1, 3, 4])]],
    });
    // 0: as many as before; where there are no blocks there are no positions either.
    const sizes = edit.op(
      `${name}/sizes`,
      'Concat',
      [edit.ints('keep', [0, 0]), positions, edit.ints(`width-${String(width)}`, [Number(width)])],
      {
        attributes: [['axis', int(0)]],
      },
    );
    const whole = edit.op(`${name}/whole`, 'Reshape', [inOrder, sizes]);
    const past = edit.op(`${name}/past`, 'Slice', [whole, edit.ints('zero', [0]), length, edit.ints('axis-2', [2])]);
    model.getValue(past).type = tensorType('float32', shape);
    replaceInput(context, side, past);
    model.getValue(pool).name = name;
    replaceOutput(context, edit, side, [
      { name: output, value: own, dtype: 'float32', shape: shape.map((dim, axis) => (axis === 2 ? kept.length : dim)) },
    ]);
  };
  for (const { key, value } of kept.layers) for (const side of [key, value]) pages(side);
  setPolicy(model, { kind: 'paged', block });
}

/**
 * Keys and values lie in blocks of a pool, found by a table for each sequence; who owns which block is decided outside
 * the graph, which gives new rows alone (PagedAttention, Kwon et al. 2023, arXiv:2309.06180).
 */
export const pageKvCache = keptPass({
  id: 'page-kv-cache',
  title: 'Page the KV cache',
  why: 'No memory is kept for text that may never come, and sequences that begin alike share their blocks.',
  options: {
    block: { type: 'number', default: 16, min: 1, max: 1024, step: 1, label: 'Block', unit: 'positions' },
  },
  preserves: 'order',
  rule: RULE,
  isPolicy: true,
  reason: formReason,
  what: (context, { layers }) =>
    `Finds keys and values of ${layers.length} layers in blocks of ${numberOf(context, 'block')} positions.`,
  rewrite,
});
