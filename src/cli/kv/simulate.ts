import { formatBytes, formatInteger, formatShare } from '../../base/format.ts';
import type { LayerShape } from '../../kv/cache/layout.ts';
import { DEFAULT_MIX, type Mix } from '../../kv/simulate/mix.ts';
import { simulate, type PolicyResult, type Simulation } from '../../kv/simulate/simulate.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import { parseBytes } from '../quantities.ts';
import { table, type Output } from '../output.ts';
import type { ExitCode } from '../command.ts';

export const SIMULATE_OPTIONS: Options = {
  requests: { type: 'string', value: 'N', help: `simulate: requests to serve (${DEFAULT_MIX.requests})` },
  seed: {
    type: 'string',
    value: 'N',
    help: `simulate: of arrivals and lengths (${DEFAULT_MIX.seed}); needle: of pairs (0)`,
  },
  rate: { type: 'string', value: 'X', help: `simulate: requests that arrive per step (${DEFAULT_MIX.rate})` },
  memory: { type: 'string', value: 'BYTES', help: 'simulate: for all keys and values: 64MB, 1GiB, … (1GB)' },
  block: {
    type: 'string',
    value: '8,16,32',
    help: 'simulate: positions of a block, one or several sizes (8,16,32); paged: one (16)',
  },
  'max-length': {
    type: 'string',
    value: 'N',
    help: `simulate: positions that no request passes (${DEFAULT_MIX.maxLength})`,
  },
  'shared-prefix': {
    type: 'string',
    value: 'SHARE',
    help: `simulate: of requests that begin with a system prompt (${DEFAULT_MIX.sharedPrefix})`,
  },
  prompt: {
    type: 'string',
    value: 'N',
    help: `simulate: tokens of a prompt, in the mean (${DEFAULT_MIX.prompt.mean})`,
  },
  generated: {
    type: 'string',
    value: 'N',
    help: `simulate: tokens that are generated, in the mean (${DEFAULT_MIX.generated.mean})`,
  },
  layers: { type: 'string', value: 'L', help: 'simulate: of the decoder (12)' },
  'kv-heads': { type: 'string', value: 'H', help: 'simulate: heads that have keys and values of their own (12)' },
  'head-size': { type: 'string', value: 'D', help: 'simulate: width of a head (64)' },
};

function parseBlocks(text: string): number[] {
  const blocks = text.split(',').map(Number);
  if (blocks.every((block) => Number.isInteger(block) && block >= 1 && block <= 4096)) return [...new Set(blocks)];
  throw new UsageError(`--block wants whole numbers from 1 to 4096, not ${text}.`);
}

const count = (args: Arguments, name: string, otherwise: number, max: number, min = 1): number =>
  args.number(name, { min, max, integer: true }) ?? otherwise;

function mixFrom(args: Arguments): Mix {
  return {
    ...DEFAULT_MIX,
    requests: count(args, 'requests', DEFAULT_MIX.requests, 100_000),
    seed: count(args, 'seed', DEFAULT_MIX.seed, 2 ** 31 - 1, 0),
    rate: args.number('rate', { min: 1e-4, max: 1000 }) ?? DEFAULT_MIX.rate,
    prompt: { ...DEFAULT_MIX.prompt, mean: count(args, 'prompt', DEFAULT_MIX.prompt.mean, 1e6) },
    generated: { ...DEFAULT_MIX.generated, mean: count(args, 'generated', DEFAULT_MIX.generated.mean, 1e6) },
    maxLength: count(args, 'max-length', DEFAULT_MIX.maxLength, 1e6, 2),
    sharedPrefix: args.number('shared-prefix', { min: 0, max: 1 }) ?? DEFAULT_MIX.sharedPrefix,
  };
}

function layersFrom(args: Arguments): LayerShape[] {
  const width = count(args, 'head-size', 64, 4096);
  const shape: LayerShape = { heads: count(args, 'kv-heads', 12, 1024), keyWidth: width, valueWidth: width };
  return Array.from({ length: count(args, 'layers', 12, 1024) }, () => shape);
}

const NAMES: Readonly<Record<PolicyResult['policy'], string>> = {
  'reserve-max': 'longest length reserved',
  'reserve-exact': 'exact length reserved',
  paged: 'pages of',
  'paged-shared': 'pages of',
};

function row(result: PolicyResult): string[] {
  const { policy, block, waste, fragmented, sequences, timesReserveMax, shared } = result;
  const name = [NAMES[policy], block, policy === 'paged-shared' ? 'shared' : null].filter((part) => part !== null);
  return [
    name.join(' '),
    formatShare(waste.total),
    formatShare(waste.reserved),
    formatShare(waste.internal),
    formatShare(fragmented),
    sequences.mean.toFixed(1),
    sequences.whileOthersWait?.toFixed(1) ?? '–',
    formatInteger(sequences.peak),
    timesReserveMax === null ? '–' : `${timesReserveMax.toFixed(2)}×`,
    formatInteger(result.steps),
    formatInteger(result.preemptions),
    formatInteger(shared.positions),
    formatInteger(shared.savedAtOnce),
    formatBytes(result.peakBytes),
  ];
}

const HEADS = [
  'memory is given as',
  'waste',
  'to come',
  'for good',
  'in pieces',
  'at once',
  'busy',
  'most',
  'gain',
  'steps',
  'put out',
  'shared',
  'saved',
  'peak',
];

function lines({ memory, requests, policies }: Simulation): string[] {
  const { count, prompt, generated, longest } = requests;
  const lengths = `prompts of ${prompt.toFixed(0)} tokens and ${generated.toFixed(0)} more in the mean, ${longest} at most`;
  return [
    `${formatInteger(count)} requests: ${lengths}.`,
    `${formatBytes(memory.bytes)}: ${formatInteger(memory.positions)} positions of ${formatBytes(memory.bytesPerPosition)}.`,
    '',
    ...table([HEADS, ...policies.map(row)], HEADS.map((_, at) => at).slice(1)),
    '',
    'waste: allocated and empty, of all that was allocated: for tokens to come, or for good. in pieces: of the memory,',
    'free but in too small pieces. at once: sequences, in the mean; busy: while others waited; gain: of those, against the',
    'longest length. put out: requests that had to make room. shared: positions that were there already; saved: the most',
    'of them at one time. A step is a token for each that runs, or its whole prompt; moving rows to the host takes none.',
  ];
}

export function runSimulate(args: Arguments, output: Output): ExitCode {
  const mix = mixFrom(args);
  const simulation = simulate({
    mix,
    layers: layersFrom(args),
    memory: parseBytes(args.text('memory') ?? '1GB', 'memory'),
    blocks: parseBlocks(args.text('block') ?? '8,16,32'),
  });
  output.result({ mix, ...simulation }, lines(simulation));
  return 0;
}
