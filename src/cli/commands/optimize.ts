import { readFileSync } from 'node:fs';
import { defined } from '../../base/assert.ts';
import { CodedError, fromErrorRecord } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { Job } from '../../base/job.ts';
import { formatBytes, formatCount } from '../../base/format.ts';
import type { DocumentView } from '../../engine/types.ts';
import type { ReportFinding } from '../../report/types.ts';
import { isSkipped } from '../../engine/recipes/read.ts';
import { BENCHED } from '../bench-settings.ts';
import { benchLines } from './bench.ts';
import { packingOptions, thresholdOf, writeBundle } from '../bundle.ts';
import { BACKENDS, backendOption, passOptions, setOption } from '../options.ts';
import { replayNamed, saveRecipe } from '../recipe-file.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { openStudio, type CommandStudio } from '../studio.ts';
import { table } from '../output.ts';
import { MANY_NOTE, overModels, SIZE_HEADS, sizeCells, type Finding, type Surroundings } from '../many.ts';
import { modelPaths } from '../model-paths.ts';
import { placesFor, type Places } from '../result-places.ts';
import { givenFindings, REPORT_OPTIONS, reportOf, requireReport, writeReport, type Checked } from '../result-report.ts';
import { writeModelFile } from '../write-model.ts';
import { writeSessionFile } from '../session-file.ts';
import { verifyLines } from './verify.ts';
import type { Command } from '../command.ts';

/** Refuses a call that names no steps, or that names them twice. */
function requireSteps(args: Arguments): void {
  const [recipe, passes, rules] = [args.text('recipe'), args.texts('pass'), args.texts('rule')];
  if (!recipe && passes.length + rules.length === 0) throw new UsageError('--recipe, --pass or --rule is missing.');
  if (recipe && passes.length > 0) throw new UsageError('--recipe and --pass exclude each other.');
}

/** Applies what `--recipe`, `--rule` or `--pass` name. */
export async function rewrite(studio: CommandStudio, args: Arguments, job: Job): Promise<DocumentView> {
  requireSteps(args);
  const recipe = args.text('recipe');
  const passes = args.texts('pass');
  const rules = args.texts('rule').map(readRule);
  if (recipe) await replayNamed(studio, recipe, job);
  for (const rule of rules) await studio.apply({ pass: 'user-rule', options: { rule }, off: [] }, job);
  for (const pass of passes) await studio.apply({ pass, options: passOptions(args, pass), off: [] }, job);
  return studio.document();
}

function readRule(file: string): Json {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (error) {
    throw new CodedError('bad-request', `The rule ${file} cannot be read: ${(error as Error).message}`, { file });
  }
}

function findingOf(document: DocumentView, { verify, bench }: Checked, out: string): Finding {
  const stops = document.stops.slice(0, document.cursor + 1);
  const before = defined(stops[0], 'the opened model').summary;
  const after = defined(stops.at(-1), 'the result').summary;
  const steps = stops.slice(1).map(({ pass, sites, removed, added, ms, lost, error }) => ({
    pass,
    sites,
    removed,
    added,
    ms,
    ...(lost.length ? { lost } : {}),
    ...(error && isSkipped(error) ? { skipped: error.message } : {}),
  }));
  const rows = steps.map((step) => [String(step.sites), `${step.pass}`, `−${step.removed} +${step.added} nodes`]);
  return {
    value: { before, after, steps, verify, ...(bench && { bench }) },
    lines: [
      ...table(rows, [0]),
      `${before.nodes} → ${after.nodes} nodes, ${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}, ${formatCount(before.macs)} → ${formatCount(after.macs)} MACs`,
      ...(verify ? verifyLines(verify) : ['Not verified: add --verify.']),
      ...(bench ? benchLines(bench) : []),
      `Written to ${out}`,
    ],
    ok: verify?.verdict !== 'differs',
    cells: sizeCells(before, after),
    verdict: verify?.verdict ?? 'not verified',
  };
}

async function optimizeOne(
  path: string,
  args: Arguments,
  places: Places,
  given: readonly ReportFinding[],
  { port, job, output }: Surroundings,
): Promise<Finding> {
  const { studio } = await openStudio(path, job, port);
  const backend = args.choice('backend', BACKENDS);
  if (backend) studio.setBackend(backend);
  const document = await rewrite(studio, args, job);
  for (const stop of document.stops) {
    const because = stop.because === undefined ? '' : ` ${stop.because}`;
    if (stop.lost.length)
      output.note(`${stop.title}: ${stop.lost.length} sites of the recipe were not found again.${because}`);
    if (isSkipped(stop.error)) output.note(`Step ${stop.index}: ${stop.error?.message}`);
  }
  const failed = document.stops.find(({ error }) => error && !isSkipped(error));
  if (failed?.error) {
    const { code, message, data } = failed.error;
    throw fromErrorRecord({ code, message: [message, failed.because].filter(Boolean).join(' '), data });
  }
  const threshold = thresholdOf(args);
  const { data } = writeModelFile(studio, places.out, threshold);
  if (data) output.note(`Its weights are in ${data}.`);
  else if (threshold !== null) output.note(`No initializer has ${threshold} bytes: all is in ${places.out}.`);
  const sessionPath = writeSessionFile(studio.sessionText(), places.out);
  if (sessionPath) output.note(`The model is to be loaded with the options in ${sessionPath}.`);
  const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
  const bench = args.flag('bench') ? await studio.bench({ a: 0, b: document.cursor, request: BENCHED }, job) : null;
  if (places.report ?? places.bundle) {
    const data = await reportOf(studio, { verify, bench }, given, args, port, job);
    if (places.report) writeReport(places.report, data);
    const withRuntime = args.flag('bundle-runtime');
    if (places.bundle) await writeBundle(places.bundle, studio, data, { threshold, withRuntime });
  }
  if (places.recipe) saveRecipe(places.recipe, document.recipe, studio.artifacts);
  return findingOf(document, { verify, bench }, places.out);
}

export const optimize: Command = {
  name: 'optimize',
  summary: 'Applies a preset, a recipe or single passes and writes the result.',
  positionals: ['MODEL…'],
  options: {
    out: { type: 'string', short: 'o', value: 'OUT', help: 'where the result goes; a folder for several models' },
    recipe: { type: 'string', value: 'FILE|PRESET', help: 'a recipe file, or clean, wasm, webgpu, portable, edge' },
    rule: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: 'a rewrite of your own as JSON: { name, pattern, replace, where?, class? }',
    },
    pass: { type: 'string', multiple: true, value: 'ID', help: 'a pass; may be given several times' },
    verify: { type: 'boolean', help: 'run original and result and compare; exit 1 if they differ' },
    bench: { type: 'boolean', help: 'time original and result in turn (WASM, one thread), for the report as well' },
    ...REPORT_OPTIONS,
    'save-recipe': {
      type: 'string',
      value: 'FILE',
      help: 'write the recipe with the sites that were decided; several: a folder',
    },
    ...packingOptions,
    ...backendOption,
    ...setOption,
  },
  notes: [
    MANY_NOTE,
    'Weights that lie beside the opened model, in external data, lie beside the result as well, in OUT.data: they go from file to file in pieces, so that a model may be larger than memory.',
  ],
  examples: [
    'whittle optimize model.onnx --recipe wasm -o small.onnx --verify --report report.html',
    'whittle optimize model.onnx --pass fold-batch-norm --save-recipe folded.json -o folded.onnx',
    'whittle optimize models/ --recipe clean -o cleaned/',
  ],
  run(args, output, job) {
    const { paths, many } = modelPaths(args.positionals);
    const placeOf = placesFor(args, many ? paths : null);
    requireSteps(args);
    requireReport(args);
    const given = givenFindings(args);
    return overModels(args, output, job, {
      heads: SIZE_HEADS,
      one: (path, around) => optimizeOne(path, args, placeOf(path), given, around),
    });
  },
};
