// A latency table's predictions against measured latencies: every real model that is mostly convolutions, on WASM, one
// thread. The table is measured here from single operators; no model is timed as a whole before it is predicted.
import { basename } from 'node:path';
import { realModels } from './real-models.mjs';
import { withSource } from './source.mjs';

/** Of the MACs, what convolutions do in a CNN. */
const CONVOLUTIONAL = 0.8;
/** For one micro-model, and for the run that a prediction is held against, ms. */
const BATCH_MS = 4000;
const CHECK_MS = 9000;

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const percent = (share) => `${(100 * share).toFixed(1)} %`;

function isConvolutional({ list }) {
  const total = list.reduce((sum, { macs }) => sum + macs, 0);
  const conv = list.filter(({ operators }) => /Conv/.test(operators)).reduce((sum, { macs }) => sum + macs, 0);
  return total > 0 && conv >= CONVOLUTIONAL * total;
}

/** Adds to the table what it lacks of a model, then predicts and times it. */
async function measured(whittle, file, table, say) {
  const { job } = whittle;
  const { studio } = await whittle.openStudio(file, job);
  const { stops } = studio.document();
  if (stops.length === 0 || !isConvolutional(studio.parts())) return { row: null, table };
  const name = basename(file, '.onnx');
  const start = performance.now();
  const filled = await whittle.fillTable(studio, table, { widths: null, budgetMs: BATCH_MS }, job);
  const seconds = (performance.now() - start) / 1000;
  const check = await studio.checkPrediction({ table: whittle.storeTable(filled.table), budgetMs: CHECK_MS }, job);
  const { prediction, error } = check;
  const left = prediction.missing.map(({ operators, reason }) => `${operators} (${reason ?? 'not measured'})`);
  say(
    `latency-table  ${name}: predicted ${prediction.ms.toFixed(2)} ms, measured ${check.measured.toFixed(2)} ms (median ${check.median.toFixed(2)}), error ${percent(error)}; ${prediction.parts.length} parts, ${filled.added} measured for it in ${seconds.toFixed(0)} s${left.length > 0 ? `; not covered: ${left.join(', ')}` : ''}`,
  );
  for (const { part, measured: own } of check.apart.slice(0, 3)) {
    say(
      `latency-table    ${part.operators} ${part.shapes}: ${part.ms.toFixed(3)} ms, in the model ${own.toFixed(3)} ms`,
    );
  }
  const row = {
    model: name,
    predicted: prediction.ms,
    measured: check.measured,
    median: check.median,
    error,
    parts: prediction.parts.length,
    added: filled.added,
    missing: left,
  };
  return { row, table: filled.table };
}

/** `files`: in place of the real models. */
export async function benchLatencyTable(files, say) {
  return withSource(async (load) => {
    const whittle = {
      ...(await load('/src/cli/studio.ts')),
      ...(await load('/src/engine/latency-table/fill.ts')),
      ...(await load('/src/engine/latency-table/table.ts')),
      ...(await load('/src/engine/node.ts')),
      job: (await load('/src/base/job.ts')).silentJob(),
    };
    const capabilities = await whittle.nodePort().capabilities();
    let table = whittle.emptyTable(whittle.deviceOf(capabilities, 'wasm', 1));
    const rows = [];
    for (const file of files.length > 0 ? files : realModels()) {
      const found = await measured(whittle, file, table, say);
      table = found.table;
      if (found.row) rows.push(found.row);
    }
    const error = median(rows.map((row) => Math.abs(row.error)));
    const { node, run, byte } = table.overhead ?? { node: NaN, run: NaN, byte: NaN };
    say(
      `latency-table  a run costs ${(1000 * run).toFixed(1)} µs, a kernel ${(1000 * node).toFixed(2)} µs more than its profile tells, a byte in or out ${(1e6 * byte).toFixed(3)} ns`,
    );
    say(`latency-table  ${rows.length} models, ${table.entries.size} entries: median error ${percent(error)}`);
    return { error, entries: table.entries.size, overhead: table.overhead, rows };
  });
}
