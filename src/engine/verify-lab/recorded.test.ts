import { describe, expect, it } from 'vitest';
import type { ElementArray } from '../../base/element-arrays.ts';
import type { DataFile } from '../../data/types.ts';
import { tensorOf } from '../../ir/tensor.ts';
import { writeTensorProto } from '../../onnx/write-tensor.ts';
import { writeNpy, writeNpz } from '../../verify/npz.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { readRecorded, type Interface } from './recorded.ts';

const MODEL: Interface = {
  inputs: [
    { name: 'x', dtype: 'float32', shape: ['N', 2] },
    { name: 'in/mask', dtype: 'float32', shape: [2] },
  ],
  outputs: ['y'],
};
const file = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes: () => Promise.resolve(bytes) });
const floats = (...data: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [data.length],
  data: Float32Array.from(data),
});
const tensorProto = (name: string, { dtype, shape, data }: HostTensor) =>
  writeTensorProto(tensorOf(dtype, shape, data as ElementArray), name);
const x: HostTensor = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) };

describe('recorded inputs', () => {
  it('are arrays by the names of the inputs, slashes as they stand in an archive', async () => {
    const bytes = writeNpz({ x, 'in/mask': floats(0, 1) });
    const { cases } = (await readRecorded([file('one.npz', bytes), file('two.npz', bytes)], MODEL))!;
    expect(cases.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(cases[0]!.feeds).toMatchObject({ x: { shape: [1, 2] }, 'in/mask': { shape: [2] } });
  });

  it('are npy files that are called as the inputs', async () => {
    const files = [file('x.npy', writeNpy(x)), file('in_mask.npy', writeNpy(floats(0, 1)))];
    expect((await readRecorded(files, MODEL))!.cases).toMatchObject([{ name: '2 arrays' }]);
    await expect(readRecorded(files.slice(0, 1), MODEL)).rejects.toThrow(
      /x\.npy has nothing for the input in\/mask float32 \[2\]; it has x\./,
    );
  });

  it('are test data with recorded outputs, by name or in the order of the ports', async () => {
    const named = [
      file('set/test_data_set_1/input_0.pb', tensorProto('in/mask', floats(0, 1))),
      file('set/test_data_set_1/input_1.pb', tensorProto('x', x)),
      file('set/test_data_set_1/output_0.pb', tensorProto('y', floats(3))),
      file('set/model.onnx', new Uint8Array()),
    ];
    const byName = (await readRecorded(named, MODEL))!;
    expect(byName.cases).toMatchObject([
      { name: 'test_data_set_1', feeds: { x: { shape: [1, 2] } }, expected: { y: { shape: [1] } } },
    ]);
    expect(byName.notes).toEqual([]);
    const bare = [file('input_0.pb', tensorProto('', x)), file('input_1.pb', tensorProto('', floats(0, 1)))];
    const byOrder = (await readRecorded(bare, MODEL))!;
    expect(byOrder.cases[0]!.feeds).toMatchObject({ x: { shape: [1, 2] }, 'in/mask': { shape: [2] } });
    expect(byOrder.notes).toEqual(['Recorded tensors without the name of a port were taken in their order.']);
  });

  it('of another type or size, or for a port that is not there, are refused with the place', async () => {
    const files = (tensor: HostTensor) => [
      file('one.npz', writeNpz({ x: tensor, 'in/mask': floats(0, 1) })),
      file('two.npz', writeNpz({ x })),
    ];
    await expect(
      readRecorded(files({ dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) }), MODEL),
    ).rejects.toThrow(/one\.npz has int64 \[1, 2\] for the input x float32 \[N, 2\]/);
    const many = [0, 1, 2].map((i) => file(`input_${i}.pb`, tensorProto('', x)));
    await expect(readRecorded(many, MODEL)).rejects.toThrow(/input_2\.pb is for ""; the model has x, in\/mask/);
  });

  it('are none where the files are something else', async () => {
    expect(await readRecorded([file('rows.npy', writeNpy(floats(1, 2)))], MODEL)).toBeNull();
    expect(await readRecorded([file('photo.png', new Uint8Array())], MODEL)).toBeNull();
  });
});
