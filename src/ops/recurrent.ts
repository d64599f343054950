import { getInt, getString } from '../ir/attribute.ts';
import { typed } from './shapes.ts';
import type { CostContext, InferContext, OpRow, OpTable, Types } from './types.ts';
import { count, macs, mulCount } from './work.ts';
import type { Dim } from '../ir/types.ts';

interface Recurrence {
  readonly steps: Dim;
  readonly batch: Dim;
  readonly input: Dim;
  readonly hidden: Dim;
  readonly directions: number;
}

/** X [steps, batch, input], or [batch, steps, input] with layout 1; R [directions, gates·hidden, hidden]. */
function recurrence(c: InferContext): Recurrence {
  const x = c.shape(0);
  const [first = null, second = null, input = null] = x ?? [];
  const batchFirst = getInt(c.node, 'layout', 0) === 1;
  return {
    steps: batchFirst ? second : first,
    batch: batchFirst ? first : second,
    input,
    hidden: getInt(c.node, 'hidden_size', null) ?? c.shape(2)?.[2] ?? null,
    directions: getString(c.node, 'direction', 'forward') === 'bidirectional' ? 2 : 1,
  };
}

/** Y [steps, directions, batch, hidden], Y_h (and Y_c) [directions, batch, hidden]; layout 1 puts batch first. */
function recurrentTypes(c: InferContext): Types {
  const { steps, batch, hidden, directions } = recurrence(c);
  const batchFirst = getInt(c.node, 'layout', 0) === 1;
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return c.node.outputs.map((_, i) => typed(c.dtype(0), i === 0 ? all : last));
}

/** Cells that are updated in one run, all directions together. */
function cells(c: CostContext): number | null {
  const { steps, batch, hidden, directions } = recurrence(c);
  return mulCount(count(steps), count(batch), count(hidden), directions);
}

/** steps·batch·directions·gates·hidden·(input + hidden), and `perCell` operations for each cell and step. */
function recurrent(gates: number, perCell: number, row: Pick<OpRow, 'signature' | 'since'>): OpRow {
  return {
    family: 'dense',
    ...row,
    infer: recurrentTypes,
    work: macs(
      (c) => {
        const { input, hidden } = recurrence(c);
        const width =
          count(input) === null || count(hidden) === null ? null : (count(input) ?? 0) + (count(hidden) ?? 0);
        return mulCount(cells(c), gates, width);
      },
      (c) => mulCount(cells(c), perCell),
    ),
  };
}

export const RECURRENT: OpTable = {
  // Three gates, two tanh; f·c, i·g, their sum, o·tanh(c).
  LSTM: recurrent(4, 9, {
    signature: 'X W R B? sequence_lens? initial_h? initial_c? P? → Y? Y_h? Y_c?',
    since: [1, 7, 14, 22],
  }),
  // Two gates, one tanh; r·h, 1 − z, (1 − z)·h', z·h and a sum.
  GRU: recurrent(3, 8, {
    signature: 'X W R B? sequence_lens? initial_h? → Y? Y_h?',
    since: [1, 3, 7, 14, 22],
  }),
  RNN: recurrent(1, 1, {
    signature: 'X W R B? sequence_lens? initial_h? → Y? Y_h?',
    since: [1, 7, 14, 22],
  }),
};
