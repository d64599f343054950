import { CodedError, fromErrorRecord, toErrorRecord } from '../../base/error.ts';
import { formatBytes, formatRatioInterval, formatShare } from '../../base/format.ts';
import type { Stop } from '../../engine/document.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { askedOf, CHECK_OPTIONS, type Asked } from '../check/asked.ts';
import { atLeast, atMost, exactly, type Measured, type Status } from '../check/bounds.ts';
import { measureDrop } from '../check/drop.ts';
import type { Command } from '../command.ts';
import { MANY_NOTE, overModels, SIZE_HEADS, sizeCells, type Finding, type Surroundings } from '../many.ts';
import { readRecipeFile, replayNamed } from '../recipe-file.ts';
import { openStudio, type CommandStudio } from '../studio.ts';
import { presetNames } from '../../engine/catalogue.ts';

/** One measure against its bound. */
interface Check {
  readonly measure: 'verification' | 'drop' | 'speedup' | 'size' | 'shrink';
  readonly status: Status;
  /** Percentage points, a ratio, bytes, a share; null where nothing could be measured. */
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly bound: number | null;
  /** Model, measure, value and bound in words. */
  readonly sentence: string;
}

/** What one check is made of. */
interface Subject extends Surroundings {
  readonly path: string;
  readonly studio: CommandStudio;
  readonly args: Arguments;
  readonly asked: Asked;
  readonly notes: string[];
}

const found = (
  measure: Check['measure'],
  status: Status,
  { value, interval }: Measured,
  bound: number,
  sentence: string,
): Check => ({ measure, status, value, interval, bound, sentence });

const ENDS = { met: 'within', broken: 'beyond', undecided: 'not settled against' } as const satisfies Record<
  Status,
  string
>;

/** The result against the original: always. */
async function verification({ path, studio, job, notes }: Subject): Promise<Check & { readonly exact: boolean }> {
  const { verdict, message, class: exactness } = await studio.verifyWhole(job);
  const status = verdict === 'agrees' ? 'met' : verdict === 'differs' ? 'broken' : 'undecided';
  const sentence = `${path}: verification at \`${exactness}\`: ${verdict}. ${message}`;
  const exact = exactness !== 'approximation' && verdict === 'agrees';
  if (exactness === 'approximation') {
    notes.push('The recipe changes values (it prunes or approximates): verification says only that the result runs.');
  }
  return { measure: 'verification', status, value: null, interval: null, bound: null, sentence, exact };
}

async function drop(subject: Subject, bound: number, exact: boolean): Promise<Check> {
  const { path, studio, args, port, job, notes } = subject;
  const told = await measureDrop(studio, args, port, job);
  notes.push(...told.notes);
  const { measured, reason, what, samples } = told;
  if (measured === null) {
    const status = exact ? 'met' : 'broken';
    const proof = exact ? 'Verification holds all outputs within their tolerance, which stands for it' : 'Give --data';
    const sentence = `${path}: --max-drop ${bound} cannot be measured: ${reason} ${proof}.`;
    return { measure: 'drop', status, value: null, interval: null, bound, sentence };
  }
  const points = (value: number): string => `${value.toFixed(2)} points`;
  const [low, high] = measured.interval;
  // Of outputs that verification holds to the original's, none is left to chance.
  const status = exact && measured.value <= 0 ? 'met' : atMost(measured, bound);
  const lost = what === 'top-1' ? 'top-1 falls by' : `${what} is`;
  const sentence = `${path}: ${lost} ${points(measured.value)} on ${samples} samples (95 %: ${low.toFixed(2)} to ${high.toFixed(2)}), ${ENDS[status]} --max-drop ${bound}.`;
  return found('drop', status, measured, bound, sentence);
}

async function speedup({ path, studio, asked, job, notes }: Subject, bound: number): Promise<Check> {
  const b = studio.document().cursor;
  const { ratio, interval, conditions } = await studio.bench({ a: 0, b, request: asked.bench }, job);
  notes.push(...conditions.warnings);
  const measured = { value: ratio ?? NaN, interval: interval ?? ([NaN, NaN] as const) };
  const status = atLeast(measured, bound);
  const sentence = `${path}: the speed-up is ${formatRatioInterval(ratio, interval)}, ${ENDS[status]} --min-speedup ${bound}.`;
  return found('speedup', status, measured, bound, sentence);
}

function size({ path }: Subject, after: Stop, bound: number): Check {
  const measured = exactly(after.bytes);
  const status = atMost(measured, bound);
  const sentence = `${path}: the result takes ${formatBytes(after.bytes)}, ${ENDS[status]} --max-size ${formatBytes(bound)}.`;
  return found('size', status, measured, bound, sentence);
}

function shrink({ path }: Subject, before: Stop, after: Stop, bound: number): Check {
  const measured = exactly(1 - after.bytes / before.bytes);
  const status = atLeast(measured, bound);
  const sentence = `${path}: the result is smaller by ${formatShare(measured.value)} (${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}), ${ENDS[status]} --min-shrink ${formatShare(bound)}.`;
  return found('shrink', status, measured, bound, sentence);
}

async function checksOf(subject: Subject): Promise<readonly Check[]> {
  const { studio, asked } = subject;
  const { maxDrop, minSpeedup, maxSize, minShrink } = asked;
  const [before, after] = [studio.stopOf(0), studio.stopOf(studio.document().cursor)];
  const { exact, ...verified } = await verification(subject);
  return [
    verified,
    ...(maxSize === null ? [] : [size(subject, after, maxSize)]),
    ...(minShrink === null ? [] : [shrink(subject, before, after, minShrink)]),
    ...(maxDrop === null ? [] : [await drop(subject, maxDrop, exact)]),
    ...(minSpeedup === null ? [] : [await speedup(subject, minSpeedup)]),
  ];
}

/** Opens a model and applies the recipe; throws where a step cannot be applied. */
async function applied(
  path: string,
  asked: Asked,
  { port, job }: Surroundings,
  notes: string[],
): Promise<CommandStudio> {
  const { studio } = await openStudio(path, job, port);
  if (asked.backend) studio.setBackend(asked.backend);
  await replayNamed(studio, asked.recipe, job);
  const { stops, warnings } = studio.document();
  notes.push(...warnings);
  for (const { title, lost, error } of stops) {
    if (error) throw fromErrorRecord(error);
    if (lost.length > 0) notes.push(`${title}: ${lost.length} sites of the recipe were not found again.`);
  }
  return studio;
}

/** A model that cannot be checked is one that does not pass; a wrong call stays one. */
function failing(path: string, error: unknown): Finding {
  if (error instanceof UsageError || (error instanceof CodedError && error.code === 'cancelled')) throw error;
  const record = toErrorRecord(error);
  const sentence = `${path}: the recipe could not be checked: ${record.message}`;
  const value = { ok: false, failures: [sentence], undecided: [], notes: [], checks: [], before: null, after: null };
  return {
    value: { ...value, error: record },
    failures: [sentence],
    lines: [sentence],
    ok: false,
    cells: SIZE_HEADS.map(() => '–'),
    verdict: 'failed',
  };
}

async function checkOne(path: string, args: Arguments, asked: Asked, around: Surroundings): Promise<Finding> {
  const notes: string[] = [];
  try {
    const studio = await applied(path, asked, around, notes);
    const checks = await checksOf({ ...around, path, studio, args, asked, notes });
    const { stops, cursor } = studio.document();
    const [before, after] = [stops[0]?.summary ?? null, stops[cursor]?.summary ?? null];
    return findingOf(checks, notes, { before, after }, asked.strict, around);
  } catch (error) {
    return failing(path, error);
  }
}

type Summaries = Readonly<Record<'before' | 'after', Parameters<typeof sizeCells>[0] | null>>;

function findingOf(
  checks: readonly Check[],
  notes: readonly string[],
  { before, after }: Summaries,
  strict: boolean,
  { output: { paint } }: Surroundings,
): Finding {
  const of = (status: Status): string[] =>
    checks.filter((each) => each.status === status).map(({ sentence }) => sentence);
  const undecided = of('undecided');
  const failures = [...of('broken'), ...(strict ? undecided : [])];
  const ok = failures.length === 0;
  const word = { met: paint('green', 'ok'), broken: paint('red', 'FAIL'), undecided: paint('yellow', 'open') };
  return {
    value: { ok, failures, undecided, notes, checks, before, after },
    failures,
    lines: [
      ...checks.map(({ status, sentence }) => `${word[status]}  ${sentence}`),
      ...notes.map((note) => `note  ${note}`),
      ok ? (undecided.length > 0 ? 'Passes, with what is left undecided above.' : 'Passes.') : (failures[0] ?? ''),
    ],
    ok,
    cells: before && after ? sizeCells(before, after) : SIZE_HEADS.map(() => '–'),
    verdict: ok ? (undecided.length > 0 ? 'passes, open' : 'passes') : 'fails',
  };
}

export const check: Command = {
  name: 'check',
  summary: 'Applies a recipe to models, verifies, measures against bounds, and exits with 1 where one is broken.',
  positionals: ['MODEL…'],
  options: CHECK_OPTIONS,
  notes: [
    'The result is always verified against the original. Nothing is written.',
    '--max-drop with --data and --labels: by how many percentage points top-1 falls. With --data alone: percentage points of samples whose top class is not the original’s. Without data: the same on 64 made-up inputs, which says so in its notes and nothing of real accuracy.',
    '--min-speedup: both are timed in turn, as `whittle bench` does, against what the runtime already makes of the original on load.',
    'Accuracy and time are told with a 95 % interval. A bound is broken where the whole interval lies beyond it, and met where all of it lies within; between, it is undecided: that is said, and passes unless --strict is given. More --samples or --runs narrow the interval. Sizes are counted exactly.',
    MANY_NOTE,
  ],
  examples: [
    'whittle check model.onnx --recipe wasm --max-size 4MB',
    'whittle check model.onnx --recipe wasm --data digits --samples 100 --max-drop 5 --min-speedup 0.5 --budget 3',
    'whittle check "models/*.onnx" --recipe clean --max-drop 5 --json',
  ],
  run(args, output, job) {
    const asked = askedOf(args);
    if (!presetNames().includes(asked.recipe)) readRecipeFile(asked.recipe);
    return overModels(args, output, job, {
      heads: SIZE_HEADS,
      one: (path, around) => checkOne(path, args, asked, around),
      summary: (findings) => ({ failures: findings.flatMap((each) => each?.failures ?? []) }),
    });
  },
};
