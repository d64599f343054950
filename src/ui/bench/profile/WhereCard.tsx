import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { useMemo, useRef, useState } from 'react';
import { formatInteger, UNKNOWN } from '../../../base/format.ts';
import { linesOf, type Grouping, type ProfileLine } from '../../../report/profile/group.ts';
import type { ProfileView } from '../../../report/profile/types.ts';
import type { App } from '../../../state/app.ts';
import { Segments } from '../../kit/controls.tsx';
import { SortHeads, type SortHead } from '../../kit/SortHeads.tsx';
import { FamilyGlyph } from '../../kit/Glyph.tsx';
import {
  boundText,
  changeText,
  changeTone,
  gflopsText,
  isSettled,
  msColumn,
  sortLines,
  type LineColumn,
  type LineSort,
} from './lines.ts';

const ROW_HEIGHT = 27;
const HEAD_HEIGHT = 26;

const HEADS: Readonly<Record<Grouping, string>> = { operator: 'Operator', node: 'Node', block: 'Block' };

interface Column {
  readonly id: LineColumn | 'bars';
  readonly title: string;
  readonly right?: true;
}

function columnsOf(by: Grouping, two: boolean, bounds: boolean): readonly Column[] {
  const times: readonly Column[] = two
    ? [
        { id: 'before', title: 'Before, ms', right: true },
        { id: 'after', title: 'After, ms', right: true },
      ]
    : [{ id: 'after', title: 'Time, ms', right: true }];
  return [
    { id: 'label', title: HEADS[by] },
    ...(by === 'node' ? [] : [{ id: 'calls', title: 'Calls', right: true } as const]),
    ...times,
    { id: 'bars', title: '' },
    ...(two ? [{ id: 'change', title: 'Δ', right: true } as const] : []),
    { id: 'gflops', title: 'GFLOP/s', right: true },
    ...(bounds ? [{ id: 'bound', title: 'Bound by' } as const] : []),
  ];
}

const headOf = ({ id, title, right }: Column): SortHead<LineColumn> => ({
  id,
  title: id === 'bars' ? <span className="sr-only">Bars</span> : title,
  sort: id === 'bars' ? null : id,
  ...(right && { right }),
});

function Bars({ line, most }: { readonly line: ProfileLine; readonly most: number }) {
  const width = (ms: number | null | undefined) => ({ width: `${(100 * (ms ?? 0)) / most}%` });
  return (
    <span className="prof-bars" aria-hidden="true">
      {line.ms.length > 1 && <span className="prof-before" style={width(line.ms[0])} />}
      <span className="prof-after" style={width(line.ms.at(-1))} />
    </span>
  );
}

function Label({ app, line }: { readonly app: App; readonly line: ProfileLine }) {
  const { node, label, detail, family } = line;
  const words = (
    <>
      <span className="ell flex-none max-w-full">{label}</span>
      {detail !== '' && <span className="ell text-ink-3">{detail}</span>}
    </>
  );
  return (
    <>
      {family ? <FamilyGlyph family={family} /> : <span className="w-3 flex-none" />}
      {node ? (
        <button
          type="button"
          className="prof-node"
          title={`${label} ${detail}: show it in the graph`}
          onClick={() => void app.actions.goToProfiled(node.profile, node.id)}
        >
          {words}
        </button>
      ) : (
        <span className="flex min-w-0 gap-2" title={`${label} ${detail}`}>
          {words}
        </span>
      )}
    </>
  );
}

interface LinesProps {
  readonly app: App;
  readonly views: readonly ProfileView[];
  readonly by: Grouping;
}

/** The table: few lines are all there, of many those in sight. */
function Lines({ app, views, by }: LinesProps) {
  const [sort, setSort] = useState<LineSort>({ column: 'after', down: true });
  const lines = useMemo(() => linesOf(views, by), [views, by]);
  const sorted = useMemo(() => sortLines(lines, sort), [lines, sort]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    paddingStart: HEAD_HEIGHT,
  });
  const bounds = by === 'node' && views.some(({ roofline }) => roofline !== null);
  const two = views.length > 1;
  const columns = columnsOf(by, two, bounds);
  const most = Math.max(...lines.flatMap(({ ms }) => ms.map((each) => each ?? 0)), 1e-9);
  const format = msColumn(views.map(({ ms }) => ms));
  const cells = (line: ProfileLine): Readonly<Record<Column['id'], React.ReactNode>> => ({
    label: <Label app={app} line={line} />,
    calls: <span className="text-ink-2">{callsText(line)}</span>,
    before: <span className="text-ink-2">{format(line.ms[0])}</span>,
    after: format(line.ms.at(-1)),
    bars: <Bars line={line} most={most} />,
    change: (
      <span
        className={changeTone(changeText(line), isSettled(line))}
        title={isSettled(line) ? undefined : 'No more than what the turns of these profiles differ by'}
      >
        {changeText(line)}
      </span>
    ),
    gflops: <span className="text-ink-2">{gflopsText(line.gflops)}</span>,
    bound: (
      <span className="ell text-ink-2" title={line.bound?.words}>
        {boundText(line.bound)}
      </span>
    ),
  });
  const onSort = (column: LineColumn): void =>
    setSort({ column, down: sort.column === column ? !sort.down : column !== 'label' && column !== 'bound' });
  return (
    <div
      ref={scroller}
      role="table"
      aria-label="Where the time goes"
      aria-rowcount={sorted.length + 2}
      tabIndex={0}
      className={clsx('prof-table num', two && 'prof-two', by === 'node' && 'prof-nodes', bounds && 'prof-bounds')}
    >
      <div role="rowgroup">
        <SortHeads className="prof-row prof-head" heads={columns.map(headOf)} sort={sort} onSort={onSort} />
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize() - HEAD_HEIGHT }}>
        {rows.getVirtualItems().map((item) => {
          const line = sorted[item.index]!;
          const own = cells(line);
          return (
            <div
              key={line.key}
              role="row"
              aria-rowindex={item.index + 2}
              className="prof-row prof-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {columns.map(({ id, right }) => (
                <span key={id} role="cell" data-right={right ? '' : undefined}>
                  {own[id]}
                </span>
              ))}
            </div>
          );
        })}
      </div>
      <Total views={views} columns={columns} format={format} />
    </div>
  );
}

const callsText = ({ calls }: ProfileLine): string => {
  const now = calls.at(-1) ?? calls[0] ?? null;
  return now === null ? UNKNOWN : formatInteger(Math.round(now));
};

function Total({
  views,
  columns,
  format,
}: {
  readonly views: readonly ProfileView[];
  readonly columns: readonly Column[];
  format(ms: number | null | undefined): string;
}) {
  const last = views.at(-1)!;
  const calls = last.rows.reduce((sum, row) => sum + row.calls, 0);
  const flops = last.rows.reduce((sum, row) => sum + (row.ms === null ? 0 : (row.flops ?? 0)), 0);
  const ms = views.map((view) => view.ms);
  const noise = views.reduce((sum, { spreadMs }) => sum + spreadMs, 0);
  const change = changeText({ ms });
  const own: Readonly<Record<Column['id'], React.ReactNode>> = {
    label: 'Total',
    calls: formatInteger(Math.round(calls)),
    before: format(views[0]?.ms),
    after: format(last.ms),
    bars: '',
    change: <span className={changeTone(change, isSettled({ ms, noise }))}>{change}</span>,
    gflops: gflopsText(flops / last.ms / 1e6),
    bound: '',
  };
  return (
    <div role="rowgroup" className="prof-foot">
      <div role="row" className="prof-row">
        {columns.map(({ id, right }) => (
          <span key={id} role="cell" data-right={right ? '' : undefined}>
            {own[id]}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Where the time goes: by operator, node or block, before beside after. */
export function WhereCard({ app, views }: { readonly app: App; readonly views: readonly ProfileView[] }) {
  const [by, setBy] = useState<Grouping>('operator');
  return (
    <section className="card prof-where" aria-label="Where the time goes">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1 px-[18px] pb-2.5">
        <h2 className="h3 grow">Where the time goes</h2>
        <Segments
          label="Group by"
          value={by}
          onChange={setBy}
          options={[
            { value: 'operator', label: 'By operator' },
            { value: 'node', label: 'By node' },
            { value: 'block', label: 'By block' },
          ]}
        />
      </header>
      <Lines key={by} app={app} views={views} by={by} />
    </section>
  );
}
