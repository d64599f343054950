import { formatInteger } from '../../base/format.ts';
import type { ReportFinding, ReportTable, ReportTone } from '../types.ts';

/** One way of keeping keys and values, on a text. */
export interface KeptText {
  readonly title: string;
  readonly tone: ReportTone;
  readonly isDashed: boolean;
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
      series: policies.map(({ title, tone, isDashed, buckets }) => ({
        name: title,
        shape: isDashed ? 'dashed' : 'line',
        tone,
        points: buckets.map(({ from, tokens: count, perplexity }) => [from + count / 2, perplexity]),
      })),
    },
    table,
  };
}
