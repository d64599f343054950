/** How the learning rate goes over a run. */
export interface Schedule {
  readonly kind: 'constant' | 'cosine' | 'step';
  /** Of the first steps: the rate rises evenly from 0. */
  readonly warmUp: number;
  /** `cosine`: share of the rate that is left in the end. */
  readonly floor: number;
  /** `step`: after each such share of the run the rate is multiplied by `factor`. */
  readonly every: number;
  readonly factor: number;
}

export const SCHEDULE: Schedule = { kind: 'cosine', warmUp: 0, floor: 0.01, every: 1 / 3, factor: 0.1 };

/**
 * The learning rate of step `step` of `steps`, counted from 0. Cosine: Loshchilov & Hutter, SGDR (2017), one period.
 *
 * @param rate the highest one
 */
export function rateAt(step: number, steps: number, rate: number, schedule: Schedule): number {
  const { kind, warmUp, floor, every, factor } = schedule;
  if (step < warmUp) return (rate * (step + 1)) / warmUp;
  const share = steps <= warmUp ? 1 : (step - warmUp) / (steps - warmUp);
  if (kind === 'cosine') return rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share)));
  return kind === 'step' ? rate * factor ** Math.floor(share / every + 1e-9) : rate;
}
