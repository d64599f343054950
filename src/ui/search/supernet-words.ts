import { formatInteger, plural } from '../../base/format.ts';
import type { GeneKind } from '../../search/genome.ts';
import type { LookedAt, SupernetLook } from '../../search/supernet/types.ts';
import type { SupernetMark } from '../../search/types.ts';
import { supernetLeft, type SupernetRun } from '../../state/supernet-run.ts';
import { metricOf, type Metric } from '../train/chart.ts';
import { paceText } from '../train/words.ts';
import { sizeText } from '../../search/figures.ts';
import { leftText } from './words.ts';

/** Sub-networks that are looked at, the largest first. */
export const LOOKED_AT: readonly (readonly [LookedAt, string])[] = [
  ['full', 'Largest'],
  ['middle', 'Middle'],
  ['smallest', 'Smallest'],
];

/** Kinds as a person chooses them, in the order in which they join; heads are widths of attention. */
export const TRAINED_KINDS: readonly (readonly [string, readonly GeneKind[]])[] = [
  ['Kernel', ['kernel']],
  ['Depth', ['depth']],
  ['Width', ['width', 'heads']],
];

/** What teaches is the opened model itself, where there are no labels. */
const TAUGHT: Readonly<Partial<Record<Metric['key'], string>>> = {
  agreement: 'Top class as the opened model’s, held-out samples, %',
  divergence: 'KL to the opened model, held-out samples',
};

/** What held-out samples tell sub-networks by; null: nothing was looked at yet. */
export function supernetMetric(looks: readonly SupernetLook[]): Metric | null {
  const metric = metricOf(looks.flatMap(({ full, middle, smallest }) => [full, middle, smallest]));
  return metric && { ...metric, title: TAUGHT[metric.key] ?? metric.title };
}

/** `240 of 600 · 5.2 steps/s · 70 s left`; while no step was made, the stage. */
export function supernetProgress(run: SupernetRun): string {
  const { step, request, pace, status, stage } = run;
  const count = `${formatInteger(step)} of ${formatInteger(request.steps)}`;
  if (status === 'paused') return `${count} · paused`;
  if (pace === null) return step > 0 ? `${count} · ${stage}` : stage;
  const left = supernetLeft(run);
  const rest = left === null ? '' : left > 0 ? ` · ${leftText(left)} left` : ' · judging';
  return `${count} · ${paceText(pace)}${rest}`;
}

/** What became of it, once it is over. */
export function supernetEnd({ step, from, request, result }: SupernetRun): string {
  const count = `${formatInteger(step)} of ${plural(request.steps, 'step')}`;
  const parts = [
    count,
    ...(from > 0 ? [`went on from ${formatInteger(from)}`] : []),
    ...(result ? [`${formatInteger(result.genes)} genes, ${sizeText(result.size)} sub-networks`] : []),
    ...(result ? [leftText(result.ms)] : []),
  ];
  return parts.join(' · ');
}

const NOUNS: Readonly<Record<GeneKind, string>> = {
  kernel: 'kernels',
  depth: 'depth',
  width: 'widths',
  heads: 'heads',
  resolution: 'resolution',
};

/** That a model is a supernet, and what of it was trained. */
export function markText({ kinds, kernels }: SupernetMark): string {
  const nouns = (kinds ?? []).map((kind) => NOUNS[kind]);
  const last = nouns.at(-1);
  const list = nouns.length > 1 ? `${nouns.slice(0, -1).join(', ')} and ${last}` : last;
  const one = nouns.length === 1 && (kinds?.[0] === 'depth' || kinds?.[0] === 'resolution');
  const trained = list === undefined ? '' : `: its ${list} ${one ? 'was' : 'were'} trained to be cut`;
  const learnt = kernels === 0 ? '' : ` Smaller kernels of ${plural(kernels, 'convolution')} are learnt.`;
  return `This model is a supernet${trained}.${learnt}`;
}
