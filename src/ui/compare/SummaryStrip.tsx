import { bytesPair, countPair, formatInteger, type Pair } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { Comparison } from '../../engine/compare-types.ts';
import type { App } from '../../state/app.ts';
import { Chip, counted } from '../shell/Metrics.tsx';
import { ModeBar } from './ModeBar.tsx';

/** Nodes are counted one by one, however many. */
const integerPair = (before: number | null, after: number | null): Pair => ({
  before: formatInteger(before),
  after: formatInteger(after),
  unit: '',
});

type Read = (summary: ModelSummary) => number | null;

const FIGURES: readonly (readonly [
  label: string,
  read: Read,
  pair: (before: number | null, after: number | null) => Pair,
])[] = [
  ['Nodes', (summary) => summary.nodes, integerPair],
  ['Parameters', (summary) => summary.parameters, countPair],
  ['MACs', (summary) => summary.macs, countPair],
  ['Size', (summary) => summary.bytes, bytesPair],
  ['Peak memory', (summary) => summary.peakActivationBytes, bytesPair],
];

/** The two models in numbers, before and after; and how they are drawn. */
export function SummaryStrip({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const [a, b] = [result.a.summary, result.b.summary];
  return (
    <div className="cmp-summary">
      <div className="flex" role="group" aria-label="A and B in numbers">
        {FIGURES.map(([label, read, pair]) => (
          <Chip key={label} label={label} pair={pair(read(a), read(b))} {...counted(read(a), read(b))} />
        ))}
      </div>
      <ModeBar app={app} />
    </div>
  );
}
