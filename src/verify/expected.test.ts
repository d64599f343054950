import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../runtime/types.ts';
import { againstExpected, ExpectedRecord } from './expected.ts';

const floats = (...data: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [data.length],
  data: Float32Array.from(data),
});

describe('recorded outputs', () => {
  test('are met within a thousandth of each element, as ONNX’s runner has it', () => {
    expect(againstExpected('y', floats(1, 100), floats(1.0009, 100.09))).toMatchObject({ ok: true, mismatch: null });
    const missed = againstExpected('y', floats(1, 100), floats(1.002, 100));
    expect(missed).toMatchObject({ ok: false });
    expect(missed.excess).toBeCloseTo(2, 1);
  });

  test('want NaN where NaN was recorded, and the same infinity', () => {
    expect(againstExpected('y', floats(Number.NaN, Infinity), floats(Number.NaN, Infinity)).ok).toBe(true);
    expect(againstExpected('y', floats(Number.NaN), floats(0)).ok).toBe(false);
    expect(againstExpected('y', floats(Infinity), floats(-Infinity)).ok).toBe(false);
  });

  test('of another shape or type are not met, with the reason', () => {
    expect(againstExpected('y', floats(1, 2), floats(1))).toMatchObject({
      ok: false,
      mismatch: 'its shape is 1, not 2',
    });
  });

  test('keep the worst of several inputs, and leave out outputs that the model lacks', () => {
    const record = new ExpectedRecord('result', 'all', 'wasm');
    record.add({ y: floats(1), gone: floats(1) }, { y: floats(1) });
    record.add(null, { y: floats(7) });
    record.add({ y: floats(1) }, { y: floats(1.5) });
    record.add({ y: floats(1) }, { y: floats(1.2) });
    const run = record.result()!;
    expect(run).toMatchObject({ of: 'result', level: 'all', backend: 'wasm', inputs: 3, ok: false });
    expect(run.outputs).toHaveLength(1);
    expect(run.outputs[0]!.maxAbs).toBeCloseTo(0.5, 6);
  });

  test('that were never given make no run', () => {
    expect(new ExpectedRecord('original', 'disabled', 'wasm').result()).toBeNull();
  });
});
