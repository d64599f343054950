import { seeded } from '../src/base/random.ts';
import { writeModel } from '../src/onnx/write.ts';
import { tinyEncoder } from '../src/testing/exported-blocks.ts';
import { writeNpy } from '../src/verify/npz.ts';

export const encoder = { name: 'encoder.onnx', bytes: writeModel(tinyEncoder()) };

const random = seeded(5);
/** Twenty inputs of the encoder, [4, 16] each. */
export const inputs = {
  name: 'inputs.npy',
  bytes: writeNpy({
    dtype: 'float32',
    shape: [20, 4, 16],
    data: Float32Array.from({ length: 20 * 4 * 16 }, () => random() - 0.5),
  }),
};
