import { formatBytes, formatInteger, formatShare, plural } from '../../base/format.ts';
import { BLOCK_STATES, type CacheSnapshot } from '../../kv/cache/paged/snapshot.ts';
import type { App } from '../../state/app.ts';
import type { KvState } from '../../state/kv-store.ts';
import { useKv } from '../kit/use-store.ts';
import { useWidth } from '../kit/use-width.ts';

const [SIZE, STEP] = [12, 14];
/** Squares beyond this many are left out of the picture, not of the table. */
const MOST = 2000;

const blocksIn = ({ talks }: KvState): CacheSnapshot | null => talks.left?.blocks ?? talks.right?.blocks ?? null;
const MEANING = {
  cached: 'of earlier texts, for prompts that begin alike',
  evicted: 'of earlier texts, when others wanted room',
} as const;

/** One block: its height of colour is what of it holds positions. */
function Square({
  snapshot,
  at,
  columns,
}: {
  readonly snapshot: CacheSnapshot;
  readonly at: number;
  readonly columns: number;
}) {
  const [x, y] = [(at % columns) * STEP, Math.floor(at / columns) * STEP];
  const state = BLOCK_STATES[snapshot.states[at] ?? 0] ?? 'free';
  const share = (snapshot.filled[at] ?? 0) / snapshot.block;
  const isShared = (snapshot.refs[at] ?? 0) > 1;
  const full = SIZE * share;
  return (
    <g>
      <rect
        className={`kv-block kv-block-${state}`}
        x={x + 0.5}
        y={y + 0.5}
        width={SIZE - 1}
        height={SIZE - 1}
        rx={2}
      />
      {full > 0 && (
        <rect
          className={`kv-fill kv-fill-${state}`}
          x={x}
          y={y + SIZE - full}
          width={SIZE}
          height={full}
          rx={share < 1 ? 1 : 2}
        />
      )}
      {isShared && <path className="kv-shared" d={`M${x + 2} ${y + SIZE - 2}L${x + SIZE - 2} ${y + 2}`} />}
    </g>
  );
}

function Rows({ snapshot }: { readonly snapshot: CacheSnapshot }) {
  const { totals, blockBytes, block, refs, counts } = snapshot;
  const shared = refs.reduce((sum, each) => sum + (each > 1 ? 1 : 0), 0);
  const rows: readonly (readonly [string, number, string])[] = [
    ['In use', totals.used, `${plural(totals.rows, 'position')} of ${formatInteger(totals.used * block)}`],
    ['Shared', shared, shared > 0 ? `${plural(totals.saved, 'block')} saved` : '–'],
    ['Reserved', totals.reserved, '–'],
    ['Cached', totals.cached, totals.cached > 0 ? MEANING.cached : '–'],
    ['Free', totals.free, '–'],
    ['Evicted so far', counts.evict, counts.evict > 0 ? MEANING.evicted : '–'],
  ];
  return (
    <table className="table num mt-2">
      <thead>
        <tr>
          <th scope="col">Blocks</th>
          <th scope="col" className="r">
            Count
          </th>
          <th scope="col" className="r">
            Bytes
          </th>
          <th scope="col" className="r">
            Holds
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, count, holds]) => (
          <tr key={name}>
            <td className="text-ink-2">{name}</td>
            <td className="r">{formatInteger(count)}</td>
            <td className="r text-ink-2">{formatBytes(count * blockBytes)}</td>
            <td className="r text-ink-3">{holds}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const LEGEND = [
  ['used', 'in use, as far as filled'],
  ['reserved', 'reserved'],
  ['cached', 'of earlier texts'],
  ['free', 'free'],
] as const;

function Picture({ snapshot, most }: { readonly snapshot: CacheSnapshot; readonly most: number | null }) {
  const [box, width] = useWidth();
  const columns = Math.max(1, Math.floor((width + STEP - SIZE) / STEP));
  const { totals, block, states } = snapshot;
  const count = Math.min(states.length, MOST);
  const share = totals.waste / Math.max(1, (totals.used + totals.reserved) * block);
  return (
    <>
      <div ref={box} className="kv-blocks">
        <svg
          width={columns * STEP}
          height={Math.ceil(count / columns) * STEP}
          role="img"
          aria-label={`${plural(totals.used, 'block')} in use, ${formatInteger(totals.free)} free; the table below holds the same`}
        >
          {Array.from({ length: count }, (_, at) => (
            <Square key={at} snapshot={snapshot} at={at} columns={columns} />
          ))}
        </svg>
      </div>
      <ul className="flex flex-wrap gap-x-3 gap-y-1 text-11 text-ink-2">
        {LEGEND.map(([state, text]) => (
          <li key={state} className="flex items-center gap-1.5">
            <svg width={10} height={10} aria-hidden="true">
              <rect className={`kv-block kv-block-${state}`} x={0.5} y={0.5} width={9} height={9} rx={2} />
              {state !== 'free' && state !== 'reserved' && (
                <rect className={`kv-fill kv-fill-${state}`} width={10} height={10} rx={2} />
              )}
            </svg>
            {text}
          </li>
        ))}
      </ul>
      <Rows snapshot={snapshot} />
      <p className="num mt-2 text-11 text-ink-2">
        {totals.waste > 0
          ? `${formatShare(share)} of what is in use is empty: the last block waits for tokens.`
          : 'All blocks in use are full.'}{' '}
        {most === null ? 'The pool grows by half when it is full.' : `The pool has ${plural(most, 'block')} at most.`}
      </p>
    </>
  );
}

/** The pool of the paged side, as it is while text comes. */
export function BlockMap({ app }: { readonly app: App }) {
  const snapshot = useKv(app, blocksIn);
  const most = useKv(app, ({ setup }) => setup.blocks);
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Block map">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="h3 grow">Block map</h2>
        {snapshot && (
          <span className="num text-11 text-ink-3">
            {formatInteger(snapshot.totals.used)} of {formatInteger(snapshot.states.length)} blocks of{' '}
            {formatInteger(snapshot.block)}
          </span>
        )}
      </div>
      {snapshot ? (
        <Picture snapshot={snapshot} most={most} />
      ) : (
        <p className="text-12 text-ink-2">
          Choose Pages on one side and run both: each block is drawn as it is taken and filled.
        </p>
      )}
    </section>
  );
}
