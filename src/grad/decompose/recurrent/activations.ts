import type { ValueId } from '../../../ir/types.ts';
import { activate, isActivation, parametersOf } from '../activation.ts';
import type { Composite } from '../composite.ts';

/** f(x) with the parameters that the layer gives it, x within the bounds of its `clip`. */
export type Activate = (x: ValueId) => ValueId;

/** The third activation of an LSTM is taken of the cell, which ONNX Runtime does not bound. */
const OF_CELL = 2;

/** The activations of each direction. α and β stand in the order in which they are wanted (ai.onnx, LSTM). */
export function activationsOf(c: Composite, defaults: readonly string[], directions: number): readonly Activate[][] {
  const attribute = c.node.attributes.get('activations');
  const given = attribute?.type === 'strings' ? attribute.value.map((each) => new TextDecoder().decode(each)) : [];
  const [alphas, betas] = [[...c.floats('activation_alpha')], [...c.floats('activation_beta')]];
  const limit = c.float('clip', 0);
  const bounded: Activate = (x) =>
    limit > 0 ? c.emit.op('Clip', [x, c.emit.scalar(-limit), c.emit.scalar(limit)]) : x;
  return Array.from({ length: directions }, (_, direction) =>
    defaults.map((fallback, index) => {
      const name = given[direction * defaults.length + index] ?? fallback;
      if (!isActivation(name)) c.refuse(`its activation is ${name}`);
      const count = parametersOf(name);
      const alpha = count > 0 ? alphas.shift() : undefined;
      const beta = count > 1 ? betas.shift() : undefined;
      return (x) => activate(c.emit, name, index === OF_CELL ? x : bounded(x), [alpha, beta]);
    }),
  );
}
