// The property test of the passes on ten thousand random graphs (CI takes three hundred): `npm run bench -- random`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const GRAPHS = '10000';

export function benchRandom(say) {
  const ran = spawnSync('npx', ['vitest', 'run', 'src/passes/random-graphs.test.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, WHITTLE_RANDOM_GRAPHS: GRAPHS },
    maxBuffer: 1 << 28,
  });
  const faults = ran.stdout.split('\n').filter((line) => line.includes('Error: seed'));
  for (const line of faults) say(`random  ${line.trim()}`);
  say(`random  ${GRAPHS} graphs, ${faults.length} batches of 25 with a fault`);
  if (ran.status !== 0) process.exitCode = 1;
}
