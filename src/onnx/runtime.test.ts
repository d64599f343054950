import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { normal, seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import type { ElementArray } from '../base/element-arrays.ts';
import { tensorOf, type Tensor } from '../ir/tensor.ts';
import { isInteger, sizeOf, type DataType } from '../ir/types.ts';
import { conformanceCases } from '../testing/conformance.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { readModel, readTensorProto } from './read.ts';
import { writeModel } from './write.ts';

/** The runtime is used bare here: what is tested is the file, and nothing should stand between the two. */
type Feeds = (session: ort.InferenceSession) => Record<string, ort.Tensor>;
type Outputs = Readonly<Record<string, unknown>>;

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
});

/** Runs a model once, as it is written; null where the runtime refuses it. */
async function run(model: Uint8Array, feeds: Feeds): Promise<Outputs | null> {
  let session: ort.InferenceSession | null = null;
  try {
    session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
    return await session.run(feeds(session));
  } catch {
    return null;
  } finally {
    await session?.release();
  }
}

/** The same names, types, shapes and bits. */
function sameOutputs(a: Outputs, b: Outputs): boolean {
  const names = Object.keys(a);
  return names.length > 0 && names.join() === Object.keys(b).join() && names.every((name) => same(a[name], b[name]));
}

function same(a: unknown, b: unknown): boolean {
  if (!(a instanceof ort.Tensor) || !(b instanceof ort.Tensor)) return false;
  if (a.type !== b.type || a.dims.join() !== b.dims.join()) return false;
  if (a.type === 'string') return JSON.stringify(a.data) === JSON.stringify(b.data);
  return bytesOf(a).equals(bytesOf(b));
}

function bytesOf(tensor: ort.Tensor): Buffer {
  const data = tensor.data as ElementArray;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

const utf8 = new TextDecoder();

function toRuntime(tensor: Tensor): ort.Tensor {
  const { dtype, shape } = tensor;
  if (dtype === 'string') {
    return new ort.Tensor(
      'string',
      tensor.strings().map((each) => utf8.decode(each)),
      shape,
    );
  }
  // The runtime has Whittle's names for element types.
  return new ort.Tensor(dtype as 'float32', tensor.read() as Float32Array, shape);
}

/** A speech model's sample rate chooses the branch that fits the input's length. */
const SAMPLE_RATE = 16000n;

/** Seeded inputs: normal numbers for floats, zeros and ones for whole numbers (they index small tables). */
function seededFeed(dtype: DataType, shape: readonly number[], seed: number): ort.Tensor {
  if (dtype === 'int64' && shape.length === 0) return toRuntime(tensorOf(dtype, shape, BigInt64Array.of(SAMPLE_RATE)));
  const random = isInteger(dtype) ? seeded(seed) : normal(seeded(seed));
  const numbers = Float32Array.from({ length: sizeOf(shape) }, random);
  if (dtype === 'float32') return toRuntime(tensorOf(dtype, shape, numbers));
  const bits = Array.from(numbers, (each) => (each < 0.5 ? 0 : 1));
  if (dtype === 'int64') return toRuntime(tensorOf(dtype, shape, BigInt64Array.from(bits, BigInt)));
  return toRuntime(tensorOf(dtype, shape, Int32Array.from(bits)));
}

interface Row {
  readonly file: string;
  readonly ortWeb130wasm?: { readonly ran: boolean };
  readonly ortNode130?: { readonly feedShapes: Readonly<Record<string, readonly number[]>> };
}
const manifest = (): Row[] => JSON.parse(utf8.decode(sharedFile('real/manifest.json'))) as Row[];
const runnable = haveShared() ? manifest().filter((row) => row.ortWeb130wasm?.ran) : [];

const inputTypes = (model: Model): Map<string, DataType> =>
  new Map(
    model.graph.inputs.map((id) => {
      const { name, type } = model.getValue(id);
      return [name, type?.kind === 'tensor' ? type.dtype : 'float32'];
    }),
  );

describe.skipIf(!haveShared())('a written model in ONNX Runtime', () => {
  it('has real models to run', () => expect(runnable.length).toBeGreaterThanOrEqual(20));

  it.each(runnable.map((row) => [row.file, row] as const))('gives the same outputs: %s', async (_, row) => {
    const file = sharedFile(`real/${row.file}`);
    const { model } = readModel(file);
    const types = inputTypes(model);
    const feeds: Feeds = () =>
      Object.fromEntries(
        Object.entries(row.ortNode130?.feedShapes ?? {}).map(([name, shape], i) => [
          name,
          seededFeed(types.get(name) ?? 'float32', shape, i),
        ]),
      );
    const before = await run(file, feeds);
    const after = await run(writeModel(model), feeds);
    expect(before).not.toBeNull();
    expect(after).not.toBeNull();
    expect(sameOutputs(before!, after!)).toBe(true);
  });

  it('gives the same outputs in every conformance case that the runtime runs', { timeout: 240_000 }, async () => {
    const differ: string[] = [];
    const refused: string[] = [];
    let agreed = 0;
    for (const each of await conformanceCases()) {
      const inputs = each.inputs.map((bytes) => toRuntime(readTensorProto(bytes).tensor));
      const feeds: Feeds = (session) =>
        Object.fromEntries(inputs.map((tensor, i) => [session.inputNames[i] ?? '', tensor]));
      const before = await run(each.model, feeds);
      if (before === null) {
        refused.push(each.name);
        continue;
      }
      const after = await run(writeModel(readModel(each.model).model), feeds);
      if (after !== null && sameOutputs(before, after)) agreed++;
      else differ.push(each.name);
    }
    expect(differ).toEqual([]);
    console.log(`${agreed} conformance cases agree; refused by the runtime: ${refused.join(', ') || 'none'}`);
    expect(agreed).toBeGreaterThanOrEqual(798);
  });
});
