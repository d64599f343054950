import { CodedError } from '../../base/error.ts';
import { EXACTNESS } from '../../base/exactness.ts';
import { formatError } from '../../base/format.ts';
import type { LabFiles, LabRequest, LabResult } from '../../engine/verify-lab/types.ts';
import { saveFeeds } from '../../engine/node.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { modelAt } from '../model-at.ts';
import { fileAt, filesAt } from '../data-files.ts';
import { keyValues } from '../options.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;
type Level = (typeof LEVELS)[number];

/** A pruned model that runs is no agreement: how close it is stands beside it. */
export function verifyLines(result: VerifyResult): string[] {
  const close = result.class === 'approximation';
  const verdict = close && result.verdict === 'agrees' ? 'approximates' : result.verdict;
  const rows = result.outputs.map((each) => [
    each.ok ? (close ? '~' : 'ok') : 'DIFFERS',
    each.name,
    `max |Δ| ${formatError(each.maxAbs)}`,
    `relative ${formatError(each.maxRel)}`,
    `allowed ${formatError(each.allowed)}`,
    `cosine ${each.cosine.toFixed(6)}`,
  ]);
  return [...table(rows), `${verdict}: ${result.message}`];
}

function labLines({ verify, intermediates, notes }: LabResult): string[] {
  const rows = (intermediates?.values ?? []).map((each) => [
    each.tooSensitive ? '?' : each.ok ? 'ok' : 'PARTS',
    each.producer,
    each.name,
    `max |Δ| ${formatError(each.maxAbs)}`,
    `relative ${formatError(each.maxRel)}`,
    `allowed ${formatError(each.allowed)}`,
  ]);
  return [...table(rows), ...verifyLines(verify), ...notes];
}

/** What `--json` prints: the verdict as ever, and what was found inside beside it. */
function printed({ verify, intermediates, ...rest }: LabResult) {
  const { failing: _, ...told } = verify;
  const { values = null, ...inside } = intermediates ?? {};
  return {
    ...told,
    ...rest,
    intermediates: values,
    inside: intermediates ? inside : null,
    firstPart: rest.parts[0] ?? null,
  };
}

/** Ports that answer to nothing are a finding, not a wrong call. */
function unmatched(error: unknown): CodedError {
  if (error instanceof CodedError && error.data['unmatched'] !== undefined) return error;
  throw error;
}

/** The verdict where nothing could be compared, in the shape of any other. */
const incomparable = ({ message }: CodedError, request: LabRequest) => ({
  ok: false,
  verdict: 'differs',
  class: request.class ?? 'order',
  message,
  outputs: [],
  runs: [],
  level: request.levels[0] ?? 'disabled',
  backend: 'wasm',
  inputs: [],
  intermediates: null,
  firstPart: null,
  matched: null,
});

/** `--levels all,disabled`, or several of them. */
function levelsOf(args: Arguments): readonly Level[] {
  const given = args.texts('levels').flatMap((each) => each.split(','));
  const levels = given.map((name) => {
    const level = LEVELS.find((each) => each === name.trim());
    if (!level) throw new UsageError(`--levels are among ${LEVELS.join(', ')}, not ${name}.`);
    return level;
  });
  return levels.length > 0 ? [...new Set(levels)] : ['disabled', 'all'];
}

function filesOf(args: Arguments): LabFiles | null {
  const path = args.text('inputs');
  const samples = args.number('samples', { min: 1, max: 10_000, integer: true });
  const changes = keyValues(args);
  const tokenizer = args.text('tokenizer');
  if (path === null) {
    if (samples === null && tokenizer === null && Object.keys(changes).length === 0) return null;
    throw new UsageError('--samples, --tokenizer and --set say how inputs are read: they need --inputs.');
  }
  const known = tokenizer === 'bytes' || tokenizer === 'characters' ? tokenizer : null;
  return {
    files: filesAt(path),
    samples,
    changes,
    ...(tokenizer === null ? {} : { tokenizer: known ?? fileAt(tokenizer) }),
  };
}

export const verify: Command = {
  name: 'verify',
  summary: 'Runs two models on the same inputs and compares outputs, recorded outputs and the values inside.',
  positionals: ['A', 'B'],
  options: {
    class: { type: 'string', value: EXACTNESS.join('|'), help: 'how exact B must be (order)' },
    seeds: { type: 'string', value: 'N', help: 'random inputs beside the special ones (3); 0 with --inputs: none' },
    inputs: {
      type: 'string',
      value: 'D',
      help: 'inputs of your own: ONNX test data (with output_N.pb these are compared too), .npz, .npy, or a data set',
    },
    samples: { type: 'string', value: 'N', help: 'how many of them at most (all that were recorded, 8 of a data set)' },
    tokenizer: { type: 'string', value: 'bytes|characters|FILE', help: 'how text becomes ids (bytes)' },
    set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change a field of the preprocessing' },
    backend: { type: 'string', value: 'wasm', help: 'wasm: the only backend of the command line' },
    levels: {
      type: 'string',
      multiple: true,
      value: LEVELS.join('|'),
      help: "the runtime's own optimization on load; several by commas (disabled,all)",
    },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    intermediates: { type: 'boolean', help: 'compare the values inside too, and say where the two part first' },
    'intermediates-at': {
      type: 'string',
      value: LEVELS.join('|'),
      help: 'level of B for them (disabled); at others the runtime has its own part in the differences',
    },
    'save-failing': {
      type: 'string',
      value: 'FILE',
      writes: true,
      help: 'write the input with the worst difference as .npz',
    },
  },
  examples: ['whittle verify model.onnx small.onnx --class weights'],
  async run(args, output, job) {
    const chosen = args.choice('class', EXACTNESS);
    if (!chosen) output.note('No --class was given: judged at `order`.');
    args.choice('backend', ['wasm']);
    const at = args.choice('intermediates-at', LEVELS);
    const files = filesOf(args);
    const request: LabRequest = {
      a: 0,
      b: 'second',
      class: chosen,
      seeds: args.number('seeds', { min: files ? 0 : 1, max: 100, integer: true }) ?? 3,
      backends: ['wasm'],
      levels: levelsOf(args),
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      intermediates: args.flag('intermediates') || at !== null ? { level: at ?? 'disabled', backend: 'wasm' } : null,
    };
    const [a, b] = args.positionals;
    const { studio } = await openStudio(a ?? '', job);
    const { missing } = await studio.openSecond(await modelAt(b ?? ''), job);
    for (const location of missing) output.note(`External data ${location} is missing beside ${b}.`);
    const result = await studio.verifyLab(request, files, job).catch(unmatched);
    if (result instanceof CodedError) {
      output.result(incomparable(result, request), [`differs: ${result.message}`]);
      return 1;
    }
    const { failing } = result.verify;
    const saveTo = args.text('save-failing');
    if (saveTo && failing) saveFeeds(saveTo, failing.feeds);
    output.result(printed(result), labLines(result));
    return result.ok ? 0 : 1;
  },
};
