import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { defined } from '../../base/assert.ts';
import type { Model } from '../../ir/model.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { readModel, readTensorProto } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { opKey } from '../../ops/registry.ts';
import { passById } from '../../passes/index.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { conformanceCases, type ConformanceCase } from '../../testing/conformance.ts';
import { testRuntime } from '../../testing/equivalent.ts';
import { afterPass } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import { compareTensors } from '../../verify/compare.ts';
import { decompose } from './decompose.ts';
import { DECOMPOSITIONS } from './table.ts';

const TOLERANCE = 1e-5;

const toHost = (bytes: Uint8Array): HostTensor => {
  const { tensor } = readTensorProto(bytes);
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.read() };
};

/** The most that a result is off, relative to the largest element of what is expected. */
async function distance(model: Model, { inputs, outputs }: ConformanceCase): Promise<number> {
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  const session = await testRuntime().createSession(writeModel(model), settings, silentJob());
  try {
    const feeds = session.inputs.map(({ name }, i) => [name, toHost(defined(inputs[i], name))] as const);
    const results = await session.run(Object.fromEntries(feeds));
    const off = session.outputs.map(({ name }, i) => {
      const { mismatch, equal, maxAbs, scale } = compareTensors(toHost(defined(outputs[i], name)), results[name]);
      return mismatch !== null ? Infinity : equal ? 0 : maxAbs / scale;
    });
    return Math.max(...off);
  } finally {
    await session.release();
  }
}

describe.skipIf(!haveShared())("ONNX's own cases", () => {
  it('give what is expected once they are written out', { timeout: 120_000 }, async () => {
    const right: Record<string, number> = {};
    const wrong: string[] = [];
    const left: Record<string, number> = {};
    for (const each of await conformanceCases()) {
      const { model: read } = readModel(each.model);
      const node = [...read.graph.nodes].map((id) => read.getNode(id)).find((one) => DECOMPOSITIONS.has(opKey(one)));
      if (!node || each.name.includes('expanded')) continue;
      const old = read.opset() < 18;
      const options = { options: { target: 18 } };
      const model = old ? (await afterPass(read, passById('convert-opset'), options)).model : read;
      const report = decompose(model);
      verifyModel(model);
      const [reason] = report.left.map((place) => `${place.opType}: ${place.reason}`);
      if (reason !== undefined) left[reason] = (left[reason] ?? 0) + 1;
      else if ((await distance(model, each)) <= TOLERANCE) right[node.opType] = (right[node.opType] ?? 0) + 1;
      else wrong.push(each.name);
    }
    expect(wrong).toEqual([]);
    expect(right).toEqual({
      Attention: 28,
      Dropout: 3,
      GRU: 1,
      GroupNormalization: 1,
      InstanceNormalization: 1,
      LayerNormalization: 11,
      LogSoftmax: 8,
      LpNormalization: 3,
      MeanVarianceNormalization: 1,
      RMSNormalization: 6,
      RNN: 1,
      RotaryEmbedding: 4,
    });
    expect(left).toEqual({
      'Attention: its output qk_matmul_output is used': 7,
      'Attention: it computes in float16, and training works in float32': 2,
      'Dropout: its output mask is used': 3,
      'Dropout: it is in training mode, and what it drops is drawn anew each time': 1,
    });
  });
});
