import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/whittle.mjs', import.meta.url));

export interface Shell {
  /** Runs a script in bash, with `whittle` as a command. */
  run(text: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  start(...argv: string[]): ChildProcessWithoutNullStreams;
}

/** A shell in a folder, where `whittle` is the command line as a process of its own. */
export function shellIn(folder: string): Shell {
  const bin = join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'whittle'), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  chmodSync(join(bin, 'whittle'), 0o755);
  const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
  const env = { ...rest, PATH: `${bin}${delimiter}${rest['PATH'] ?? ''}` };
  return {
    run: (text) => spawnSync('bash', ['-c', text], { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 }),
    start: (...argv) => spawn(process.execPath, [script, ...argv], { cwd: folder, env }),
  };
}
