import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';

/**
 * log softmax along the last axis, written out: WebGPU has no kernel for LogSoftmax. The largest element is taken off
 * first, so that nothing overflows; the gradient is dy − softmax·Σ dy.
 */
export function logSoftmax(emit: Emit, x: ValueId): ValueId {
  const axis = emit.rank(x) - 1;
  const centred = emit.sub(x, emit.reduce('ReduceMax', x, [axis]));
  const powers = emit.op('Exp', [centred]);
  const sum = emit.sum(powers, [axis]);
  const y = emit.sub(centred, emit.op('Log', [sum]));
  emit.differentiate(y, (dy) => [[x, () => emit.sub(dy, emit.mul(emit.div(powers, sum), emit.sum(dy, [axis])))]]);
  return y;
}
