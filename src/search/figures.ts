import { formatBytes, formatCount, formatMs, formatShare, formatValue, THIN, UNKNOWN } from '../base/format.ts';
import type { GeneKind } from './genome.ts';
import type { ObjectiveId, QualityId } from './types.ts';

export const OBJECTIVES: readonly ObjectiveId[] = ['latency', 'quality', 'bytes', 'macs', 'peak'];

export const OBJECTIVE_WORDS: Readonly<Record<ObjectiveId, string>> = {
  latency: 'Latency',
  quality: 'Quality',
  bytes: 'Size',
  macs: 'MACs',
  peak: 'Peak memory',
};

export const QUALITY_WORDS: Readonly<Record<QualityId, string>> = {
  accuracy: 'Accuracy',
  agreement: 'Top class kept',
  information: 'Information kept',
  cosine: 'Cosine',
};

/** What a quality is of, beneath a chart. */
export const QUALITY_MEANS: Readonly<Record<QualityId, string>> = {
  accuracy: 'share of samples whose top class is the label',
  agreement: 'share of samples with the original’s top class',
  information: 'share of what the original’s classes tell',
  cosine: 'cosine of all outputs to the original’s',
};

export const KIND_WORDS: Readonly<Record<GeneKind, string>> = {
  width: 'Width by group',
  heads: 'Heads',
  depth: 'Depth',
  kernel: 'Kernel',
  resolution: 'Resolution',
};
export const KINDS: readonly GeneKind[] = ['width', 'heads', 'depth', 'kernel', 'resolution'];

/** `Top class kept` where it is the quality, else the objective. */
export const titleOf = (objective: ObjectiveId, quality: QualityId): string =>
  objective === 'quality' ? QUALITY_WORDS[quality] : OBJECTIVE_WORDS[objective];

/** A cosine is no share. */
export const qualityText = (value: number | null, quality: QualityId): string =>
  quality === 'cosine' ? formatValue(value) : formatShare(value);

export function valueText(objective: ObjectiveId, value: number | null, quality: QualityId): string {
  switch (objective) {
    case 'latency':
      return formatMs(value);
    case 'quality':
      return qualityText(value, quality);
    case 'bytes':
    case 'peak':
      return formatBytes(value);
    case 'macs':
      return formatCount(value);
  }
  return objective satisfies never;
}

/** In what an axis is told: its numbers are values divided by `size`. */
export interface AxisUnit {
  readonly size: number;
  readonly unit: string;
}

const scale = (most: number, scales: readonly AxisUnit[]): AxisUnit =>
  scales.find(({ size }) => most >= size) ?? scales.at(-1) ?? { size: 1, unit: '' };

/** The largest unit that leaves the greatest value at 1 or more. */
export function axisUnit(objective: ObjectiveId, most: number, quality: QualityId): AxisUnit {
  switch (objective) {
    case 'latency':
      return most >= 1000
        ? { size: 1000, unit: 's' }
        : most >= 0.1
          ? { size: 1, unit: 'ms' }
          : { size: 1e-3, unit: 'µs' };
    case 'quality':
      return quality === 'cosine' ? { size: 1, unit: '' } : { size: 0.01, unit: '%' };
    case 'bytes':
    case 'peak':
      return scale(most, [
        { size: 1e9, unit: 'GB' },
        { size: 1e6, unit: 'MB' },
        { size: 1e3, unit: 'kB' },
        { size: 1, unit: 'B' },
      ]);
    case 'macs':
      return scale(most, [
        { size: 1e9, unit: 'G' },
        { size: 1e6, unit: 'M' },
        { size: 1e3, unit: 'k' },
        { size: 1, unit: '' },
      ]);
  }
  return objective satisfies never;
}

/**
 * Objectives as a chart and a table tell them: title, unit of the axis, words for a value.
 *
 * @param values of each network that was judged, in the order of the objectives; what is not finite plays no part
 */
export const figuresOf = (
  objectives: readonly ObjectiveId[],
  quality: QualityId,
  values: readonly (readonly (number | null)[])[],
) =>
  objectives.map((objective, at) => ({
    title: titleOf(objective, quality),
    ...axisUnit(objective, Math.max(...values.map((each) => each[at] ?? 0).filter(Number.isFinite)), quality),
    text: (value: number | null) => valueText(objective, value, quality),
  }));

const RAISED = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/** `≈ 10²¹`; exact while it is small. */
export function sizeText(log10: number): string {
  const count = 10 ** log10;
  if (count < 9999.5) return String(Math.round(count));
  const power = Math.round(log10);
  return `≈${THIN}10${[...String(power)].map((digit) => RAISED[Number(digit)] ?? '').join('')}`;
}

/** Shares of widths: `25 to 100 %, 6 steps, multiples of 4`. */
export function sharesText(shares: readonly number[], roundTo: number): string {
  const sorted = [...new Set(shares)].sort((a, b) => a - b).map((share) => Number((100 * share).toPrecision(3)));
  const [first, last] = [sorted[0] ?? 100, sorted.at(-1) ?? 100];
  const between =
    sorted.length < 3
      ? sorted.join(' or ')
      : sorted.length === 3
        ? `${sorted.slice(0, 2).join(', ')} or ${last}`
        : `${first} to ${last}`;
  const steps = sorted.length > 3 ? `, ${sorted.length} steps` : '';
  return `${between}${THIN}%${steps}${roundTo > 1 ? `, multiples of ${roundTo}` : ''}`;
}

/** A rank or a share beside a dash where nothing is known. */
export const rankText = (rank: number | null): string =>
  rank === null || Number.isNaN(rank) ? UNKNOWN : rank.toFixed(2).replace('-', '−');
