import { Check, Scale, TriangleAlert, type LucideIcon } from 'lucide-react';
import { formatError, formatInteger, formatShare, UNKNOWN } from '../../../base/format.ts';
import type { AccuracyResult, ModelAccuracy } from '../../../engine/accuracy/types.ts';
import { Badge, type Tone } from '../../kit/controls.tsx';
import { differenceText, differenceVerdict, intervalText, top1Of } from './words.ts';

const VERDICTS: Readonly<Record<'better' | 'worse' | 'not settled', { tone: Tone; icon: LucideIcon; word: string }>> = {
  better: { tone: 'good', icon: Check, word: 'Better' },
  worse: { tone: 'error', icon: TriangleAlert, word: 'Worse' },
  'not settled': { tone: 'warning', icon: Scale, word: 'Not settled' },
};

/** The one number: top-1, the error of a regression, or agreement. */
function headlineOf({ models, pair }: AccuracyResult): { readonly number: string; readonly what: string } {
  const last = models.at(-1);
  const [before, after] = [top1Of(models[0]), top1Of(models[1])];
  if (before && after) return { number: `${formatShare(before.share)} → ${formatShare(after.share)}`, what: 'top-1' };
  const top1 = top1Of(last);
  if (top1) return { number: formatShare(top1.share), what: `top-1, ${intervalText(top1)}` };
  if (last?.metrics.kind === 'regression') return { number: formatError(last.metrics.rmse), what: 'RMSE' };
  if (pair?.agreement != null) return { number: formatShare(pair.agreement), what: 'the same top class' };
  return { number: pair ? pair.cosine.toFixed(4) : UNKNOWN, what: 'cosine' };
}

type Row = readonly [string, (model: ModelAccuracy) => string | null];
const ROWS: readonly Row[] = [
  ['Top-1', ({ metrics }) => (metrics.kind === 'classification' ? formatShare(metrics.top1.share) : null)],
  ['95 % interval', ({ metrics }) => (metrics.kind === 'classification' ? intervalText(metrics.top1) : null)],
  [
    'Top-5',
    ({ metrics }) => (metrics.kind === 'classification' && metrics.top5 ? formatShare(metrics.top5.share) : null),
  ],
  ['Cross entropy', ({ metrics }) => (metrics.kind === 'classification' ? metrics.crossEntropy.toFixed(4) : null)],
  [
    'Calibration error',
    ({ metrics }) => (metrics.kind === 'classification' ? formatShare(metrics.calibrationError) : null),
  ],
  ['RMSE', ({ metrics }) => (metrics.kind === 'regression' ? formatError(metrics.rmse) : null)],
  ['MAE', ({ metrics }) => (metrics.kind === 'regression' ? formatError(metrics.mae) : null)],
  ['Largest error', ({ metrics }) => (metrics.kind === 'regression' ? formatError(metrics.largest) : null)],
  ['R²', ({ metrics }) => (metrics.kind === 'regression' ? (metrics.r2?.toFixed(4) ?? UNKNOWN) : null)],
  [
    'Your own error',
    ({ metrics }) => (metrics.kind === 'regression' && metrics.own !== null ? formatError(metrics.own) : null),
  ],
];

/** What came out, for one model or two side by side. */
export function Headline({ result }: { readonly result: AccuracyResult }) {
  const { number, what } = headlineOf(result);
  const { models, pair, samples, count, output } = result;
  const verdict = differenceVerdict(result);
  const look = verdict && VERDICTS[verdict];
  const rows = ROWS.map(([title, read]) => [title, models.map(read)] as const).filter(([, cells]) =>
    cells.some((cell) => cell !== null),
  );
  return (
    <section className="card accuracy-headline px-5 py-4" aria-label="Accuracy">
      <div className="min-w-0">
        <div className="flex items-center gap-2">
          {look && (
            <Badge tone={look.tone} icon={look.icon}>
              {look.word}
            </Badge>
          )}
          <span className="num text-11 text-ink-3">
            {formatInteger(samples)} of {formatInteger(count)} samples · output <span className="mono">{output}</span>
          </span>
        </div>
        <p className="bench-headline num">{number}</p>
        <p className="num mt-0.5 text-13 text-ink-2">{what}</p>
        {verdict && <p className="mt-2 max-w-[60ch] text-ink-2">{differenceText(result)}</p>}
        {pair && (
          <p className="num mt-1.5 text-11 text-ink-3">
            {pair.agreement !== null && `the same top class on ${formatShare(pair.agreement)} · `}
            {pair.kl !== null && `KL ${pair.kl.toFixed(4)} · `}cosine {pair.cosine.toFixed(6)}
          </p>
        )}
        {result.software && <p className="mt-1.5 text-11 text-warning">Run on a WebGPU adapter that is software.</p>}
        {result.notes.slice(-1).map(
          (note) =>
            note.startsWith('At a label offset') && (
              <p key={note} className="mt-1.5 text-12 text-warning">
                {note}
              </p>
            ),
        )}
      </div>
      {rows.length > 0 && (
        <table className="table num self-center" aria-label="Figures">
          <thead>
            <tr>
              <th scope="col">
                <span className="sr-only">Quantity</span>
              </th>
              {models.map(({ name }) => (
                <th key={name} scope="col" className="r">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([title, cells]) => (
              <tr key={title}>
                <td className="text-ink-2">{title}</td>
                {cells.map((cell, index) => (
                  <td key={models[index]?.name} className="r">
                    {cell ?? UNKNOWN}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
