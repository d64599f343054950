import { describe, expect, it } from 'vitest';
import { compareTensors } from './compare.ts';
import { OutputRecord, relativeError, worstOf } from './record.ts';
import type { HostTensor } from '../runtime/types.ts';

const floats = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** An output of 1 that is off by so much on each input, beside what is allowed there. */
function recorded(...inputs: readonly (readonly [off: number, allowed: number])[]) {
  const record = new OutputRecord('y', 'kernel', 1e-4);
  for (const [off, allowed] of inputs) {
    const difference = compareTensors(floats(1, -1), floats(1 + off, -1));
    record.add(difference, relativeError(difference, 1), allowed);
  }
  return record.result();
}

describe('the error of an output over all inputs', () => {
  it('stands beside what was allowed on the same input', () => {
    // A sensitive input may be off by more than another one is allowed to be.
    const found = recorded([0.00005, 0.0001], [0.01, 0.05], [0, 0.0001]);
    expect(found).toMatchObject({ allowed: 0.05, ok: true });
    expect(found.maxRel).toBeCloseTo(0.01, 6);
  });

  it('is that of an input that fails, where one does', () => {
    const found = recorded([0.01, 0.05], [0.001, 0.0001], [0.0005, 0.0001]);
    expect(found).toMatchObject({ allowed: 0.0001, ok: false });
    expect(found.maxRel).toBeCloseTo(0.001, 6);
  });

  it('is none before any input, and where all are equal, beside what is allowed there', () => {
    expect(recorded()).toMatchObject({ maxRel: 0, allowed: 1e-4, ok: true });
    expect(recorded([0, 0])).toMatchObject({ maxRel: 0, allowed: 0, ok: true });
  });

  it('is larger than any number where it is none', () => {
    expect(recorded([0.01, 0.05], [NaN, 0.1]).ok).toBe(false);
  });

  it('keeps the pair together over several comparisons', () => {
    const [sensitive, failing] = [recorded([0.01, 0.05]), recorded([0.001, 0.0001])];
    for (const runs of [
      [[sensitive], [failing]],
      [[failing], [sensitive]],
    ]) {
      const [worst] = worstOf(runs);
      expect(worst).toMatchObject({ maxRel: failing.maxRel, allowed: 0.0001, ok: false });
      expect(worst?.maxAbs).toBe(sensitive.maxAbs);
    }
  });
});
