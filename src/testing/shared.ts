import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The folder of real models and data beside the checkout; never part of the repository. */
export const sharedRoot = fileURLToPath(new URL('../../../shared', import.meta.url));

let told = false;

/** Whether the shared files are here. Their absence is said once, loudly: tests that need them are skipped. */
export function haveShared(): boolean {
  const there = existsSync(join(sharedRoot, 'real', 'manifest.json'));
  if (!there && !told) {
    told = true;
    console.warn('\nSKIPPED: ../shared is not here, so tests on real models and conformance cases do not run.\n');
  }
  return there;
}

export const sharedFile = (path: string): Uint8Array => new Uint8Array(readFileSync(join(sharedRoot, path)));

/** Paths below `folder` (relative to the shared root) that end in `.onnx`, sorted. */
export function sharedModels(folder: string): string[] {
  if (!haveShared()) return [];
  return readdirSync(join(sharedRoot, folder), { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.onnx'))
    .map((path) => join(folder, path))
    .sort();
}
