import { expect } from 'vitest';
import { normal, seeded } from '../../base/random.ts';
import { isFloat, sizeOf, staticShape, type ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { isTensor } from '../../ops/shapes.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../build.ts';
import { evaluate } from './evaluate.ts';
import { runOnRuntime } from './on-runtime.ts';
import { refTensor, type RefTensor } from './tensor.ts';

export type Build = (g: GraphBuilder) => void;
/** The shape of a float input, what makes another value, or nothing. */
export type Operand = readonly number[] | null | ((g: GraphBuilder) => ValueId);

/** One node whose outputs are all those of the model; `ms.` stands for com.microsoft. */
export const node =
  (
    opType: string,
    operands: readonly Operand[],
    attributes: Readonly<Record<string, AttributeInit>> = {},
    outputs: number | readonly (string | null)[] = 1,
  ): Build =>
  (g) => {
    const domain = opType.startsWith('ms.') ? 'com.microsoft' : '';
    const inputs = operands.map((each) =>
      typeof each === 'function' ? each(g) : each === null ? null : g.input('x', each),
    );
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, (_, i) => `y${i}`) : outputs;
    const made = g.node(opType.replace('ms.', ''), inputs, attributes, { domain, outputs: names });
    for (const each of made.outputs) if (each !== null) g.output(each);
  };

export const ints =
  (data: readonly number[], shape?: readonly number[]) =>
  (g: GraphBuilder): ValueId =>
    g.int64s('ints', data, shape);

export const int32s =
  (data: readonly number[], shape?: readonly number[]) =>
  (g: GraphBuilder): ValueId =>
    g.op('Cast', [g.int64s('ints', data, shape)], { to: 6 });

/** Normal numbers, as float32 has them. */
function feedsOf(model: ReturnType<typeof buildModel>): Record<string, RefTensor> {
  const random = normal(seeded(5));
  return Object.fromEntries(
    model.graph.inputs.map((id) => {
      const { name, type } = model.getValue(id);
      const shape = (isTensor(type) && staticShape(type.shape)) || [];
      const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(random()));
      return [name, refTensor('float32', shape, data)];
    }),
  );
}

/**
 * The evaluator and ONNX Runtime's WASM, without its optimizers, agree on all outputs: floats to `tolerance` of the
 * largest element, all else exactly.
 */
export async function expectRuntimeAgrees(build: Build, tolerance = 1e-5): Promise<void> {
  const model = buildModel({ opset: 21, irVersion: 10, domains: { 'com.microsoft': 1 } }, build);
  const feeds = feedsOf(model);
  const ours = evaluate(model, feeds);
  const theirs = await runOnRuntime(writeModel(model), feeds, 'disabled');
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [name, { dtype, shape, data }] of ours) {
    const other = theirs.get(name);
    expect({ dtype, shape }, name).toEqual({ dtype: other?.dtype, shape: other?.shape });
    const most = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const allowed = isFloat(dtype) ? tolerance * most : 0;
    data.forEach((value, i) => {
      const got = other?.data[i] ?? NaN;
      if (!(Math.abs(got - value) <= allowed)) expect.fail(`${name}, element ${i}: ${value}, on the runtime ${got}`);
    });
  }
}
