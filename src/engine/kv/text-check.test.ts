import { expect, test } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { writeModel } from '../../onnx/write.ts';
import { addKvCache } from '../../passes/kv-cache/add-kv-cache.ts';
import { floats } from '../../ir/tensor.ts';
import type { Model } from '../../ir/model.ts';
import { decoderModel } from '../../testing/decoders.ts';
import { afterPass } from '../../testing/passes.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { nodePort } from '../node.ts';
import { textCheckOf } from './text-check.ts';

const REQUEST = { class: 'order', seeds: 2, backends: ['wasm'], levels: ['disabled', 'all'], threads: 1 } as const;

function checked(before: Model, after: Model): Promise<VerifyResult> {
  const text = textCheckOf(before, after);
  const [a, b] = [before, after].map((model) => ({ name: 'decoder', bytes: writeModel(model) }));
  return nodePort().verify(a!, b!, { ...REQUEST, ...(text && { text }) }, silentJob());
}

test('a decoder that was given a cache is checked by what it says of texts that come in parts', async () => {
  const before = decoderModel();
  const { model } = await afterPass(before, addKvCache);
  const { verdict, inputs, outputs } = await checked(before, model);
  expect(verdict).toBe('agrees');
  expect(inputs.length).toBeGreaterThan(1);
  expect(outputs.map(({ name }) => name)).toEqual(['logits']);
});

test('one that keeps something wrong differs, though a text that comes at once is right', async () => {
  const before = decoderModel();
  const { model } = await afterPass(before, addKvCache);
  // What is kept of the first layer's values is a little larger than what was computed.
  const id = model.graph.outputs.find((output) => model.getValue(output).name === 'present.0.value')!;
  const value = model.getValue(id);
  const factor = model.addInitializer(model.graph, 'factor', floats([], [1.01]));
  const wrong = model.addNode(model.graph, { opType: 'Mul', inputs: [id, factor.id], outputs: ['kept'] });
  value.name = 'present.0.value/right';
  model.getValue(wrong.outputs[0]!).name = 'present.0.value';
  model.getValue(wrong.outputs[0]!).type = value.type;
  model.graph.outputs.splice(model.graph.outputs.indexOf(id), 1, wrong.outputs[0]!);
  expect((await checked(before, model)).verdict).toBe('differs');
});

test('models that keep alike, or nothing, are compared by their inputs and outputs', async () => {
  const before = decoderModel();
  const { model } = await afterPass(before, addKvCache);
  expect(textCheckOf(before, before)).toBeNull();
  expect(textCheckOf(model, model)).toBeNull();
  expect(textCheckOf(before, model)).not.toBeNull();
});
