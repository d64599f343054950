import { expect } from 'vitest';
import type { Exactness } from '../base/exactness.ts';
import { silentJob } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/types.ts';
import type { NamedFeeds } from '../verify/cases.ts';
import type { VerifyResult } from '../verify/types.ts';
import { verifyModels } from '../verify/verify.ts';

export interface Equivalence {
  readonly class: Exactness;
  /** How many seeds of random inputs; besides all-negative, zeros, large and one-hot ones. Default 2. */
  readonly seeds?: number;
  readonly feeds?: readonly NamedFeeds[];
  /** Fixed shapes, by input, where the model leaves them free. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Verdicts that are accepted; default: `agrees` alone. */
  readonly verdicts?: readonly VerifyResult['verdict'][];
}

let shared: Runtime | null = null;

/** One runtime for all tests of a file. */
export const testRuntime = (): Runtime => (shared ??= nodeRuntime());

/**
 * A weight that becomes constant is packed when a session is made, and a packed product sums in another order: bits are
 * compared without packing.
 */
const unpacked = (runtime: Runtime): Runtime => ({
  capabilities: () => runtime.capabilities(),
  createSession: (model, settings, job) =>
    runtime.createSession(
      model,
      { ...settings, config: { ...settings.config, 'session.disable_prepacking': '1' } },
      job,
    ),
});

/**
 * Both models run on WASM, the original at `disabled`, the result at `disabled` and `all`, and agree to the tolerance
 * of the class. The result's structure is verified too.
 */
export async function expectEquivalent(before: Model, after: Model, options: Equivalence): Promise<VerifyResult> {
  verifyModel(after);
  const request = {
    class: options.class,
    seeds: options.seeds ?? 2,
    backends: ['wasm'],
    levels: ['disabled', 'all'],
    threads: 1,
  } as const;
  const wasm = options.class === 'bits' ? unpacked(testRuntime()) : testRuntime();
  const result = await verifyModels({ wasm }, writeModel(before), writeModel(after), request, silentJob(), {
    ...(options.feeds ? { feeds: options.feeds } : {}),
    ...(options.shapes ? { shapes: options.shapes } : {}),
  });
  expect(options.verdicts ?? ['agrees'], `${result.verdict}: ${result.message}`).toContain(result.verdict);
  expect(result.inputs.length).toBeGreaterThan(0);
  return result;
}
