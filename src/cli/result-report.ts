import { basename } from 'node:path';
import type { Job } from '../base/job.ts';
import type { BenchRequest, BenchResult } from '../bench/types.ts';
import { shellWord } from '../base/shell-word.ts';
import type { RuntimePort } from '../engine/ports.ts';
import { renderCard } from '../report/card.ts';
import { renderHtml } from '../report/html.ts';
import { renderJson } from '../report/json.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { accuracyFinding } from '../report/measured/accuracy.ts';
import { profileFindings } from '../report/measured/profile.ts';
import type { GivenFinding, ReportData, ReportFinding } from '../report/types.ts';
import type { VerifyResult } from '../verify/types.ts';
import { SAMPLE_OPTIONS } from './accuracy-data.ts';
import { accuracyOfResult } from './accuracy-of-result.ts';
import { UsageError, type Arguments, type Options } from './arguments.ts';
import { STEP_BENCHED } from './bench-settings.ts';
import { findingFrom } from './findings-file.ts';
import type { CommandStudio } from './studio.ts';
import { writeFile } from './write-file.ts';

/** What a report is to hold besides the recipe and its verdicts. */
export const REPORT_OPTIONS: Options = {
  report: {
    type: 'string',
    value: 'FILE',
    help: 'write a report: HTML in one file, or by its ending .md, .json, or .svg (the summary); several: a folder',
  },
  'bench-steps': { type: 'boolean', help: 'time each step against the one before, for the report' },
  profile: { type: 'boolean', help: 'for the report: where the time goes before and after, under the roofline' },
  budget: { type: 'string', value: 'SECONDS', help: 'upper bound for the profile, and for the device (15)' },
  data: { type: 'string', value: 'D', help: 'for the report: accuracy on these samples; see `whittle accuracy`' },
  with: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'for the report: what train, distill, recover, supernet, search or kv perplexity printed with --json',
  },
  ...SAMPLE_OPTIONS,
};

/** Options about data: they have the names that `whittle accuracy` gives them. */
const OF_DATA = ['data', ...Object.keys(SAMPLE_OPTIONS)];

/** Samples that are made up where nobody says how many. */
const SYNTHETIC = 100;

const PROFILED: BenchRequest = { backend: 'wasm', level: 'all', threads: 1, runs: 40, budgetMs: 15_000 };

const profiledBy = (args: Arguments): BenchRequest => {
  const seconds = args.number('budget', { min: 1, max: 3600 });
  return seconds === null ? PROFILED : { ...PROFILED, budgetMs: seconds * 1000 };
};

/** Refuses options that would say nothing. */
export function requireReport(args: Arguments): void {
  const told = args.text('report') !== null || args.text('bundle') !== null;
  const given = (name: string): boolean => args.flag(name) || args.text(name) !== null || args.texts(name).length > 0;
  const idle = ['bench-steps', 'profile', 'data', 'with'].find(given);
  if (!told && idle !== undefined) throw new UsageError(`--${idle} is for --report or --bundle.`);
  if (args.text('budget') !== null && !args.flag('profile')) throw new UsageError('--budget is for --profile.');
  const ofData = OF_DATA.find(given);
  if (ofData !== undefined && args.text('data') === null) throw new UsageError(`--${ofData} is for --data.`);
  if (args.flag('bundle-runtime') && args.text('bundle') === null)
    throw new UsageError('--bundle-runtime is for --bundle.');
}

/** What was asked for beside the rewrite; null: it was not. */
export interface Checked {
  readonly verify: VerifyResult | null;
  readonly bench: BenchResult | null;
}

/** What `--with` names. Throws as reading it does. */
export const givenFindings = (args: Arguments): readonly ReportFinding[] => args.texts('with').map(findingFrom);

/** From the original to the result; each step is checked where the whole is, and timed where that is asked for. */
export async function reportOf(
  studio: CommandStudio,
  { verify, bench }: Checked,
  given: readonly ReportFinding[],
  args: Arguments,
  port: RuntimePort,
  job: Job,
): Promise<ReportData> {
  const { cursor } = studio.document();
  if (verify) await studio.verifySteps(job);
  const gains: { stop: number; result: BenchResult }[] = [];
  for (let stop = 1; stop <= (args.flag('bench-steps') ? cursor : 0); stop++) {
    gains.push({ stop, result: await studio.bench({ a: stop - 1, b: stop, request: STEP_BENCHED }, job) });
  }
  const findings = [...(await findingsOf(studio, args, port, job)), ...given];
  return studio.reportData({ benches: bench ? [bench] : [], gains, findings }, job);
}

async function findingsOf(
  studio: CommandStudio,
  args: Arguments,
  port: RuntimePort,
  job: Job,
): Promise<GivenFinding[]> {
  // First what may turn out to be a wrong call: data that do not fit the model.
  const accuracy = await accuracyOf(studio, args, port, job);
  return [...(args.flag('profile') ? await profilesOf(studio, profiledBy(args), job) : []), ...accuracy];
}

async function profilesOf(studio: CommandStudio, request: BenchRequest, job: Job): Promise<GivenFinding[]> {
  const { cursor } = studio.document();
  const views = await studio.profiles({ sides: cursor > 0 ? [0, cursor] : [0], request }, job);
  const named = views.map((view, index) => ({ ...view, title: index === 0 ? 'Original' : 'Result' }));
  return profileFindings(named, await studio.roofline(request, job));
}

async function accuracyOf(
  studio: CommandStudio,
  args: Arguments,
  port: RuntimePort,
  job: Job,
): Promise<GivenFinding[]> {
  const data = args.text('data');
  if (data === null) return [];
  // `--set` is of passes here: preprocessing is changed by its file.
  const result = await accuracyOfResult(studio, data, SYNTHETIC, args, port, job, {});
  return [{ ...accuracyFinding(result), command: accuracyCommand(args) }];
}

/** What measures the accuracy of a report once more: files by their names, for folders are nobody else's business. */
function accuracyCommand(args: Arguments): string {
  const words = OF_DATA.flatMap((name) => {
    const value = args.text(name);
    return value === null ? [] : [`--${name}=${shellWord(basename(value))}`];
  });
  return `whittle accuracy {result} --against {model} ${words.join(' ')}`;
}

/** By the ending of its name: HTML where it is none of the others. */
export function writeReport(path: string, data: ReportData): void {
  const render = path.endsWith('.md')
    ? renderMarkdown
    : path.endsWith('.json')
      ? renderJson
      : path.endsWith('.svg')
        ? renderCard
        : renderHtml;
  writeFile(path, render(data));
}
