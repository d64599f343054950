// Everything that can be said of the code without running it: types, lint, format, unused files and exports.
import { spawnSync } from 'node:child_process';

const CHECKS = [
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', 'src', 'e2e', 'scripts']],
  ['format', 'oxfmt', ['--check']],
  ['unused', 'knip', []],
];

export function runChecks() {
  let failed = 0;
  for (const [name, command, args] of CHECKS) {
    const result = spawnSync('npx', ['--no-install', command, ...args], { encoding: 'utf8' });
    const ok = result.status === 0;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
    if (!ok) console.log((result.stdout + result.stderr).trim().split('\n').slice(-60).join('\n'));
    failed += ok ? 0 : 1;
  }
  return { passed: CHECKS.length - failed, failed };
}

if (process.argv[1]?.endsWith('check.mjs')) {
  const { passed, failed } = runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
