import { formatInteger } from '../../base/format.ts';
import type { ReportFinding, ReportSeries, ReportTable, ReportTone } from '../types.ts';

const TONES: ReadonlyMap<string, ReportTone> = new Map([
  ['dense', 'before'],
  ['sliding-window', 'norm'],
  ['streaming', 'warning'],
  ['int8', 'after'],
  ['paged', 'pool'],
]);

/** How the line of a policy is drawn. Pages hold what all of them hold: dashed, so that both are seen. */
export const policyLine = (policy: string): Pick<ReportSeries, 'shape' | 'tone'> => ({
  shape: policy === 'paged' ? 'dashed' : 'line',
  tone: TONES.get(policy) ?? 'fused',
});

/** One way of keeping keys and values, on a text. */
export interface KeptText {
  readonly title: string;
  /** `dense`, `sliding-window`, … */
  readonly policy: string;
  /** Positions from `from` on, so many of them, and the perplexity of those alone. */
  readonly buckets: readonly { readonly from: number; readonly tokens: number; readonly perplexity: number }[];
}

/** How well each policy foretells a text, by position. */
export function perplexityFinding(
  tokens: number,
  text: string,
  policies: readonly KeptText[],
  table: ReportTable | null = null,
): ReportFinding {
  return {
    title: 'Perplexity by position',
    note: `${formatInteger(tokens)} tokens of ${text}`,
    words: [],
    chart: {
      label: 'Perplexity of each policy against the position in the text',
      x: { title: 'position', log: false },
      y: { title: 'perplexity', log: true },
      series: policies.map(({ title, policy, buckets }) => ({
        name: title,
        ...policyLine(policy),
        points: buckets.map(({ from, tokens: count, perplexity }) => [from + count / 2, perplexity]),
      })),
    },
    table,
  };
}
