import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { useRef } from 'react';
import { formatError, UNKNOWN } from '../../../base/format.ts';
import type { LabValue } from '../../../engine/verify-lab/types.ts';
import { standingOf } from './chart.ts';

const ROW_HEIGHT = 27;
const HEADS = ['', 'Node', 'Value', 'Shape', 'Max abs', 'Max rel', 'Cosine', 'Allowed', 'Verdict'] as const;
/** The columns that hold words; all others are numbers. */
const WORDS: ReadonlySet<string> = new Set(['Node', 'Value', 'Shape', 'Verdict']);

/** What a value is said to be; `free`: it was meant to change. */
function verdictOf(value: LabValue, free: boolean): { text: string; tone: string } {
  switch (standingOf(value)) {
    case 'ok':
      return { text: '✓ agrees', tone: 'text-added' };
    case 'unsure':
      return { text: '? sensitive', tone: 'text-warning' };
    case 'off':
      return free ? { text: '~ changes', tone: 'text-changed' } : { text: '× parts', tone: 'text-error' };
  }
}

interface Props {
  readonly values: readonly LabValue[];
  readonly free: boolean;
  /** Null: no canvas shows its node. */
  readonly onChoose: ((index: number) => void) | null;
}

/** Every value inside with its error, in running order; what is out of sight is not drawn. */
export function ValuesTable({ values, free, onChoose }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: values.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  return (
    <div className="values-table overflow-x-auto">
      <div
        role="table"
        aria-label="Errors of the values inside"
        aria-rowcount={values.length + 1}
        className="min-w-[880px]"
      >
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className="values-row values-head">
            {HEADS.map((head) => (
              <span key={head} role="columnheader" className={clsx(!WORDS.has(head) && 'r')}>
                {head === '' ? <span className="sr-only">Place</span> : head}
              </span>
            ))}
          </div>
        </div>
        <div ref={scroller} role="rowgroup" aria-label="Values" tabIndex={0} className="max-h-[324px] overflow-y-auto">
          <div role="presentation" className="relative" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const value = values[index];
              if (!value) return null;
              const { text, tone } = verdictOf(value, free);
              return (
                <div
                  key={index}
                  role="row"
                  aria-rowindex={index + 2}
                  className="values-row num absolute inset-x-0"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <span role="cell" className="r text-ink-3">
                    {index + 1}
                  </span>
                  <span role="cell" className="min-w-0">
                    {onChoose ? (
                      <button
                        type="button"
                        className="ell block max-w-full text-left text-accent hover:underline"
                        title={`Show ${value.producer} in the graph`}
                        onClick={() => onChoose(index)}
                      >
                        {value.producer}
                      </button>
                    ) : (
                      <span className="ell block">{value.producer}</span>
                    )}
                  </span>
                  <span
                    role="cell"
                    className="mono ell"
                    title={value.source === value.name ? value.name : `${value.name}, in A ${value.source}`}
                  >
                    {value.name}
                  </span>
                  <span role="cell" className="ell text-ink-3" title={value.shape}>
                    {value.relation === 'sliced' ? 'kept channels' : value.shape}
                  </span>
                  <span role="cell" className="r">
                    {formatError(value.maxAbs)}
                  </span>
                  <span role="cell" className="r">
                    {formatError(value.maxRel)}
                  </span>
                  <span role="cell" className="r">
                    {Number.isFinite(value.cosine) ? value.cosine.toFixed(4) : UNKNOWN}
                  </span>
                  <span role="cell" className="r text-ink-3">
                    {formatError(value.allowed)}
                  </span>
                  <span role="cell" className={clsx('ell', tone)} title={value.mismatch ?? text}>
                    {text}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
