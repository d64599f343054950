import { useVirtualizer } from '@tanstack/react-virtual';
import { Copy } from 'lucide-react';
import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import { CHANGE_WORDS } from '../../base/changes.ts';
import { formatCount, formatInteger, formatSignedCount, plural, UNKNOWN } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { shownChanges, type ChangeColumn, type ChangeRow } from '../../state/changes.ts';
import { Button } from '../kit/controls.tsx';
import { SortHeads, type SortHead } from '../kit/SortHeads.tsx';
import { useCompare } from '../kit/use-store.ts';
import { KindGlyph } from './kinds.tsx';

const ROW_HEIGHT = 27;
const HEAD_HEIGHT = 26;

interface Column extends SortHead<ChangeColumn> {
  readonly title: string;
  readonly cell: (row: ChangeRow) => React.ReactNode;
  readonly text: (row: ChangeRow) => string;
}

const cost = (value: number | null): string => (value === null ? UNKNOWN : formatCount(value));

/** What a change saves or costs; where a node is new or gone, all of it. */
function delta(before: number | null, after: number | null): string {
  if (before === null && after === null) return UNKNOWN;
  const change = (after ?? 0) - (before ?? 0);
  return Number.isNaN(change) ? UNKNOWN : change === 0 ? 'same' : formatSignedCount(change);
}

const tone = (text: string): string =>
  text.startsWith('+') ? 'text-removed' : text === 'same' || text === UNKNOWN ? 'text-ink-3' : 'text-added';

const textCell =
  (read: (row: ChangeRow) => string, className = ''): Column['cell'] =>
  (row) => (
    <span className={`ell ${className}`} title={read(row)}>
      {read(row) || UNKNOWN}
    </span>
  );
const shapeText = ({ shapeBefore, shapeAfter }: ChangeRow): string =>
  shapeBefore === shapeAfter ? shapeBefore : `${shapeBefore || UNKNOWN} → ${shapeAfter || UNKNOWN}`;
const macsText = ({ macsBefore, macsAfter }: ChangeRow): string => delta(macsBefore, macsAfter);
const parametersText = ({ parametersBefore, parametersAfter }: ChangeRow): string =>
  delta(parametersBefore, parametersAfter);

const COLUMNS: readonly Column[] = [
  {
    id: 'kind',
    title: 'Change',
    sort: 'kind',
    text: ({ kind }) => CHANGE_WORDS[kind],
    cell: ({ kind }) => (
      <>
        <KindGlyph kind={kind} />
        <span className="ell">{CHANGE_WORDS[kind]}</span>
      </>
    ),
  },
  { id: 'a', title: 'A', sort: 'before', text: ({ before }) => before, cell: textCell(({ before }) => before) },
  { id: 'b', title: 'B', sort: 'after', text: ({ after }) => after, cell: textCell(({ after }) => after) },
  {
    id: 'what',
    title: 'What differs',
    sort: null,
    text: ({ what }) => what,
    cell: textCell(({ what }) => what, 'text-ink-2'),
  },
  { id: 'output', title: 'Output', sort: null, text: shapeText, cell: textCell(shapeText, 'mono text-ink-2') },
  {
    id: 'macs-a',
    title: 'MACs, A',
    sort: null,
    right: true,
    text: ({ macsBefore }) => cost(macsBefore),
    cell: ({ macsBefore }) => <span className="text-ink-2">{cost(macsBefore)}</span>,
  },
  {
    id: 'macs-b',
    title: 'B',
    sort: null,
    right: true,
    text: ({ macsAfter }) => cost(macsAfter),
    cell: ({ macsAfter }) => cost(macsAfter),
  },
  {
    id: 'macs',
    title: 'Δ MACs',
    sort: 'macs',
    right: true,
    text: macsText,
    cell: (row) => <span className={tone(macsText(row))}>{macsText(row)}</span>,
  },
  {
    id: 'parameters',
    title: 'Δ parameters',
    sort: 'parameters',
    right: true,
    text: parametersText,
    cell: (row) => <span className={tone(parametersText(row))}>{parametersText(row)}</span>,
  },
  {
    id: 'step',
    title: 'Steps',
    sort: 'step',
    right: true,
    text: ({ steps }) => steps.join(', '),
    cell: ({ steps }) => <span className="text-ink-2">{steps.join(', ') || UNKNOWN}</span>,
  },
];

function Head({ app }: { readonly app: App }) {
  const sort = useCompare(app, (state) => state.sort);
  return <SortHeads className="cmp-row cmp-columns" heads={COLUMNS} sort={sort} onSort={app.actions.sortChanges} />;
}

function Line({ row, index, at, current, start, onGo }: LineProps) {
  return (
    <div
      role="row"
      id={`change-${index}`}
      aria-rowindex={at + 2}
      aria-selected={current}
      className="cmp-row cmp-line"
      style={{ transform: `translateY(${start}px)` }}
      onClick={onGo}
    >
      {COLUMNS.map(({ id, cell, right }) => (
        <span key={id} role="gridcell" data-right={right ? '' : undefined}>
          {cell(row)}
        </span>
      ))}
    </div>
  );
}
interface LineProps {
  readonly row: ChangeRow;
  readonly index: number;
  readonly at: number;
  readonly current: boolean;
  readonly start: number;
  onGo(): void;
}

function useShown(app: App): readonly number[] {
  const rows = useCompare(app, (state) => state.rows);
  const filter = useCompare(app, (state) => state.filter);
  const sort = useCompare(app, (state) => state.sort);
  return useMemo(() => shownChanges(rows, filter, sort), [rows, filter, sort]);
}

/** Where a key leads from line `at` of `count`; undefined: it is no key of the table. */
const targetOf = (key: string, at: number, last: number): number | undefined =>
  ({
    ArrowDown: Math.min(last, at + 1),
    ArrowUp: Math.max(0, at - 1),
    Home: 0,
    End: last,
    PageDown: Math.min(last, at + PAGE),
    PageUp: Math.max(0, at - PAGE),
    Enter: Math.max(0, at),
  })[key];
const PAGE = 8;

function Toolbar({ app, shown }: { readonly app: App; readonly shown: readonly number[] }) {
  const rows = useCompare(app, (state) => state.rows);
  const copy = (): void => {
    const lines = shown.map((index) => COLUMNS.map((column) => column.text(rows[index]!)));
    const text = [COLUMNS.map(({ title }) => title), ...lines].map((cells) => cells.join('\t')).join('\n');
    void navigator.clipboard.writeText(text);
    app.notices.announce(`${plural(shown.length, 'change')} copied.`);
  };
  const all = formatInteger(rows.length);
  return (
    <header className="flex h-8 flex-none items-center gap-2 px-3.5 text-12">
      <h2 className="h3">Changes</h2>
      <span className="num text-11 text-ink-3">
        {shown.length === rows.length ? all : `${formatInteger(shown.length)} of ${all}`}
      </span>
      <Button variant="ghost" size="small" icon={Copy} className="ml-auto" disabled={shown.length === 0} onClick={copy}>
        Copy as table
      </Button>
    </header>
  );
}

/** Every change as a line; the one that is gone to is in view on the canvases too. */
export function ChangesTable({ app }: { readonly app: App }) {
  const rows = useCompare(app, (state) => state.rows);
  const current = useCompare(app, (state) => state.row);
  const shown = useShown(app);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
    scrollPaddingStart: HEAD_HEIGHT,
    paddingStart: HEAD_HEIGHT,
  });
  const at = current === null ? -1 : shown.indexOf(current);
  useEffect(() => {
    if (at >= 0) lines.scrollToIndex(at, { align: 'auto' });
  }, [at, lines]);

  const onKeyDown = (event: KeyboardEvent): void => {
    // A head that is sorted by keeps Enter for itself.
    const index =
      event.target === event.currentTarget ? shown[targetOf(event.key, at, shown.length - 1) ?? -1] : undefined;
    if (index === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    app.actions.goToChange(index);
  };
  return (
    <>
      <Toolbar app={app} shown={shown} />
      <div
        ref={scroller}
        role="grid"
        aria-label="Changes"
        aria-rowcount={shown.length + 1}
        aria-activedescendant={at >= 0 ? `change-${current}` : undefined}
        tabIndex={0}
        className="cmp-table num"
        onKeyDown={onKeyDown}
      >
        <Head app={app} />
        <div role="presentation" style={{ height: lines.getTotalSize() - HEAD_HEIGHT }}>
          {lines.getVirtualItems().map((item) => {
            const index = shown[item.index]!;
            return (
              <Line
                key={index}
                row={rows[index]!}
                index={index}
                at={item.index}
                current={index === current}
                start={item.start}
                onGo={() => app.actions.goToChange(index)}
              />
            );
          })}
        </div>
        {shown.length === 0 && <p className="px-3.5 py-3 text-12 text-ink-3">No change passes this filter.</p>}
      </div>
    </>
  );
}
