import { describe, expect, it } from 'vitest';
import { subgraphs } from '../ir/attribute.ts';
import type { Graph, Model } from '../ir/model.ts';
import { printModel } from '../ir/print.ts';
import type { Tensor } from '../ir/tensor.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { conformanceCases } from '../testing/conformance.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { readModel } from './read.ts';
import { modelByteLength, writeModel } from './write.ts';

/** Every tensor of a graph and of the graphs inside it, in running order. */
function tensorsOf(model: Model, graph: Graph): Tensor[] {
  const found: Tensor[] = [...graph.initializers.values()];
  for (const sparse of graph.sparseInitializers.values()) found.push(sparse.values, sparse.indices);
  for (const id of graph.nodes) {
    const node = model.getNode(id);
    for (const attribute of node.attributes.values()) {
      if (attribute.type === 'tensor') found.push(attribute.value);
      if (attribute.type === 'tensors') found.push(...attribute.value);
      if (attribute.type === 'sparse-tensor') found.push(attribute.value.values, attribute.value.indices);
    }
    for (const [, inner] of subgraphs(node)) found.push(...tensorsOf(model, model.getGraph(inner)));
  }
  return found;
}

const allTensors = (model: Model): Tensor[] =>
  [model.graph, ...model.functions.map((def) => model.getGraph(def.graph))].flatMap((root) => tensorsOf(model, root));

const content = (tensor: Tensor): Uint8Array =>
  tensor.dtype === 'string' ? Buffer.concat(tensor.strings()) : tensor.bytes();

/** Reads, verifies, writes, reads again; the number of tensors that were compared byte for byte. */
function roundTrip(name: string, file: Uint8Array): number {
  const first = readModel(file);
  expect(first.missing, name).toEqual([]);
  verifyModel(first.model);
  const written = writeModel(first.model);
  expect(written.length, name).toBe(modelByteLength(first.model));
  const second = readModel(written);
  verifyModel(second.model);
  const printed = printModel(first.model);
  if (printModel(second.model) !== printed) expect(printModel(second.model), name).toBe(printed);
  const before = allTensors(first.model);
  const after = allTensors(second.model);
  expect(after.length, name).toBe(before.length);
  before.forEach((tensor, i) => {
    if (Buffer.compare(content(tensor), content(after[i]!)) !== 0) expect.fail(`tensor ${i} of ${name} changed`);
  });
  expect(Buffer.compare(writeModel(second.model), written), `${name} is written the same again`).toBe(0);
  return before.length;
}

describe.skipIf(!haveShared())('the round trip of shared models', () => {
  it.each([
    ['real/models', 18],
    ['micro', 52],
    ['real/ort_fusion', 220],
    ['scale', 6],
  ])('keeps every model below %s', (folder, count) => {
    const models = sharedModels(folder);
    expect(models.length).toBeGreaterThanOrEqual(count);
    let tensors = 0;
    for (const path of models) tensors += roundTrip(path, sharedFile(path));
    expect(tensors).toBeGreaterThan(models.length);
  });

  it('keeps every conformance case', async () => {
    const cases = await conformanceCases();
    expect(cases.length).toBeGreaterThanOrEqual(800);
    for (const each of cases) roundTrip(each.name, each.model);
  });

  it('gives back the very bytes of most files that ONNX’s own tools wrote', async () => {
    const cases = await conformanceCases();
    const same = cases.filter(({ model }) => Buffer.compare(writeModel(readModel(model).model), model) === 0);
    expect(same.length).toBeGreaterThanOrEqual(560);
  });
});
