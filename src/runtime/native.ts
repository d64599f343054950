import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CodedError } from '../base/error.ts';
import { nodeCapabilities } from './node.ts';
import type { Ort } from './ort.ts';
import { captureWrites } from './output.ts';
import { createRuntime } from './session.ts';
import type { Runtime } from './types.ts';

const PACKAGE = 'onnxruntime-node';

/** Looks beside Whittle and in the folder that the command line is called from. Null: it is not installed. */
function load(): Ort | null {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from)(PACKAGE) as Ort;
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return null;
}

/**
 * ONNX Runtime itself on this machine's processor, where the package `onnxruntime-node` is installed: it is no part of
 * Whittle, for it weighs some 290 MB.
 */
export function nativeRuntime(): Runtime {
  let ort: Ort | null | undefined;
  const found = (): Ort => {
    ort ??= load();
    if (ort) return ort;
    throw new CodedError(
      'unsupported',
      `There is no native runtime here. Install it with \`npm install --no-save --ignore-scripts ${PACKAGE}\`.`,
    );
  };
  const { heapOf: _, ...runtime } = createRuntime({
    load: () => Promise.resolve(found()),
    capabilities: () =>
      Promise.resolve({ ...nodeCapabilities(), runtimeVersion: found().env.versions.node ?? 'unknown' }),
    capture: captureWrites(fs),
    admit({ backend }) {
      if (backend === 'native') return Promise.resolve();
      return Promise.reject(new CodedError('unsupported', `The native runtime does not run ${backend}.`));
    },
  });
  return runtime;
}
