import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatBytes, formatInteger, formatMs, formatShare, plural } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { TrainControl } from '../../engine/train/control.ts';
import type { LatencyTable } from '../../engine/latency-table/types.ts';
import { assemble } from '../../search/assemble.ts';
import type { SearchJob } from '../../search/runner.ts';
import { runSearch } from '../../search/runner.ts';
import type { SearchResult } from '../../search/types.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { READING } from '../open-data.ts';
import { table, type Output } from '../output.ts';
import { dataChoice } from '../prepared-data.ts';
import { openSearch } from '../search/evaluator.ts';
import { frontOf, type FrontEntry } from '../search/front.ts';
import { JobFolder, type SearchJobFile } from '../search/job-folder.ts';
import { ProcessEvaluator } from '../search/processes.ts';
import { searchRequest, SEARCH_OPTIONS } from '../search/request.ts';
import { TableStore } from '../table-file.ts';

const absolute = (path: string): string => (path.startsWith('sample:') || !existsSync(path) ? path : resolve(path));

function jobFile(args: Arguments): SearchJobFile {
  const data = args.text('data');
  if (data === null) throw new UsageError('--data is missing: the samples to judge by.');
  const labels = args.text('labels');
  const recipe = args.text('recipe');
  const choice = dataChoice(absolute(data), labels === null ? null : absolute(labels), args);
  return {
    whittleSearch: 1,
    model: absolute(args.positionals[0] ?? ''),
    recipe: recipe === null ? null : absolute(recipe),
    data: choice,
    request: searchRequest(args),
  };
}

/** On a terminal a line that changes, else a line for each generation. */
function watched(job: Job, output: Output): SearchJob {
  return {
    signal: job.signal,
    checkpoint: () => job.checkpoint(),
    progress({ stage, done, total, history, perMinute }) {
      job.progress({ stage, ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }) });
      if (!history) return;
      const rate = perMinute === undefined ? '' : `, ${perMinute.toFixed(0)} a minute`;
      output.note(`${history.evaluations} judged${rate}: hypervolume ${history.hypervolume.toFixed(4)}`);
    },
  };
}

const share = (value: number | null): string => (value === null ? '' : formatShare(value));

function lines(result: SearchResult, front: readonly FrontEntry[], folder: string): string[] {
  const rows = front.map(({ latency, measured, fidelity, bytes, macs, recipe }) => [
    latency === null ? '' : `${formatMs(latency)}${measured === null ? ' foretold' : ''}`,
    formatShare(fidelity),
    formatBytes(bytes),
    macs === null ? '' : `${formatInteger(macs)} MACs`,
    recipe,
  ]);
  const { foretold, latencyError, points, seconds, hypervolume, quality, ended, notes } = result;
  return [
    ...table(rows, [0, 1, 2, 3]),
    `${plural(points.length, 'sub-network')} judged by ${quality} in ${seconds.toFixed(0)} s (ended by: ${ended}); hypervolume ${hypervolume.toFixed(4)}`,
    ...(foretold ? [`quality foretold before judging: rank correlation ${foretold.rank.toFixed(2)}`] : []),
    ...(latencyError === null ? [] : [`latency foretold against timed whole: ${share(latencyError)} apart (median)`]),
    ...notes,
    `Recipes in ${folder}: whittle optimize MODEL --recipe FILE -o OUT`,
  ];
}

/** The table that latency is read from: this device's, which grows, or another's, which does not. */
function tableFor(store: TableStore, here: LatencyTable, measures: boolean, output: Output): LatencyTable {
  if (here.entries.size > 0 || measures) return here;
  const elsewhere = store.elsewhere(here.device);
  if (elsewhere) output.note(`Latency is that of ${elsewhere.device.name}: the table holds no times of this device.`);
  return elsewhere ?? here;
}

export const search: Command = {
  name: 'search',
  summary: 'Searches the sub-networks of a model for those that are fast and right on this device.',
  positionals: ['MODEL'],
  options: { ...READING, ...SEARCH_OPTIONS },
  examples: [
    'whittle search model.onnx --data digits --samples 16 --evaluations 4 --objectives macs,quality --seed 1 --out found',
  ],
  async run(args, output, job) {
    const out = args.text('out');
    if (out === null) throw new UsageError('--out is missing: the folder for findings and recipes.');
    const file = jobFile(args);
    const workers = args.number('workers', { min: 1, max: 64, integer: true }) ?? 1;
    const { request } = file;
    const open = await openSearch(file, job);
    const folder = new JobFolder(out);
    folder.writeJob(file);
    for (const note of open.parts.data.notes) output.note(note);
    const store = new TableStore(args.text('table') ?? join(out, 'latency.json'));
    const here = store.here(await open.studio.capabilities(), 'wasm', request.threads);
    const latencyTable = tableFor(store, here, args.flag('measure'), output);
    const evaluators = Array.from(
      { length: workers > 1 ? workers : 0 },
      (_, i) => new ProcessEvaluator(process.argv[1] ?? '', resolve(out), `Worker ${i + 1}`),
    );
    try {
      const control = new TrainControl();
      const how = {
        table: latencyTable,
        keepTable: (grown: LatencyTable) => store.put(grown),
        store: folder,
        control,
        evaluators,
      };
      const searched = await assemble(open.parts, open.judge, how, job);
      const result = await runSearch(searched, watched(job, output));
      const front = await frontOf(result, searched, open, folder.path, job);
      output.result(answerOf(result, front, searched.genes), lines(result, front, out));
      return 0;
    } finally {
      for (const each of evaluators) each.end();
    }
  },
};

function answerOf(
  result: SearchResult,
  front: readonly FrontEntry[],
  genes: readonly { readonly id: string; readonly name: string; readonly labels: readonly string[] }[],
) {
  const { hypervolume, quality, objectives, points, history, foretold, latencyError, ended, seconds, notes } = result;
  const [whole] = points;
  return {
    front,
    hypervolume,
    quality,
    objectives,
    evaluations: points.length,
    cached: points.filter(({ cached }) => cached).length,
    original: whole && { latency: whole.measured ?? whole.latency, predicted: whole.latency, ...whole.metrics },
    genes: genes.map(({ id, name, labels }) => ({ id, name, labels })),
    points: points.map(({ genome, latency, measured, metrics, broken }) => ({
      genome,
      predicted: latency,
      measured,
      ...metrics,
      broken,
    })),
    effects: result.effects,
    history,
    foretold,
    latencyError,
    ended,
    seconds,
    notes,
  };
}
