import type { BenchRequest, LoadOptions } from '../bench/types.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import { UsageError, type Arguments, type Options } from './arguments.ts';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;
const BACKENDS = ['wasm', 'native'] as const;

/** How a measurement is made; shared by what times whole models. */
export const BENCH_OPTIONS: Options = {
  backend: { type: 'string', value: 'wasm|native', help: 'native: onnxruntime-node, where it is installed (wasm)' },
  threads: { type: 'string', value: 'N[,N…]', help: 'threads (1); several are measured in turn' },
  runs: { type: 'string', value: 'N', help: 'samples of each model (50)' },
  level: { type: 'string', value: LEVELS.join('|'), help: "the runtime's own optimization on load (all)" },
  budget: { type: 'string', value: 'SECONDS', help: 'upper bound for each measurement (60)' },
  rounds: { type: 'string', value: 'N', help: 'rounds, each with sessions of its own (3)' },
  within: { type: 'string', value: 'PERCENT', help: 'go on until the interval is so near the ratio (1.5; 0: do not)' },
  a: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'a session option of A; see --b' },
  b: {
    type: 'string',
    multiple: true,
    value: 'KEY=VALUE',
    help: 'of B: level, arena, memoryPattern, or a config entry as session.disable_prepacking',
  },
};

/** How the command line times where nobody says otherwise. */
export const BENCHED: BenchRequest = {
  backend: 'wasm',
  threads: 1,
  level: 'all',
  runs: 50,
  budgetMs: 60_000,
  rounds: 3,
  heap: true,
  within: 0.015,
};

/** Of single steps: there may be many, and none is worth as long a look as the whole. */
export const STEP_BENCHED: BenchRequest = {
  ...{ backend: 'wasm', threads: 1, level: 'all' },
  ...{ runs: 30, budgetMs: 20_000, rounds: 3, heap: false },
};

/** One request for each number of threads. */
export function benchRequests(args: Arguments, sessions: readonly (LoadOptions | null)[]): readonly BenchRequest[] {
  const backend: RuntimeBackend = args.choice('backend', BACKENDS) ?? 'wasm';
  const within = args.number('within', { min: 0, max: 50 }) ?? 1.5;
  const loads = { a: { ...sessions[0], ...loadOf(args, 'a') }, b: { ...sessions[1], ...loadOf(args, 'b') } };
  const common = {
    backend,
    level: args.choice('level', LEVELS) ?? 'all',
    runs: args.number('runs', { min: 3, max: 10_000, integer: true }) ?? 50,
    budgetMs: (args.number('budget', { min: 1, max: 3600 }) ?? 60) * 1000,
    rounds: args.number('rounds', { min: 1, max: 100, integer: true }) ?? 3,
    heap: true,
    loads,
    ...(within > 0 ? { within: within / 100 } : {}),
  };
  return threadsOf(args).map((threads) => ({ ...common, threads }));
}

function threadsOf(args: Arguments): readonly number[] {
  const counts = (args.text('threads') ?? '1').split(',').map(Number);
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 64)) return counts;
  throw new UsageError(`--threads wants whole numbers from 1 to 64, as 1,2,4, not ${args.text('threads')}.`);
}

/** `--b level=basic --b session.disable_prepacking=1`: options by their own names, the rest are config entries. */
function loadOf(args: Arguments, side: 'a' | 'b'): LoadOptions {
  const given = new Map(args.texts(side).map((entry) => assignment(side, entry)));
  const level = given.get('level');
  const flag = (name: 'arena' | 'memoryPattern'): LoadOptions => {
    const value = given.get(name);
    return value === undefined ? {} : { [name]: choiceOf(side, name, value, ['true', 'false'] as const) === 'true' };
  };
  const config = [...given].filter(([key]) => !['level', 'arena', 'memoryPattern'].includes(key));
  return {
    ...(level === undefined ? {} : { level: choiceOf(side, 'level', level, LEVELS) }),
    ...flag('arena'),
    ...flag('memoryPattern'),
    ...(config.length > 0 ? { config: Object.fromEntries(config) } : {}),
  };
}

function assignment(side: string, entry: string): readonly [string, string] {
  const at = entry.indexOf('=');
  if (at < 1) throw new UsageError(`--${side} wants KEY=VALUE, not ${entry}.`);
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function choiceOf<T extends string>(side: string, key: string, value: string, choices: readonly T[]): T {
  const found = choices.find((each) => each === value);
  if (found === undefined) throw new UsageError(`--${side} ${key} is one of ${choices.join(', ')}, not ${value}.`);
  return found;
}
