// Everything that can be said of the code without running it: types, lint, format, unused files and exports.
import { spawn } from 'node:child_process';

const CHECKS = [
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', 'src', 'e2e', 'scripts']],
  ['format', 'oxfmt', ['--check']],
  ['unused', 'knip', []],
];

/** Runs one of them to its end: whether it holds, and what it said. */
const check = ([name, command, args]) =>
  new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', command, ...args]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', (error) => resolve({ name, ok: false, said: error.message }));
    child.on('close', (code) => resolve({ name, ok: code === 0, said }));
  });

/** All at once: the compiler leaves other cores idle. They are told in their order. */
export async function runChecks() {
  let failed = 0;
  for (const running of CHECKS.map(check)) {
    const { name, ok, said } = await running;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
    if (!ok) console.log(said.trim().split('\n').slice(-60).join('\n'));
    failed += ok ? 0 : 1;
  }
  return { passed: CHECKS.length - failed, failed };
}

if (process.argv[1]?.endsWith('check.mjs')) {
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
