import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronLeft, Table2 } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { formatShare } from '../../../base/format.ts';
import { flameRows, flameTree, pathTo, type FlameBox } from '../../../report/profile/flame.ts';
import type { ProfileRow, ProfileView } from '../../../report/profile/types.ts';
import type { App } from '../../../state/app.ts';
import { Button, Segments } from '../../kit/controls.tsx';
import { FlameChart } from './FlameChart.tsx';
import { msColumn } from './lines.ts';

const ROW_HEIGHT = 27;

/** Every scope and node with its time, as deep as it stands. */
function FlameTable({ root }: { readonly root: FlameBox }) {
  const boxes = useMemo(() => [...flameRows(root)], [root]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: boxes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    paddingStart: ROW_HEIGHT,
  });
  const format = msColumn([root.ms]);
  return (
    <div
      ref={scroller}
      role="table"
      aria-label="Time by scope, as a table"
      aria-rowcount={boxes.length + 1}
      tabIndex={0}
      className="flame-table num"
    >
      <div role="rowgroup">
        <div role="row" className="flame-row prof-head" aria-rowindex={1}>
          <span role="columnheader">Scope or node</span>
          <span role="columnheader" data-right="">
            Time, ms
          </span>
          <span role="columnheader" data-right="">
            Share
          </span>
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize() - ROW_HEIGHT }}>
        {rows.getVirtualItems().map((item) => {
          const { key, label, depth, ms } = boxes[item.index]!;
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={item.index + 2}
              className="flame-row prof-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span role="cell" className="ell" style={{ paddingLeft: depth * 14 }}>
                {label}
              </span>
              <span role="cell" data-right="">
                {format(ms)}
              </span>
              <span role="cell" data-right="" className="text-ink-2">
                {formatShare(ms / root.ms)}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Time by scope, of one of the profiles. */
export function FlameCard({ app, views }: { readonly app: App; readonly views: readonly ProfileView[] }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [focus, setFocus] = useState('');
  const [table, setTable] = useState(false);
  const at = Math.min(chosen ?? views.length - 1, views.length - 1);
  const view = views[at]!;
  const root = useMemo(() => flameTree(view), [view]);
  const path = pathTo(root, focus) ?? [root];
  const shown = path.at(-1)!;
  const choose = ({ node }: ProfileRow): void => {
    if (node !== null) void app.actions.goToProfiled(at, node);
  };
  return (
    <section className="card min-w-0 px-[18px] pt-3.5 pb-3.5" aria-label="Time by scope">
      <header className="mb-2 flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="h3">Time by scope</h2>
        {path.length > 1 && (
          <Button size="small" variant="ghost" icon={ChevronLeft} onClick={() => setFocus(path.at(-2)!.key)}>
            Back to {path.at(-2)!.label}
          </Button>
        )}
        <span className="grow" />
        {views.length > 1 && (
          <Segments
            label="Profile shown by scope"
            value={String(at)}
            onChange={(value) => setChosen(Number(value))}
            options={[
              { value: '0', label: 'Before' },
              { value: '1', label: 'After' },
            ]}
          />
        )}
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          Show as table
        </Button>
      </header>
      {table ? (
        <FlameTable root={root} />
      ) : (
        <FlameChart root={root} rows={view.rows} focus={shown.key} onFocus={setFocus} onChoose={choose} />
      )}
    </section>
  );
}
