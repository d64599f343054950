import { describe, expect, it } from 'vitest';
import { floats } from '../ir/tensor.ts';
import { encodeWeights } from '../onnx/safetensors.ts';
import { Artifacts } from './artifacts.ts';

const weights = new Map([['dense.b', floats([3], [1, -2, 0.5])]]);

describe('artifacts', () => {
  it('are known by their SHA-256', async () => {
    const artifacts = new Artifacts();
    const sha256 = await artifacts.keep(encodeWeights(weights));
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(artifacts.weights(sha256)?.get('dense.b')?.numbers()).toEqual(Float32Array.of(1, -2, 0.5));
    expect(artifacts.weights('0'.repeat(64))).toBeNull();
  });
});
