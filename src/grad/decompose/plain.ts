import type { ValueId } from '../../ir/types.ts';
import type { Composite, DecompositionTable } from './composite.ts';

/**
 * ai.onnx LogSoftmax-13: x − m − log Σ e^(x − m). Any m is right; the largest x keeps powers small, and rounded down it is
 * a step, so that no gradient runs through it.
 */
function logSoftmax(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const axes = [c.axis('axis', -1, c.rank(0))];
  const highest = emit.op('Floor', [emit.reduce('ReduceMax', c.input(0), axes)]);
  const shifted = emit.sub(c.input(0), highest);
  const sum = emit.sum(emit.op('Exp', [shifted]), axes);
  return [emit.sub(shifted, emit.op('Log', [sum]))];
}

/** ai.onnx Dropout: data, ratio?, training_mode? → output, mask?. Outside of training it gives back its data. */
function dropout(c: Composite): readonly (ValueId | null)[] {
  c.refuseOutputs({ 1: 'mask' });
  const mode = c.has(2) ? c.emit.known(c.input(2)) : [0];
  if (mode?.[0] !== 0) c.refuse('it is in training mode, and what it drops is drawn anew each time');
  return [c.input(0)];
}

/** Operators of ai.onnx that are a line of others. */
export const PLAIN_DECOMPOSITIONS: DecompositionTable = { Dropout: dropout, LogSoftmax: logSoftmax };
