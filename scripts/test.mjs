// All that CI runs: static checks, unit tests, the production build, end-to-end tests. Ends with one line of counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, existsSync } from 'node:fs';
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
const run = (args, env = {}) =>
  spawnSync('npx', ['--no-install', ...args], { stdio: 'inherit', env: { ...process.env, ...env } }).status;
const report = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

const checks = await runChecks();
add(checks.passed, checks.failed);

const unitFile = join(folder, 'unit.json');
const unitStatus = run(['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitFile}`]);
const unit = report(unitFile);
if (unit) add(unit.numPassedTests, unit.numFailedTests, unit.numPendingTests + unit.numTodoTests);
// A suite that could not even be loaded counts as a failure, and so does a run that left no report.
if (unitStatus !== 0 && !unit?.numFailedTests) add(0, 1);

const built = run(['vite', 'build', '--logLevel', 'warn']) === 0;
add(built ? 1 : 0, built ? 0 : 1);

if (built) {
  const e2eFile = join(folder, 'e2e.json');
  const e2eStatus = run(['playwright', 'test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: e2eFile });
  const stats = report(e2eFile)?.stats;
  if (stats) add(stats.expected + stats.flaky, stats.unexpected, stats.skipped);
  if (e2eStatus !== 0 && !stats?.unexpected) add(0, 1);
}

const skips = total.skipped ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skips}`);
process.exitCode = total.failed || !total.passed ? 1 : 0;
