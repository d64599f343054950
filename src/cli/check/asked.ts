import type { BenchRequest } from '../../bench/types.ts';
import { SAMPLE_OPTIONS } from '../accuracy-data.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import { BENCHED } from '../bench-settings.ts';
import { backendOption, BACKENDS } from '../options.ts';
import { parseBytes, parseShare } from '../quantities.ts';
import type { Backend } from '../../rewrite/pass.ts';

export const CHECK_OPTIONS: Options = {
  recipe: {
    type: 'string',
    value: 'clean|wasm|webgpu|portable|edge|FILE',
    help: 'a preset, a recipe file, or a report (HTML or JSON), whose recipe is taken',
  },
  'max-drop': { type: 'string', value: 'X', help: 'accuracy may fall by so many percentage points; see below' },
  'min-speedup': { type: 'string', value: 'Y', help: 'original time / new time is at least Y, as 1.2' },
  'max-size': { type: 'string', value: 'BYTES', help: 'the result is at most so large: 4MB, 900kB, …' },
  'min-shrink': { type: 'string', value: 'SHARE', help: 'the result is smaller by at least this share: 30% or 0.3' },
  strict: { type: 'boolean', help: 'what the measurement leaves undecided counts as a failure too' },
  data: { type: 'string', value: 'D', help: 'samples for --max-drop; see `whittle accuracy`' },
  labels: SAMPLE_OPTIONS.labels,
  samples: { type: 'string', value: 'N', help: 'at most so many of them (all; 64 that are made up)' },
  preprocess: SAMPLE_OPTIONS.preprocess,
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change a field of the preprocessing' },
  'label-offset': SAMPLE_OPTIONS['label-offset'],
  ...backendOption,
  threads: { type: 'string', value: 'N', help: 'threads for times and accuracy (1)' },
  runs: { type: 'string', value: 'N', help: `timed samples of each of the two (${BENCHED.runs})` },
  budget: { type: 'string', value: 'SECONDS', help: `upper bound for timing (${BENCHED.budgetMs / 1000})` },
};

/** What a check asks of every model; null: it does not. */
export interface Asked {
  readonly recipe: string;
  readonly backend: Backend | null;
  /** Percentage points. */
  readonly maxDrop: number | null;
  readonly minSpeedup: number | null;
  /** Bytes. */
  readonly maxSize: number | null;
  /** A share of the original. */
  readonly minShrink: number | null;
  readonly strict: boolean;
  readonly bench: BenchRequest;
}

/** Throws `UsageError` for options that are none, or that would say nothing. */
export function askedOf(args: Arguments): Asked {
  const recipe = args.text('recipe');
  if (recipe === null) throw new UsageError('--recipe is missing: a preset, a recipe file or a report.');
  const maxDrop = args.number('max-drop', { min: 0, max: 100 });
  const readsData = ['data', 'labels', 'samples', 'preprocess', 'label-offset'].find(
    (name) => args.text(name) !== null,
  );
  if (maxDrop === null && readsData !== undefined) {
    throw new UsageError(`--${readsData} is for --max-drop: say by how much accuracy may fall.`);
  }
  if (args.text('labels') !== null && args.text('data') === null) throw new UsageError('--labels needs --data.');
  const [size, shrink] = [args.text('max-size'), args.text('min-shrink')];
  return {
    recipe,
    backend: args.choice('backend', BACKENDS),
    maxDrop,
    minSpeedup: args.number('min-speedup', { min: 0, max: 1000 }),
    maxSize: size === null ? null : parseBytes(size, 'max-size'),
    minShrink: shrink === null ? null : parseShare(shrink, 'min-shrink'),
    strict: args.flag('strict'),
    bench: {
      ...BENCHED,
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      runs: args.number('runs', { min: 6, max: 10_000, integer: true }) ?? BENCHED.runs,
      budgetMs: (args.number('budget', { min: 1, max: 3600 }) ?? BENCHED.budgetMs / 1000) * 1000,
      heap: false,
    },
  };
}
