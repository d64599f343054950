// Predicted latency against measured: every real model with channels to cut, at 1/4, 1/2 and 3/4 of its channels. None
// of these widths is among the points that the prediction rests on. WASM, one thread, both as the runtime loads them.
import { basename } from 'node:path';
import { realModels } from './real-models.mjs';
import { withSource } from './source.mjs';

const RATIOS = [0.25, 0.5, 0.75];
const BUDGET_MS = 24_000;
const CHECK_MS = 8000;
/** A model whose run takes longer is left out, ms. */
const LONGEST_RUN = 1500;

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Null: there is nothing to cut, or it takes too long; `say` is told. */
async function measured(whittle, file, say) {
  const { job } = whittle;
  const { studio } = await whittle.openStudio(file, job);
  for (const pass of ['freeze-initializers', 'fold-constants']) {
    const [found] = await studio.sites([pass], {}, job);
    if (found.sites.length > 0) await studio.apply({ pass, options: {}, off: [] }, job);
  }
  const name = basename(file, '.onnx');
  const plan = await studio.prunePlan({ importance: 'l2', seed: 0 }, job);
  if (plan.groups.length === 0) return null;
  const before = studio.document().cursor;
  const request = { backend: 'wasm', level: 'all', threads: 1, runs: 3, budgetMs: 1000 };
  const { a } = await studio.bench({ a: before, b: null, request }, job);
  if (a.median > LONGEST_RUN) {
    say(`prune-latency  ${name}: left out, a run takes ${(a.median / 1000).toFixed(1)} s`);
    return null;
  }
  const model = await studio.latencyModel({ backend: 'wasm', threads: 1, budgetMs: BUDGET_MS }, job);
  const points = [];
  for (const ratio of RATIOS) {
    const { latency: predicted } = whittle.forecastOf(plan, { ...whittle.NOTHING_CUT, ratio }, model.terms);
    await studio.apply({ pass: 'prune-channels', options: { ratio }, off: [] }, job);
    points.push({ ratio, ...(await studio.checkLatency({ before, predicted, model, budgetMs: CHECK_MS }, job)) });
    studio.moveTo(before);
  }
  const error = median(points.map((point) => Math.abs(point.error)));
  const told = points.map((point) => `${percent(point.predicted)} / ${percent(point.measured)}`);
  say(
    `prune-latency  ${name}, ${model.ms.toFixed(2)} ms: predicted / measured ${told.join(', ')}; median error ${percent(error)} (told: ± ${percent(model.error)})`,
  );
  return { model: name, groups: plan.groups.length, ms: model.ms, told: model.error, error, points };
}

/** `files`: in place of the real models. */
export async function benchPruneLatency(files, say) {
  return withSource(async (load) => {
    const whittle = {
      ...(await load('/src/cli/studio.ts')),
      ...(await load('/src/prune/forecast.ts')),
      ...(await load('/src/prune/options.ts')),
      job: (await load('/src/base/job.ts')).silentJob(),
    };
    const rows = [];
    for (const file of files.length > 0 ? files : realModels()) {
      const row = await measured(whittle, file, say);
      if (row) rows.push(row);
    }
    const errors = rows.flatMap(({ points }) => points.map((point) => Math.abs(point.error)));
    say(`prune-latency  ${rows.length} models, ${errors.length} points: median error ${percent(median(errors))}`);
    return rows;
  });
}
