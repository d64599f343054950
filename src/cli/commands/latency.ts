import { formatMs, formatOff, formatShare, plural } from '../../base/format.ts';
import { BATCH_MS, fillTable } from '../../engine/latency-table/fill.ts';
import { requireTable } from '../../engine/latency-table/studio-calls.ts';
import { storeTable } from '../../engine/latency-table/table.ts';
import type { LatencyPrediction, LatencyTable } from '../../engine/latency-table/types.ts';
import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { table as aligned } from '../output.ts';
import { openStudio } from '../studio.ts';
import { TableStore } from '../table-file.ts';

/** Of the parts, the longest are listed. */
const LISTED = 12;

function lines(prediction: LatencyPrediction): string[] {
  const longest = [...prediction.parts].sort((a, b) => b.ms - a.ms).slice(0, LISTED);
  const interpolated = prediction.parts.filter(({ source }) => source === 'interpolated').length;
  return [
    ...aligned(
      longest.map(({ label, operators, shapes, ms, source }) => [label, operators, shapes, formatMs(ms), source]),
    ),
    ...(prediction.parts.length > LISTED ? [`… and ${prediction.parts.length - LISTED} more`] : []),
    ...prediction.missing.map(
      ({ label, operators, reason }) => `not covered  ${label}, ${operators}: ${reason ?? 'not measured (--measure)'}`,
    ),
    `${plural(prediction.parts.length, 'part')} of ${prediction.parts.length + prediction.missing.length} covered${interpolated > 0 ? `, ${interpolated} interpolated` : ''}; ${formatShare(prediction.missingWork)} of the work is not`,
  ];
}

export const latency: Command = {
  name: 'latency',
  summary: "Predicts a model's latency from a table of its operators' times; measures what the table lacks.",
  positionals: ['MODEL'],
  options: {
    table: { type: 'string', value: 'FILE', help: 'the table: read, and written where operators are measured' },
    import: { type: 'string', value: 'OTHER', help: 'adds the tables of another file to FILE' },
    measure: { type: 'boolean', help: 'measures the operators that the table lacks (always, without --table)' },
    check: { type: 'boolean', help: 'times the whole model too, and tells the error' },
    backend: { type: 'string', value: 'wasm', help: 'wasm: the only backend of the command line' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    budget: { type: 'string', value: 'SECONDS', help: 'for each micro-model of up to 40 operators (4)' },
  },
  examples: ['whittle latency model.onnx --table latency.json --measure --budget 0.2'],
  async run(args, output, job) {
    const path = args.text('table');
    const backend = args.choice('backend', ['wasm', 'webgpu'] as const) ?? 'wasm';
    const threads = args.number('threads', { min: 1, max: 64, integer: true }) ?? 1;
    const budgetMs = (args.number('budget', { min: 0.1, max: 600 }) ?? BATCH_MS / 1000) * 1000;
    const other = args.text('import');
    if (other && !path) throw new UsageError('--import wants --table FILE to add the tables to.');
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    const capabilities = await studio.capabilities();
    requireTable(backend, capabilities);
    const store = new TableStore(path);
    if (other) output.note(`${plural(store.add(other), 'table')} added from ${other}.`);
    let table = store.here(capabilities, backend, threads);
    if (args.flag('measure') || !path) {
      const keep = (grown: LatencyTable): void => store.put(grown);
      const filled = await fillTable(studio, table, { widths: null, budgetMs }, job, keep);
      table = filled.table;
      output.note(`${plural(filled.added, 'operator')} measured${path ? `, kept in ${path}` : ''}.`);
      for (const { operators, reason } of filled.refused) output.note(`${operators} did not run by itself: ${reason}`);
    } else if (table.entries.size === 0) {
      const elsewhere = store.elsewhere(table.device);
      if (elsewhere) output.note(`No table of this device: predicted for ${elsewhere.device.name}.`);
      table = elsewhere ?? table;
    }
    const stored = storeTable(table);
    const check = args.flag('check') ? await studio.checkPrediction({ table: stored, budgetMs: 10_000 }, job) : null;
    const prediction = check?.prediction ?? (await studio.predictLatency({ table: stored }, job));
    const result = {
      device: table.device,
      predicted: prediction.ms,
      measured: check?.measured ?? null,
      error: check?.error ?? null,
      covered: prediction.covered,
      missingWork: prediction.missingWork,
      entries: table.entries.size,
      parts: prediction.parts,
      missing: prediction.missing,
    };
    output.result(result, [
      ...lines(prediction),
      `predicted ${formatMs(prediction.ms)}${check ? `, measured ${formatMs(check.measured)} (${formatOff(check.error)})` : ''}`,
    ]);
    return 0;
  },
};
