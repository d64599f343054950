import type { Job } from '../../base/job.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { APPLY_OPTIONS, runApply } from '../kv/apply.ts';
import { runExport } from '../kv/export.ts';
import { NEEDLE_OPTIONS, runNeedle } from '../kv/needle.ts';
import { PERPLEXITY_OPTIONS, runPerplexity } from '../kv/perplexity.ts';
import { POLICY_OPTIONS } from '../kv/policy-options.ts';
import { runReport } from '../kv/report.ts';
import { runSimulate, SIMULATE_OPTIONS } from '../kv/simulate.ts';
import type { Output } from '../output.ts';

interface Run {
  readonly does: string;
  /** Whether it is about a model. */
  readonly model: boolean;
  readonly options: Options;
  run(args: Arguments, output: Output, job: Job): ExitCode | Promise<ExitCode>;
}

/** What `whittle kv` can do, by the word behind it. */
const RUNS: Readonly<Record<string, Run>> = {
  report: {
    does: 'what a model keeps of each token, and which policies it could have',
    model: true,
    options: {},
    run: runReport,
  },
  apply: {
    does: 'a decoder that keeps its cache by a policy',
    model: true,
    options: { ...POLICY_OPTIONS, ...APPLY_OPTIONS },
    run: runApply,
  },
  perplexity: {
    does: 'how well each policy foretells a text, by position',
    model: true,
    options: { ...POLICY_OPTIONS, ...PERPLEXITY_OPTIONS },
    run: runPerplexity,
  },
  needle: {
    does: 'whether what stood early in a text is found again',
    model: true,
    options: NEEDLE_OPTIONS,
    run: runNeedle,
  },
  export: {
    does: 'a decoder and a loop in JavaScript that drives it, as a zip',
    model: true,
    options: {},
    run: runExport,
  },
  simulate: {
    does: 'many requests in one memory, reserved whole or in pages',
    model: false,
    options: SIMULATE_OPTIONS,
    run: runSimulate,
  },
};

const words = Object.entries(RUNS).map(([name, { does }]) => `${name}: ${does}.`);

export const kv: Command = {
  name: 'kv',
  summary:
    'What a decoder keeps of each token: reports, policies and their price, exports, many requests in one memory.',
  positionals: ['WHAT', '[MODEL]'],
  words: Object.keys(RUNS),
  notes: words,
  options: Object.assign({}, ...Object.values(RUNS).map(({ options }) => options)) as Options,
  examples: [
    'whittle kv report sample:character-transformer',
    'whittle kv apply sample:character-transformer --policy streaming --window 32 --sinks 4 -o streaming.onnx',
    'whittle kv perplexity sample:character-transformer --text stories --length 32',
    'whittle kv needle sample:character-transformer --text stories --distances 4,16 --key 2',
    'whittle kv export streaming.onnx -o decoder.zip',
    'whittle kv simulate --requests 50',
  ],
  async run(args, output, job) {
    const [what = '', model] = args.positionals;
    const found = RUNS[what];
    if (!found) throw new UsageError(`whittle kv does ${Object.keys(RUNS).join(', ')}, not ${what}.`);
    if (found.model && model === undefined) throw new UsageError('MODEL is missing.');
    if (!found.model && model !== undefined) throw new UsageError(`${model} is one argument too many.`);
    return found.run(args, output, job);
  },
};
