import { Table2 } from 'lucide-react';
import { useState } from 'react';
import { formatInteger, formatShare } from '../../../base/format.ts';
import type { AccuracyResult, ClassificationMetrics } from '../../../engine/accuracy/types.ts';
import { Button, Segments } from '../../kit/controls.tsx';
import { className } from './words.ts';

/** Beyond so many classes a picture of all pairs says less than a list of the worst. */
const MOST_DRAWN = 50;
const LISTED = 40;

interface MatrixProps {
  readonly metrics: ClassificationMetrics;
  readonly labels: readonly number[];
  readonly names: readonly string[] | null;
}

/** Rows are labels, columns predictions; the darker, the larger its share of the row. */
function Matrix({ metrics, labels, names }: MatrixProps) {
  const counts = new Map(metrics.confusion.map(({ label, predicted, count }) => [`${label} ${predicted}`, count]));
  const totals = new Map(metrics.classes.map(({ label, total }) => [label, total]));
  const written = labels.length <= 20;
  return (
    <div className="overflow-auto" tabIndex={0} role="region" aria-label="Confusion matrix">
      <table className="confusion num">
        <thead>
          <tr>
            <th scope="col" className="confusion-corner">
              label, taken for
            </th>
            {labels.map((label) => (
              <th key={label} scope="col" title={className(names, label)}>
                {className(names, label).slice(0, 3)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label}>
              <th scope="row" className="ell" title={className(names, label)}>
                {className(names, label)}
              </th>
              {labels.map((predicted) => {
                const count = counts.get(`${label} ${predicted}`) ?? 0;
                const share = count / Math.max(totals.get(label) ?? 1, 1);
                const kind = label === predicted ? 'confusion-right' : 'confusion-wrong';
                const said = `${className(names, label)} taken for ${className(names, predicted)}: ${count}`;
                return (
                  <td
                    key={predicted}
                    className={count > 0 ? kind : undefined}
                    title={said}
                    style={{ '--share': Math.sqrt(share) } as React.CSSProperties}
                  >
                    {written && count > 0 ? formatInteger(count) : ''}
                    {!written && count > 0 && <span className="sr-only">{count}</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The pairs that are confused most, worst first. */
function Pairs({ metrics, names }: Omit<MatrixProps, 'labels'>) {
  const totals = new Map(metrics.classes.map(({ label, total }) => [label, total]));
  const wrong = metrics.confusion.filter(({ label, predicted }) => label !== predicted);
  const worst = wrong.toSorted((a, b) => b.count - a.count).slice(0, LISTED);
  if (worst.length === 0) return <p className="text-ink-2">No sample was taken for another class.</p>;
  return (
    <div className="max-h-80 overflow-auto" tabIndex={0} role="region" aria-label="Confused pairs">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Taken for</th>
            <th scope="col" className="r">
              Samples
            </th>
            <th scope="col" className="r">
              Of its class
            </th>
          </tr>
        </thead>
        <tbody>
          {worst.map(({ label, predicted, count }) => (
            <tr key={`${label} ${predicted}`}>
              <td>{className(names, label)}</td>
              <td>{className(names, predicted)}</td>
              <td className="r">{formatInteger(count)}</td>
              <td className="r text-ink-2">{formatShare(count / Math.max(totals.get(label) ?? 1, 1))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {wrong.length > LISTED && (
        <p className="mt-1 text-11 text-ink-3">{formatInteger(wrong.length - LISTED)} more pairs are in the JSON.</p>
      )}
    </div>
  );
}

/** Which classes are taken for which. */
export function ConfusionCard({ result }: { readonly result: AccuracyResult }) {
  const [which, setWhich] = useState(result.models.length - 1);
  const [list, setList] = useState(false);
  const model = result.models[Math.min(which, result.models.length - 1)];
  if (model?.metrics.kind !== 'classification') return null;
  const { metrics } = model;
  const seen = metrics.confusion.flatMap(({ label, predicted }) => [label, predicted]);
  const labels = [...new Set(seen)].sort((a, b) => a - b);
  const drawn = labels.length <= MOST_DRAWN;
  return (
    <section className="card min-w-0 px-[18px] py-3.5" aria-label="Confusion">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="h3 grow">
          Confusion{' '}
          <span className="text-11 font-regular text-ink-3">
            {drawn && !list ? 'rows are labels, columns what they are taken for' : 'the pairs confused most'}
          </span>
        </h2>
        {result.models.length > 1 && (
          <Segments
            label="Model"
            value={String(which)}
            onChange={(value) => setWhich(Number(value))}
            options={result.models.map(({ name }, index) => ({ value: String(index), label: name }))}
          />
        )}
        {drawn && (
          <Button size="small" variant="ghost" icon={Table2} aria-pressed={list} onClick={() => setList(!list)}>
            Show as table
          </Button>
        )}
      </div>
      {drawn && !list ? (
        <Matrix metrics={metrics} labels={labels} names={result.labelNames} />
      ) : (
        <Pairs metrics={metrics} names={result.labelNames} />
      )}
    </section>
  );
}
