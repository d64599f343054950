import type { Feeds, HostTensor, OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';
import { compareTensors, valuesOf } from './compare.ts';
import type { ExpectedError, ExpectedRun } from './types.ts';

/** Of ONNX's own conformance runner (`onnx.backend.test.runner`): |y − e| ≤ 1e-7 + 1e-3·|e|. */
const ABSOLUTE = 1e-7;
const RELATIVE = 1e-3;

/** What recorded outputs say of one model at one setting. */
export class ExpectedRecord {
  private readonly of: ExpectedRun['of'];
  private readonly level: OptimizationLevel;
  private readonly backend: RuntimeBackend;
  private readonly outputs = new Map<string, ExpectedError>();
  private inputs = 0;

  constructor(of: ExpectedRun['of'], level: OptimizationLevel, backend: RuntimeBackend) {
    this.of = of;
    this.level = level;
    this.backend = backend;
  }

  /** Outputs on one input; null: nothing was recorded for it. Recorded outputs that the model lacks are left out. */
  add(expected: Feeds | null, outputs: Feeds): void {
    if (!expected) return;
    const compared = Object.entries(expected).flatMap(([name, tensor]) => {
      const found = outputs[name];
      return found ? [againstExpected(name, tensor, found)] : [];
    });
    if (compared.length > 0) this.inputs += 1;
    for (const each of compared) this.outputs.set(each.name, worse(this.outputs.get(each.name), each));
  }

  /** Null: nothing was recorded. */
  result(): ExpectedRun | null {
    const { of, level, backend, inputs } = this;
    if (inputs === 0) return null;
    const outputs = [...this.outputs.values()];
    return { of, level, backend, outputs, inputs, ok: outputs.every(({ ok }) => ok) };
  }
}

const worse = (old: ExpectedError | undefined, now: ExpectedError): ExpectedError =>
  old && old.excess >= now.excess ? { ...old, maxAbs: Math.max(old.maxAbs, now.maxAbs) } : now;

/** Floats within the runner's tolerance, NaN where NaN is expected; all else equal. */
export function againstExpected(name: string, expected: HostTensor, result: HostTensor): ExpectedError {
  const { mismatch, equal, maxAbs } = compareTensors(expected, result);
  if (mismatch !== null) return { name, maxAbs: Infinity, excess: Infinity, mismatch, ok: false };
  if (equal) return { name, maxAbs: 0, excess: 0, mismatch: null, ok: true };
  const excess = excessOf(valuesOf(expected), valuesOf(result));
  return { name, maxAbs, excess, mismatch: null, ok: excess <= 1 };
}

function excessOf(expected: ArrayLike<number | string>, result: ArrayLike<number | string>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const [e, y] = [expected[i], result[i]];
    if (e === y || (e !== e && y !== y)) continue;
    if (typeof e !== 'number' || typeof y !== 'number') return Infinity;
    if (!Number.isFinite(e) || !Number.isFinite(y)) return Infinity;
    largest = Math.max(largest, Math.abs(y - e) / (ABSOLUTE + RELATIVE * Math.abs(e)));
  }
  return largest;
}
