/** A linear axis: where a value stands, and where the labels are. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly ticks: readonly number[];
  /** Place of a value, 0 at `from`, 1 at `to`. */
  place(value: number): number;
}

/** The step of 1, 2 or 5 times a power of ten that cuts `span` into at most `count` parts. */
export function niceStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9));
  return (step ?? 10) * power;
}

/** An axis over at least [from, to], its ends on labels. An empty span is widened, so that one value can be drawn. */
export function createAxis(from: number, to: number, count: number): Axis {
  const span = to - from;
  const pad = span > 0 ? 0 : Math.abs(from) * 0.05 || 0.5;
  const step = niceStep(span > 0 ? span : 2 * pad, count);
  const first = Math.floor((from - pad) / step + 1e-9);
  const last = Math.ceil((to + pad) / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const [start, end] = [first * step, last * step];
  return { from: start, to: end, step, ticks, place: (value) => (value - start) / (end - start) };
}

/** As many decimals as the step needs, and no more: `10`, `0.25`. */
export function formatTick(value: number, step: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return value.toFixed(Math.min(decimals, 12)).replace('-', '−');
}

/** An axis by powers of ten over at least [from, to], both above 0; labels at 1, and at 2 and 5 where few powers are there. */
export function createLogAxis(from: number, to: number): Axis {
  const [first, last] = [Math.floor(Math.log10(from) + 1e-9), Math.ceil(Math.log10(Math.max(to, from * 1.001)) - 1e-9)];
  const factors = last - first > 2 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const [start, end] = [powers[0]!, powers.at(-1)!];
  const ticks = powers.flatMap((power) => factors.map((factor) => factor * power)).filter((tick) => tick <= end);
  const place = (value: number): number =>
    (Math.log10(Math.max(value, start)) - Math.log10(start)) / (Math.log10(end) - Math.log10(start));
  return { from: start, to: end, step: start, ticks, place };
}
