import { formatBytes, formatInteger, formatShare } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { decoderFacts } from '../../engine/generate/open.ts';
import { perplexity, type Perplexity } from '../../engine/kv/perplexity.ts';
import { nodePort } from '../../engine/node.ts';
import type { Arguments, Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { table, type Output } from '../output.ts';
import { openStudio } from '../studio.ts';
import { comparedPolicies } from './policy-options.ts';
import { requireTokenizer, TEXT_OPTIONS, textAsked, textIds } from './text.ts';

const [LENGTH, BUCKET, SINKS] = [1024, 256, 4];
export const CHUNK = 64;

export const PERPLEXITY_OPTIONS: Options = {
  ...TEXT_OPTIONS,
  bucket: { type: 'string', value: 'N', help: `perplexity: positions of a bucket (${BUCKET})` },
  chunk: { type: 'string', value: 'N', help: `perplexity: positions of a run, where many may come at once (${CHUNK})` },
  threads: { type: 'string', value: 'N', help: 'perplexity, needle: threads (1)' },
};

export const sessionOf = (args: Arguments) =>
  ({
    backend: 'wasm',
    level: 'all',
    threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
  }) as const;

const count = (args: Arguments, name: string, otherwise: number, min: number): number =>
  args.number(name, { min, max: 1_000_000, integer: true }) ?? otherwise;

function lines(found: Perplexity): string[] {
  const { tokens, extended, policies, attention } = found;
  const buckets = policies.flatMap((each) => ('buckets' in each ? [each.buckets] : []))[0] ?? [];
  const heads = buckets.map(({ from, tokens: count }) => `${from}–${from + count - 1}`);
  const rows = policies.map((each) => {
    const sizes = Object.entries(each.options).map(([name, size]) => `${name} ${JSON.stringify(size)}`);
    const name = [each.policy, ...sizes].join(', ');
    if ('reason' in each) return [name, '–'];
    const { perplexity: all, buckets: own, msPerToken, cacheBytes } = each;
    return [
      name,
      all.toFixed(3),
      ...own.map((bucket) => bucket.perplexity.toFixed(3)),
      msPerToken.toFixed(3),
      formatBytes(cacheBytes),
    ];
  });
  const head = ['policy', 'all', ...heads, 'ms/token', 'kept'];
  return [
    `Perplexity of ${formatInteger(tokens)} tokens, each from what is kept of those before it`,
    ...(extended === null ? [] : [`Tables of positions were made ${formatInteger(extended)} rows long.`]),
    '',
    ...table([head, ...rows], head.map((_, at) => at).slice(1)),
    ...policies.flatMap((each) => ('reason' in each ? [`${each.policy}: ${each.reason}`] : [])),
    ...(attention
      ? [
          '',
          `Attention of positions ${attention.from + 1}–${attention.to} on the first ${attention.sinks}, by layer: ${attention.layers
            .map((share) => (share === null ? '?' : formatShare(share)))
            .join(', ')}; evenly it would be ${formatShare(attention.even)}`,
        ]
      : []),
  ];
}

export async function runPerplexity(args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const policies = comparedPolicies(args);
  const sizes = {
    bucket: count(args, 'bucket', BUCKET, 1),
    chunk: count(args, 'chunk', CHUNK, 1),
    sinks: count(args, 'sinks', SINKS, 0),
    settings: sessionOf(args),
  };
  const [path, length] = [textAsked(args), count(args, 'length', LENGTH, 2)];
  const { studio } = await openStudio(args.positionals[1] ?? '', job);
  const { model } = studio.stopOf(0);
  const tokenizer = await requireTokenizer(args, decoderFacts(model).tokenizer);
  const request = { policies, ids: await textIds(path, tokenizer, length), ...sizes };
  const found = await perplexity(model, request, nodePort(), job);
  output.result(found, lines(found));
  return found.policies.every((each) => 'reason' in each) ? 1 : 0;
}
