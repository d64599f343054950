import type { Vjp, VjpTable } from '../vjp.ts';

/** y = softmax(x): dx = y·(dy − Σ dy·y) along the axis. */
const softmax = (c: Vjp) =>
  c.only(0, () => {
    const { emit } = c;
    const y = c.output();
    const axis = c.axis('axis', -1, emit.rank(y));
    const weighted = emit.mul(c.gradient(), y);
    return emit.sub(weighted, emit.mul(y, emit.sum(weighted, [axis])));
  });

/** y = log softmax(x): dx = dy − eʸ·Σ dy along the axis. */
const logSoftmax = (c: Vjp) =>
  c.only(0, () => {
    const { emit } = c;
    const y = c.output();
    const axis = c.axis('axis', -1, emit.rank(y));
    return emit.sub(c.gradient(), emit.mul(emit.op('Exp', [y]), emit.sum(c.gradient(), [axis])));
  });

export const SOFTMAX_RULES: VjpTable = { Softmax: softmax, LogSoftmax: logSoftmax };
