import { getString } from '../ir/attribute.ts';
import { typed } from './shapes.ts';
import type { OpRow, OpTable } from './types.ts';

/** scores [N, C, d…], labels [N, d…]: a scalar, or one loss per label with `reduction: none`. */
const loss = (signature: string, since: number[], perElement: number): OpRow => ({
  family: 'elem',
  signature,
  since,
  infer: (c) => {
    const reduced = getString(c.node, 'reduction', 'mean') !== 'none';
    return [typed(c.dtype(0), reduced ? [] : c.shape(1)), c.type(0)].slice(0, c.node.outputs.length);
  },
  work: (c) => {
    const size = c.size(0);
    return { macs: 0, elementwise: size === null ? null : size * perElement };
  },
});

export const LOSS: OpTable = {
  // Softmax, logarithm, and the pick.
  SoftmaxCrossEntropyLoss: loss('scores labels weights? → output log_prob?', [12, 13], 6),
  NegativeLogLikelihoodLoss: loss('input target weight? → loss', [12, 13, 22], 1),
};
