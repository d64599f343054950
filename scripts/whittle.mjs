#!/usr/bin/env node
// The command line from a checkout: bundles src/cli when a source is newer than the bundle, then runs it.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensurePackages } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = join(root, '.cache', 'cli', 'whittle.mjs');

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (/\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

async function build() {
  const { build } = await import('vite');
  const outDir = join(root, '.cache', `cli-${process.pid}`);
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      outDir,
      ssr: join(root, 'src', 'cli', 'main.ts'),
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'whittle.mjs' }, external: [/^onnxruntime-/] },
    },
    ssr: { noExternal: true, external: ['onnxruntime-web', 'onnxruntime-node'] },
  });
  // Two first runs at once must not see half a bundle: each builds apart, then one rename decides.
  const target = join(root, '.cache', 'cli');
  const old = join(root, '.cache', `cli-old-${process.pid}`);
  if (existsSync(target)) renameSync(target, old);
  try {
    renameSync(outDir, target);
  } catch {
    rmSync(outDir, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
}

ensurePackages();
mkdirSync(join(root, '.cache'), { recursive: true });
const made = existsSync(bundle) ? statSync(bundle).mtimeMs : 0;
if (made < Math.max(newest(join(root, 'src')), statSync(fileURLToPath(import.meta.url)).mtimeMs)) await build();
// Whoever reads may have read enough (`| head`): what is written further goes nowhere, and the verdict stands.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
const { main } = await import(pathToFileURL(bundle).href);
process.exitCode = await main(process.argv.slice(2));
