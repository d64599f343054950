import { describe, expect, test } from 'vitest';
import { silentJob } from '../base/job.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { OptimizationLevel } from '../runtime/types.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import type { Verdict } from './types.ts';
import { verifyModels } from './verify.ts';

const runtime = nodeRuntime();

/** Real models on a busy machine take their time, ms. */
const PATIENCE = 300_000;

/** Measured: filled with one constant, or so steep that the last bit of the input decides. */
const EXCEPTIONS: Readonly<Record<string, Verdict>> = {
  light_squeezenet: 'uninformative',
  'ch_PP-OCRv2_det_infer': 'ill-conditioned',
};

async function againstItself(path: string, levels: readonly OptimizationLevel[]) {
  const bytes = sharedFile(path);
  const request = { class: 'order', seeds: 1, backends: ['wasm'], levels, threads: 1 } as const;
  return verifyModels({ wasm: runtime }, bytes, bytes, request, silentJob());
}

describe.skipIf(!haveShared())('a model agrees with itself', () => {
  test(
    'every micro pattern and trap, at both levels',
    async () => {
      const paths = sharedModels('micro');
      expect(paths.length).toBeGreaterThan(40);
      for (const path of paths) {
        const result = await againstItself(path, ['disabled', 'all']);
        expect(result.verdict, `${path}: ${result.message}`).toBe('agrees');
        expect(result.runs).toHaveLength(2);
      }
    },
    PATIENCE,
  );

  // Two that take long and differ from others in size alone.
  const paths = sharedModels('real/models').filter((path) => !/light_(resnet|densenet)/.test(path));

  test.each(paths)(
    '%s',
    async (path) => {
      const name = path.replace(/^.*\//, '').replace('.onnx', '');
      const result = await againstItself(path, ['all']);
      expect(result.verdict, result.message).toBe(EXCEPTIONS[name] ?? 'agrees');
    },
    PATIENCE,
  );
});
