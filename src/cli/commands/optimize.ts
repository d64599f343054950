import { readFileSync, writeFileSync } from 'node:fs';
import { CodedError, fromErrorRecord } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { Job } from '../../base/job.ts';
import { formatBytes, formatCount } from '../../base/format.ts';
import type { BenchResult } from '../../bench/types.ts';
import type { DocumentView } from '../../engine/types.ts';
import { renderHtml } from '../../report/html.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { presetNames } from '../../engine/catalogue.ts';
import { isSkipped } from '../../engine/recipes/read.ts';
import { BENCHED } from '../bench-settings.ts';
import { benchLines } from './bench.ts';
import { BACKENDS, backendOption, passOptions, setOption } from '../options.ts';
import { replayFile, saveRecipe } from '../recipe-file.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { openStudio, type CommandStudio } from '../studio.ts';
import { table, type Output } from '../output.ts';
import { writeSessionFile } from '../session-file.ts';
import { verifyLines } from './verify.ts';
import type { Command } from '../command.ts';

/** Applies what `--recipe` or `--pass` name. */
export async function rewrite(studio: CommandStudio, args: Arguments, job: Job): Promise<DocumentView> {
  const recipe = args.text('recipe');
  const passes = args.texts('pass');
  const rules = args.texts('rule').map(readRule);
  if (!recipe && passes.length + rules.length === 0) throw new UsageError('--recipe, --pass or --rule is missing.');
  if (recipe && passes.length > 0) throw new UsageError('--recipe and --pass exclude each other.');
  const isFile = recipe !== null && !presetNames().includes(recipe);
  if (isFile) await replayFile(studio, recipe, job);
  else if (recipe) await studio.replay({ preset: recipe }, job);
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

/** What was asked for beside the rewrite; null: it was not. */
interface Checked {
  readonly verify: VerifyResult | null;
  readonly bench: BenchResult | null;
}

function report(document: DocumentView, { verify, bench }: Checked, output: Output, out: string): void {
  const stops = document.stops.slice(0, document.cursor + 1);
  const before = stops[0]?.summary;
  const after = stops.at(-1)?.summary;
  if (!before || !after) return;
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
  output.result({ before, after, steps, verify, ...(bench && { bench }) }, [
    ...table(rows, [0]),
    `${before.nodes} → ${after.nodes} nodes, ${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}, ${formatCount(before.macs)} → ${formatCount(after.macs)} MACs`,
    ...(verify ? verifyLines(verify) : ['Not verified: add --verify.']),
    ...(bench ? benchLines(bench) : []),
    `Written to ${out}`,
  ]);
}

export const optimize: Command = {
  name: 'optimize',
  summary: 'Applies a preset, a recipe or single passes and writes the result.',
  positionals: ['MODEL'],
  options: {
    out: { type: 'string', short: 'o', value: 'OUT', help: 'where the result goes' },
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
    report: { type: 'string', value: 'FILE', help: 'write a self-contained HTML report' },
    'save-recipe': { type: 'string', value: 'FILE', help: 'write the recipe with the sites that were decided' },
    ...backendOption,
    ...setOption,
  },
  async run(args, output, job) {
    const out = args.text('out');
    if (!out) throw new UsageError('-o is missing.');
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
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
    writeFileSync(out, studio.exportModel().bytes);
    const sessionPath = writeSessionFile(studio.sessionText(), out);
    if (sessionPath) output.note(`The model is to be loaded with the options in ${sessionPath}.`);
    const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
    const timed = args.flag('bench') ? await studio.bench({ a: 0, b: document.cursor, request: BENCHED }, job) : null;
    const reportFile = args.text('report');
    if (reportFile) writeFileSync(reportFile, renderHtml(await studio.reportData(timed ? [timed] : [])));
    const recipeFile = args.text('save-recipe');
    if (recipeFile) saveRecipe(recipeFile, document.recipe, studio.artifacts);
    report(document, { verify, bench: timed }, output, out);
    return verify?.verdict === 'differs' ? 1 : 0;
  },
};
