import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changePreprocess } from '../data/change.ts';
import { subset } from '../data/data-set.ts';
import { feedsOf, prepared } from '../data/feeds.ts';
import type { Preprocess } from '../data/preprocess.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataFile, DataSet } from '../data/types.ts';
import { floats } from '../ir/tensor.ts';
import { writeTensorProto } from '../onnx/write-tensor.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { RuntimeSession } from '../runtime/types.ts';
import { haveShared, sharedFile, sharedRoot } from '../testing/shared.ts';
import { openData } from './data.ts';

const shared = (path: string): DataFile => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  bytes: async () => sharedFile(path),
});
const inMemory = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes: async () => bytes });

describe('ONNX test data', () => {
  const proto = (name: string, values: readonly number[]): Uint8Array =>
    writeTensorProto(floats([1, values.length], values), name);

  it('are one sample a folder, fed by the names that the files give', async () => {
    const files = [
      inMemory('test_data_set_10/input_0.pb', proto('a', [5, 6])),
      inMemory('test_data_set_2/input_0.pb', proto('a', [1, 2])),
      inMemory('test_data_set_2/input_1.pb', proto('b', [3])),
      inMemory('test_data_set_10/input_1.pb', proto('b', [7])),
      inMemory('test_data_set_2/output_0.pb', proto('y', [9])),
    ];
    const dataSet = await openData('x', files);
    expect([dataSet.kind, dataSet.count]).toEqual(['feeds', 2]);
    const inputs = [
      { name: 'a', dtype: 'float32', shape: ['N', 2] },
      { name: 'b', dtype: 'float32', shape: ['N', 1] },
    ];
    const { preprocess } = await preprocessFor(inputs, dataSet);
    for await (const { feeds } of feedsOf(dataSet, [0, 1], inputs, preprocess, 2)) {
      expect(feeds['a']).toEqual({ dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 5, 6) });
      expect(feeds['b']).toEqual({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(3, 7) });
    }
  });

  it('that are damaged are refused when they are read', async () => {
    const dataSet = await openData('x', [inMemory('input_0.pb', Uint8Array.of(1, 2, 3))]);
    await expect(dataSet.sample(0)).rejects.toMatchObject({ name: 'CodedError', code: 'bad-file' });
  });
});

/** The share of samples whose largest output is their label. */
async function accuracy(session: RuntimeSession, dataSet: DataSet, preprocess: Preprocess): Promise<number> {
  let right = 0;
  const indices = Array.from({ length: dataSet.count }, (_, i) => i);
  for await (const batch of feedsOf(dataSet, indices, session.inputs, preprocess, 10)) {
    const [output] = Object.values(await session.run(batch.feeds));
    const scores = output!.data as Float32Array;
    const classes = scores.length / output!.shape[0]!;
    batch.indices.forEach((index, row) => {
      const own = scores.subarray(row * classes, (row + 1) * classes);
      if (own.indexOf(Math.max(...own)) === dataSet.labels![index]) right++;
    });
  }
  return right / dataSet.count;
}

describe.skipIf(!haveShared())('real models on real data', () => {
  const sessions: RuntimeSession[] = [];
  const open = async (path: string): Promise<RuntimeSession> => {
    const session = await nodeRuntime().createSession(sharedFile(path), { backend: 'wasm', level: 'all', threads: 1 });
    sessions.push(session);
    return session;
  };
  let digits: DataSet;
  beforeAll(async () => {
    const all = await openData('mnist', [shared('real/data/mnist/t1500a-images-idx3-ubyte.gz')], {
      labels: shared('real/data/mnist/t1500a-labels-idx1-ubyte.gz'),
    });
    digits = subset(
      all,
      Array.from({ length: 200 }, (_, i) => i),
    );
  });
  afterAll(async () => {
    for (const session of sessions) await session.release();
  });

  it('MobileNetV2 knows most of 25 ImageNet photographs with what is proposed', async () => {
    const folder = 'real/data/imagenet_samples';
    const files = readdirSync(join(sharedRoot, folder)).map((name) => shared(`${folder}/${name}`));
    const all = await openData('imagenet', files, { labels: shared(`${folder}/labels.json`) });
    const dataSet = subset(
      all,
      Array.from({ length: 25 }, (_, i) => i * 2),
    );
    const session = await open('real/models/mobilenetv2/mobilenet_v2_fp32.onnx');
    const { preprocess } = await preprocessFor(session.inputs, dataSet);
    expect(await accuracy(session, dataSet, preprocess)).toBeGreaterThan(0.6);
  }, 60_000);

  it('a dense network reads digits at scale 1/255, a convolutional one at its own scale too', async () => {
    const dense = await open('real/models/mnist-fc/mnist-net_256x4.onnx');
    expect(await accuracy(dense, digits, (await preprocessFor(dense.inputs, digits)).preprocess)).toBeGreaterThan(0.9);
    const convolutional = await open('real/models/mnist-cnn/mnist.onnx');
    const { preprocess } = await preprocessFor(convolutional.inputs, digits);
    expect(await accuracy(convolutional, digits, changePreprocess(preprocess, { scale: 1 }))).toBeGreaterThan(0.9);
  });

  it('a small language model predicts text in its own tokens better than chance', async () => {
    const text = await openData('shakespeare', [shared('real/data/text/tinyshakespeare.txt')], {
      tokenizer: shared('real/models/decoder/aidreams_tok512.bin'),
    });
    const session = await open('real/models/decoder/aidreams260k_nocache.onnx');
    const { preprocess } = await preprocessFor(session.inputs, text);
    const dataSet = prepared(text, preprocess);
    expect(preprocess).toMatchObject({ kind: 'text', bos: true, length: 128 });
    for await (const { feeds } of feedsOf(dataSet, [0], session.inputs, preprocess)) {
      const [logits] = Object.values(await session.run(feeds));
      const ids = Array.from(feeds['input_ids']!.data as BigInt64Array, Number);
      expect(meanLoss(logits!.data as Float32Array, ids)).toBeLessThan(Math.log(512));
    }
  });
});

/** Mean cross-entropy of each next token, in nats. */
function meanLoss(logits: Float32Array, ids: readonly number[]): number {
  const width = logits.length / ids.length;
  const losses = ids.slice(1).map((id, i) => {
    const row = logits.subarray(i * width, (i + 1) * width);
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0)) - row[id]!;
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}
