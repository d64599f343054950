import { CodedError, toErrorRecord, type ErrorRecord } from '../base/error.ts';
import type { ModelSummary } from '../analysis/summary.ts';
import { bytesPair, formatInteger, formatMs, formatPair, plural, UNKNOWN } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import { closeModels, nodePort } from '../engine/node.ts';
import type { RuntimePort } from '../engine/ports.ts';
import { UsageError, type Arguments } from './arguments.ts';
import type { ExitCode } from './command.ts';
import { modelPaths } from './model-paths.ts';
import { table, type Output } from './output.ts';

/** What `--help` says of commands over models. */
export const MANY_NOTE =
  'MODEL is a file, a folder (all .onnx files below it), a pattern such as "models/**/*.onnx", quoted or not, or sample:ID. ' +
  'Several of them, a folder or a pattern end with a table, a row for each model; with --json { ok, models: [...] }. ' +
  'A model that fails does not stop the others; then the exit code is 1.';

/** What a command found of one model. */
export interface Finding {
  /** What `--json` prints of it. */
  readonly value: object;
  readonly lines: readonly string[];
  readonly ok: boolean;
  /** Cells of its row in the summary of several models, between its name and its verdict. */
  readonly cells: readonly string[];
  /** Sentences on what was asked for and does not hold. */
  readonly failures?: readonly string[];
  /** One or two words. */
  readonly verdict: string;
}

/** Nodes and bytes of a model, before → after. */
export const sizeCells = (before: ModelSummary, after: ModelSummary): readonly string[] => [
  `${formatInteger(before.nodes)} → ${formatInteger(after.nodes)}`,
  formatPair(bytesPair(before.bytes, after.bytes)),
];
export const SIZE_HEADS = ['nodes', 'bytes'];

/** What all models of a call share. */
export interface Surroundings {
  /** One runtime: its heap never shrinks, so that one for each would pile up. */
  readonly port: RuntimePort;
  readonly job: Job;
  readonly output: Output;
  /** All models of the call; null: just one was named. */
  readonly all: readonly string[] | null;
}

export interface ManyModels {
  /** Heads of the cells. */
  readonly heads: readonly string[];
  one(path: string, surroundings: Surroundings): Promise<Finding>;
  /** What stands beside `models` in the JSON of several models. */
  summary?(findings: readonly (Finding | null)[]): object;
}

/** One model of several. */
interface Row {
  readonly path: string;
  readonly finding: Finding | null;
  readonly error: ErrorRecord | null;
  readonly ms: number;
}

/**
 * A command over the models that its arguments name. One plain argument prints as ever. Several, a folder or a pattern
 * give a table with a row for each and `{ ok, models: […] }`; a model that fails does not stop the others. 1: one failed.
 */
export async function overModels(args: Arguments, output: Output, job: Job, command: ManyModels): Promise<ExitCode> {
  const { paths, many } = modelPaths(args.positionals);
  const port = nodePort();
  const [first = ''] = paths;
  if (!many) {
    const { value, lines, ok } = await command.one(first, { port, job, output, all: null });
    output.result(value, lines);
    return ok ? 0 : 1;
  }
  const rows: Row[] = [];
  for (const [index, path] of paths.entries()) {
    const around = {
      port,
      all: paths,
      job: toldOf(job, `${index + 1}/${paths.length} ${path}`),
      output: { ...output, note: (line: string) => output.note(`${path}: ${line}`) },
    };
    rows.push(await rowOf(path, () => command.one(path, around)));
    closeModels();
    await job.checkpoint();
  }
  const failed = rows.filter(({ finding }) => finding?.ok !== true).length;
  const models = rows.map(({ path, finding, error, ms }) => ({
    model: path,
    ok: finding?.ok ?? false,
    ...(finding?.value ?? { error }),
    ms,
  }));
  const more = command.summary?.(rows.map(({ finding }) => finding)) ?? {};
  output.result({ ok: failed === 0, ...more, models }, summaryLines(rows, command.heads, output));
  return failed === 0 ? 0 : 1;
}

/** Progress of one of several models says which. */
const toldOf = (job: Job, name: string): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ stage, ...rest }) => job.progress({ ...rest, stage: `${name}: ${stage}` }),
});

async function rowOf(path: string, run: () => Promise<Finding>): Promise<Row> {
  const started = performance.now();
  try {
    const finding = await run();
    return { path, finding, error: null, ms: performance.now() - started };
  } catch (error) {
    // A wrong call is wrong for every model.
    if (error instanceof UsageError || (error instanceof CodedError && error.code === 'cancelled')) throw error;
    return { path, finding: null, error: toErrorRecord(error), ms: performance.now() - started };
  }
}

function summaryLines(rows: readonly Row[], heads: readonly string[], { paint }: Output): string[] {
  const cells = ({ path, finding, error, ms }: Row): string[] => [
    path,
    ...(finding?.cells ?? heads.map(() => UNKNOWN)),
    paint(finding?.ok ? 'green' : 'red', finding?.verdict ?? 'failed'),
    formatMs(ms),
    error?.message ?? (finding?.ok === false ? (finding.lines.at(-1) ?? '') : ''),
  ];
  const failed = rows.filter(({ finding }) => finding?.ok !== true).length;
  const right = [...heads.keys()].map((column) => column + 1);
  return [
    ...table(
      [['model', ...heads, 'verdict', 'time', ''].map((head) => head && paint('bold', head)), ...rows.map(cells)],
      [...right, heads.length + 2],
    ),
    `${plural(rows.length, 'model')}, ${failed === 0 ? 'all well' : `${formatInteger(failed)} failed`}.`,
  ];
}
