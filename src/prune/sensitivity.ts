import type { SensitivityCurve } from './flatten.ts';
import type { ImportanceId } from './types.ts';

/** How near one output of a changed model stays to the original's. */
export interface Closeness {
  /** Of all elements of all runs taken as one vector. */
  readonly cosine: number;
  /** Mean KL divergence from the original's distribution over the last axis, nats; softmax is taken of what is none. */
  readonly kl: number;
  /** Share of rows (the last axis) whose largest element is at the same place. */
  readonly agreement: number;
}

/** One measured point: one group cut to a width, everything else whole. */
export interface SensitivityPoint {
  /** Share removed, as it was asked for; `kept` is the width nearest to it. */
  readonly ratio: number;
  readonly kept: number;
  /** Of the first output. */
  readonly fidelity: Closeness;
  /** With labels. */
  readonly accuracy: number | null;
}

export interface GroupSensitivity {
  readonly key: string;
  readonly name: string;
  readonly channels: number;
  /** By rising ratio; fewer than were asked for where measuring was cancelled. */
  readonly points: readonly SensitivityPoint[];
}

export interface Sensitivity {
  /** How the channels that go were ranked. */
  readonly importance: ImportanceId;
  readonly seed: number;
  readonly runs: number;
  /** Of the model as it is, with labels. */
  readonly accuracy: number | null;
  readonly groups: readonly GroupSensitivity[];
}

/** What harm is read from. */
export type HarmId = 'kl' | 'agreement' | 'cosine' | 'accuracy';

/** Accuracy where there are labels, else the KL divergence. */
export const usualHarm = ({ accuracy }: Pick<Sensitivity, 'accuracy'>): HarmId =>
  accuracy === null ? 'kl' : 'accuracy';

/** What a cut costs in quality, 0 for nothing: nats of KL, or what is lost of the other three; NaN: no number. */
export function harmOf(
  { accuracy }: Pick<Sensitivity, 'accuracy'>,
  point: Pick<SensitivityPoint, 'fidelity' | 'accuracy'>,
  harm: HarmId,
): number {
  if (harm === 'kl') return point.fidelity.kl;
  if (harm === 'accuracy') return Math.max(0, (accuracy ?? NaN) - (point.accuracy ?? NaN));
  return Math.max(0, 1 - point.fidelity[harm]);
}

/** The harm of each point. What is no number (outputs that overflow) is worse than anything that is one. */
export const curvesOf = (found: Sensitivity, harm: HarmId): SensitivityCurve[] =>
  found.groups.map(({ key, points }) => ({
    key,
    ratios: points.map((point) => point.ratio),
    harms: points.map((point) => {
      const value = harmOf(found, point, harm);
      return Number.isFinite(value) ? value : Infinity;
    }),
  }));

/** Both findings in one; where both have a point, the later one counts. */
export function merged(known: Sensitivity | null, more: Sensitivity): Sensitivity {
  if (known === null) return more;
  const groups = new Map(known.groups.map((group) => [group.key, group]));
  for (const group of more.groups) {
    const fresh = new Set(group.points.map((point) => point.ratio));
    const kept = (groups.get(group.key)?.points ?? []).filter((point) => !fresh.has(point.ratio));
    const points = [...kept, ...group.points].sort((a, b) => a.ratio - b.ratio);
    groups.set(group.key, { ...group, points });
  }
  return { ...more, groups: [...groups.values()] };
}
