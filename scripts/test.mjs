// All that CI runs: static checks, the production build, then unit tests and end-to-end tests side by side, for those wait
// most of their time. Ends with one line of counts.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './check.mjs';

const folder = mkdtempSync(join(tmpdir(), 'whittle-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const add = (passed, failed, skipped = 0) => {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
};
const npx = (args) => ['npx', ['--no-install', ...args]];
const report = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

/** The exit status of a command. `log`: a file that takes what it prints; left out: it is printed. */
const run = (args, { env = {}, log = null } = {}) =>
  new Promise((resolve) => {
    const file = log === null ? null : openSync(log, 'w');
    const stdio = file === null ? 'inherit' : ['ignore', file, file];
    const child = spawn(...npx(args), { stdio, env: { ...process.env, ...env } });
    const ended = (status) => {
      if (file !== null) closeSync(file);
      resolve(status);
    };
    child.once('error', () => ended(1));
    child.once('close', (status) => ended(status ?? 1));
  });

const checks = runChecks();
add(checks.passed, checks.failed);

const built = spawnSync(...npx(['vite', 'build', '--logLevel', 'warn']), { stdio: 'inherit' }).status === 0;
add(built ? 1 : 0, built ? 0 : 1);

const [unitFile, unitLog, e2eFile] = ['unit.json', 'unit.log', 'e2e.json'].map((name) => join(folder, name));
const unitRun = run(['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitFile}`], {
  log: unitLog,
});
if (built) {
  const status = await run(['playwright', 'test', '--reporter=list,json'], {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: e2eFile },
  });
  const stats = report(e2eFile)?.stats;
  if (stats) add(stats.expected + stats.flaky, stats.unexpected, stats.skipped);
  if (status !== 0 && !stats?.unexpected) add(0, 1);
}

const unitStatus = await unitRun;
process.stdout.write(readFileSync(unitLog, 'utf8'));
const unit = report(unitFile);
if (unit) add(unit.numPassedTests, unit.numFailedTests, unit.numPendingTests + unit.numTodoTests);
// A suite that could not even be loaded counts as a failure, and so does a run that left no report.
if (unitStatus !== 0 && !unit?.numFailedTests) add(0, 1);

const skips = total.skipped ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skips}`);
process.exitCode = total.failed || !total.passed ? 1 : 0;
