// Every real model at 0.25, 0.5 and 0.75 of its channels cut: how many groups it has, what is frozen and why, whether the
// result runs, and whether its costs are those that were forecast. Then the oracle (the consumers' slices at zero give what
// the cut model gives) at the same shares.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSource } from './source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const real = join(root, '..', 'shared', 'real');
const RATIOS = [0.25, 0.5, 0.75];

/** Why channels stay, without the names of nodes and numbers: reasons are counted. */
const kindOf = (reason) =>
  reason
    .replace(/^\d+ of \d+ channels stay\. /, '')
    .replace(/^\S+ .*: (?=[^:]*$)/, '')
    .replace(/^\S+ is (?=a graph|used by)/, 'is ')
    .replace(/(the rank of) \S+/, '$1 a value');

function counted(frozen) {
  const counts = {};
  for (const { reason } of frozen) counts[kindOf(reason)] = (counts[kindOf(reason)] ?? 0) + 1;
  return counts;
}

async function measure(whittle, file) {
  const { studio } = await whittle.openStudio(join(real, file), whittle.job);
  for (const pass of ['freeze-initializers', 'fold-constants']) {
    const [found] = await studio.sites([pass], {}, whittle.job);
    if (found.sites.length > 0) await studio.apply({ pass, options: {}, off: [] }, whittle.job);
  }
  const plan = await studio.prunePlan({ importance: 'l2', seed: 0 }, whittle.job);
  const wide = await studio.prunePlan({ importance: 'l2', seed: 0, acrossNorms: true }, whittle.job);
  const row = {
    groups: plan.groups.length,
    heads: plan.groups.filter((group) => group.isHeads).length,
    underNorms: wide.groups.filter((group) => group.normalisedBy.length > 0).length,
    frozen: counted(plan.frozen),
    results: [],
  };
  const before = studio.document();
  const whole = before.stops[before.cursor].summary;
  for (const ratio of plan.groups.length > 0 ? RATIOS : []) {
    const forecast = whittle.forecastOf(plan, { ...whittle.NOTHING_CUT, ratio });
    const { stops, cursor } = await studio.apply({ pass: 'prune-channels', options: { ratio }, off: [] }, whittle.job);
    const { summary } = stops[cursor];
    // Costs that depend on open dimensions are unknown, forecast and counted alike.
    const macs = whole.macs === null || summary.macs === forecast.macs;
    const asForecast = macs && summary.parameters === forecast.parameters;
    const { verdict } = await studio.verifyWhole(whittle.job);
    row.results.push({ ratio, parameters: summary.parameters / whole.parameters, asForecast, verdict });
    studio.moveTo(before.cursor);
  }
  return row;
}

export async function benchPruneModels(say) {
  const manifest = join(real, 'manifest.json');
  if (!existsSync(manifest)) {
    say('prune   Not here: the real models.');
    return [];
  }
  const files = JSON.parse(readFileSync(manifest, 'utf8'))
    .map(({ file }) => file)
    .filter((file) => file.startsWith('models/') && file.endsWith('.onnx'));
  const rows = await withSource(async (load) => {
    const whittle = {
      ...(await load('/src/cli/studio.ts')),
      ...(await load('/src/prune/forecast.ts')),
      ...(await load('/src/prune/options.ts')),
      job: (await load('/src/base/job.ts')).silentJob(),
    };
    const found = [];
    for (const file of files) {
      const name = file.split('/').at(-1);
      try {
        const row = { file: name, ...(await measure(whittle, file)) };
        found.push(row);
        sayRow(row, say);
      } catch (error) {
        process.exitCode = 1;
        say(`prune   ${name}: ${error.message}`);
      }
    }
    return found;
  });
  sayOracle(say);
  return rows;
}

function sayRow({ file, groups, heads, underNorms, frozen, results }, say) {
  const cuts = results.map(
    ({ ratio, parameters, asForecast, verdict }) =>
      `${ratio}: ${(100 * parameters).toFixed(1)} % of the parameters, ${verdict === 'agrees' ? 'runs' : verdict}${asForecast ? '' : ', NOT AS FORECAST'}`,
  );
  const under = underNorms > 0 ? `, ${underNorms} under a norm` : '';
  say(`prune   ${file}: ${groups} groups, ${heads} of them heads${under}. ${cuts.join('; ')}`);
  for (const [reason, count] of Object.entries(frozen)) say(`        ${count} frozen: ${reason}`);
}

/** The tests of the real models, at more shares than usual. */
function sayOracle(say) {
  const ran = spawnSync('npx', ['vitest', 'run', 'src/prune/real-models.test.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, WHITTLE_PRUNE_SHARES: RATIOS.map((ratio) => 1 - ratio).join(',') },
    maxBuffer: 1 << 28,
  });
  const line = ran.stdout.split('\n').find((each) => each.includes('Tests')) ?? 'no result';
  say(`prune   oracle, zeroed slices against cut, within 1e-4 of the largest: ${line.trim()}`);
  if (ran.status !== 0) process.exitCode = 1;
}
