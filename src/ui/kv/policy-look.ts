import { formatBytes, formatInteger, plural } from '../../base/format.ts';
import type { DecoderView } from '../../engine/kv/lab-types.ts';
import type { LayerShape } from '../../kv/cache/layout.ts';
import { cacheBytes, fewerFrom } from '../../kv/memory.ts';
import type { CachePolicy } from '../../kv/types.ts';
import { POLICY_KINDS, type Policies, type PolicyKind } from '../../state/kv-store.ts';
import { policyTitle } from '../../kv/policy-title.ts';

/** What the model keeps of a position, and in how many bytes an element. */
export interface Kept {
  readonly layers: readonly LayerShape[];
  readonly elementBytes: number;
}

/** Null: nothing is kept, and no cache can be put in. */
export const keptOf = ({ layers, dtype }: DecoderView): Kept | null =>
  layers && { layers, elementBytes: dtype === 'float16' ? 2 : 4 };

/** Colours of lines and cells; each line is called by its name as well. */
export const COLOURS: Readonly<Record<PolicyKind, string>> = {
  dense: 'var(--text-2)',
  'sliding-window': 'var(--op-norm)',
  streaming: 'var(--changed)',
  int8: 'var(--accent)',
  paged: 'var(--op-pool)',
};
export const DASHES: Readonly<Partial<Record<PolicyKind, string>>> = { 'sliding-window': '4 3', streaming: '2 2' };

/** Which positions are kept, in a few words. */
export function keepsText(policy: CachePolicy): string {
  switch (policy.kind) {
    case 'none':
      return 'The whole text is run anew for each token';
    case 'dense':
      return 'Keeps every position';
    case 'sliding-window':
      return `Last ${formatInteger(policy.window)} positions`;
    case 'streaming':
      return `First ${formatInteger(policy.sinks)} and last ${formatInteger(policy.window)}`;
    case 'int8':
      return 'Keys per channel, values per token';
    case 'paged':
      return `Blocks of ${plural(policy.block, 'position')}`;
    default:
      return policy satisfies never;
  }
}

/** What it costs, in a sentence. */
export const COSTS: Readonly<Record<PolicyKind, string>> = {
  dense: 'Nothing is lost; memory grows with the text.',
  'sliding-window': 'What has left the window is forgotten, the beginning too.',
  streaming: 'The middle is forgotten; keys are rotated anew at each step.',
  int8: 'Rounded to eight bits, and turned back at each step.',
  paged: 'Nothing is lost; blocks are put in order at each step.',
};

const FAR = 2 ** 20;

/** Bytes that one more token takes in the long run. */
export function bytesPerToken(policy: CachePolicy, { layers, elementBytes }: Kept): number {
  const period = policy.kind === 'int8' ? policy.group : policy.kind === 'paged' ? policy.block : 1;
  const far = Math.ceil(FAR / period) * period;
  const at = (length: number): number => cacheBytes(policy, layers, length, elementBytes);
  return (at(far + period) - at(far)) / period;
}

export const bytesAt = (policy: CachePolicy, { layers, elementBytes }: Kept, length: number): number =>
  cacheBytes(policy, layers, length, elementBytes);

/** `12.3 kB/token`, or what is kept at most. */
export function rateText(policy: CachePolicy, kept: Kept): string {
  const each = bytesPerToken(policy, kept);
  return each > 0 ? `${formatBytes(each)}/token` : `${formatBytes(bytesAt(policy, kept, FAR))}, fixed`;
}

/** Where one line goes below another one for good, a sentence for each policy; up to so many tokens. */
export function crossings(policies: Policies, kept: Kept, upTo: number): string[] {
  const line = (kind: PolicyKind) => (length: number) => bytesAt(policies[kind], kept, length);
  const isFixed = (kind: PolicyKind): boolean => bytesPerToken(policies[kind], kept) === 0;
  return POLICY_KINDS.flatMap((kind) => {
    const below = POLICY_KINDS.flatMap((other) => {
      // Pages stand a little above all positions: whatever crosses one crosses both. Two windows never part.
      if (kind === other || other === 'paged' || (isFixed(kind) && isFixed(other))) return [];
      const from = fewerFrom(line(kind), line(other), upTo);
      return from === null ? [] : [`${policyTitle(other)} from ${formatInteger(from)} tokens`];
    });
    return below.length === 0 ? [] : [`${policyTitle(kind)} takes less than ${below.join(', than ')}`];
  });
}

export type Cell = 'kept' | 'sink' | 'rest' | 'gone';

/** The text as cells from its first to its last position: what is kept of each. */
export function cellsOf(policy: CachePolicy, length: number, count: number): readonly Cell[] {
  const each = length / count;
  const inCell = (positions: number): number => Math.min(count, Math.max(1, Math.round(positions / each)));
  const all = Array.from({ length: count }, (): Cell => 'kept');
  const last = (positions: number): number => count - inCell(positions);
  switch (policy.kind) {
    case 'sliding-window':
      return length <= policy.window ? all : all.map((cell, at) => (at >= last(policy.window) ? cell : 'gone'));
    case 'streaming': {
      const { sinks, window } = policy;
      const first = sinks === 0 ? 0 : inCell(sinks);
      const ends = length <= sinks + window;
      return all.map((cell, at) => (at < first ? 'sink' : ends || at >= last(window) ? cell : 'gone'));
    }
    case 'int8': {
      const rest = policy.residual === 0 ? 0 : inCell(policy.residual);
      return all.map((cell, at) => (at >= count - rest ? 'rest' : cell));
    }
    case 'none':
    case 'dense':
    case 'paged':
      return all;
    default:
      return policy satisfies never;
  }
}
