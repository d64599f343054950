import { useVirtualizer } from '@tanstack/react-virtual';
import { Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { formatInteger } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { VALUES_PAGE, valuesKey } from '../../../state/inspection.ts';
import { Button } from '../../kit/controls.tsx';
import { useInspection } from '../../kit/use-store.ts';
import { placeOf, type TensorSubject } from './subject.ts';

const ROW_HEIGHT = 20;
/** Rows that can be scrolled to from the first one on; the field reaches the rest. */
const REACH = 100_000;
const MINUS = '\u2212';

interface RowProps {
  readonly app: App;
  readonly tensor: TensorSubject;
  readonly index: number;
}

function Row({ app, tensor, index }: RowProps) {
  const page = Math.floor(index / VALUES_PAGE);
  const entry = useInspection(app, (state) => state.values[valuesKey(tensor.ref, page)]);
  const text = entry?.state === 'ready' ? entry.result.texts[index % VALUES_PAGE] : undefined;
  return (
    <>
      <span role="cell" className="ell text-ink-3">
        {placeOf(index, tensor.shape)}
      </span>
      <span role="cell" className="ell text-right" title={text}>
        {text === undefined ? '' : tensor.dtype === 'string' ? text : text.replaceAll('-', MINUS)}
      </span>
    </>
  );
}

/** Where the table begins: a flat index. */
function StartField({ size, start, onChange }: { size: number; start: number; onChange: (start: number) => void }) {
  return (
    <label className="flex items-center gap-1.5 text-11 text-ink-3">
      from element
      <input
        type="number"
        className="select num w-24"
        min={0}
        max={Math.max(0, size - 1)}
        value={start}
        onChange={(event) => onChange(Math.max(0, Math.min(size - 1, Math.floor(event.target.valueAsNumber || 0))))}
      />
    </label>
  );
}

/** Every element with its place, fetched as it is scrolled to; strings too. */
export function ValuesTable({ app, tensor }: { readonly app: App; readonly tensor: TensorSubject }) {
  const size = tensor.shape.reduce((product, each) => product * each, 1);
  const [start, setStart] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const count = Math.min(REACH, size - start);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  });
  const items = rows.getVirtualItems();
  const first = Math.floor((start + (items[0]?.index ?? 0)) / VALUES_PAGE);
  const last = Math.floor((start + (items.at(-1)?.index ?? 0)) / VALUES_PAGE);
  const failed = useInspection(app, (state) => {
    const entry = state.values[valuesKey(tensor.ref, first)];
    return entry?.state === 'failed' ? entry.error.message : null;
  });
  useEffect(() => {
    if (size === 0) return;
    for (let page = first; page <= last; page++) app.actions.loadValues(tensor.ref, page);
  }, [app, tensor, first, last, size]);
  const copy = async (): Promise<void> => {
    const text = await app.actions.valuesText(tensor.ref, start);
    if (text !== null) await navigator.clipboard?.writeText(text);
  };
  if (size === 0) return <p className="text-11 text-ink-3">It has no elements.</p>;
  return (
    <div className="mt-1.5">
      <div className="mb-1 flex items-center justify-between gap-2">
        <StartField size={size} start={start} onChange={setStart} />
        <Button size="small" variant="ghost" icon={Copy} onClick={() => void copy()}>
          Copy {formatInteger(Math.min(10_000, size - start))}
        </Button>
      </div>
      {failed !== null && <p className="text-11 text-warning">{failed}</p>}
      <div
        ref={scroller}
        role="table"
        aria-label="Values"
        aria-rowcount={size}
        tabIndex={0}
        className="ins-values mono"
      >
        <div role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={start + item.index + 1}
              className="ins-values-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Row app={app} tensor={tensor} index={start + item.index} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
