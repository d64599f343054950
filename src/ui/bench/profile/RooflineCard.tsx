import { Gauge, Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { FAMILY_NAMES } from '../../../base/families.ts';
import { formatBytes, formatCount, UNKNOWN } from '../../../base/format.ts';
import { three } from '../../../report/profile/bound.ts';
import type { ProfileRow, ProfileView, Roofline } from '../../../report/profile/types.ts';
import type { App } from '../../../state/app.ts';
import { Button } from '../../kit/controls.tsx';
import { FamilyGlyph } from '../../kit/Glyph.tsx';
import { RooflineChart, pointText } from './RooflineChart.tsx';
import { MOST_POINTS, roofPicture, type RoofPicture, type RoofPoint } from './roofline-picture.ts';

/** Families that are drawn, in the order of their nodes. */
function Families({ rows, picture }: { readonly rows: readonly ProfileRow[]; readonly picture: RoofPicture }) {
  const shown = picture.points.map(({ row }) => rows[row]!);
  const families = [...new Set(shown.map(({ family }) => family))];
  return (
    <p className="flex flex-wrap gap-x-3 gap-y-0.5 text-11 text-ink-2">
      {families.map((family) => (
        <span key={family} className="flex items-center gap-1">
          <FamilyGlyph family={family} size={11} />
          {FAMILY_NAMES[family]}
        </span>
      ))}
      {shown.some(({ depthwise }) => depthwise) && <span className="text-ink-3">squares: depthwise</span>}
    </p>
  );
}

/** The same as the picture, node by node. */
function PointTable({ rows, picture }: { readonly rows: readonly ProfileRow[]; readonly picture: RoofPicture }) {
  return (
    <div className="max-h-[364px] overflow-auto" tabIndex={0} role="region" aria-label="Roofline as a table">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col" className="r">
              MACs
            </th>
            <th scope="col" className="r">
              Moved
            </th>
            <th scope="col" className="r">
              FLOP/B
            </th>
            <th scope="col" className="r">
              GFLOP/s
            </th>
            <th scope="col">Bound by</th>
          </tr>
        </thead>
        <tbody>
          {picture.points.map(({ row: index, intensity, gflops }) => {
            const row = rows[index]!;
            return (
              <tr key={index}>
                <td>{row.label}</td>
                <td className="r text-ink-2">{formatCount(row.macs)}</td>
                <td className="r text-ink-2">{formatBytes(row.bytes)}</td>
                <td className="r">{three(intensity)}</td>
                <td className="r">{three(gflops)}</td>
                <td className="text-ink-2">{row.bound?.words ?? UNKNOWN}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const deviceText = ({ peakBy, levels, dispatchUs, kernelUs }: Roofline): string =>
  `Peak by ${peakBy}. Moving ${levels.map(({ bytes, gbs }) => `${formatBytes(bytes)} ${three(gbs)}`).join(', ')} GB/s. A node costs ${three(dispatchUs)} µs beside its work, ${three(kernelUs)} µs while it is profiled.`;

interface Props {
  readonly app: App;
  readonly views: readonly ProfileView[];
  readonly busy: boolean;
}

/** How near each node comes to what this device can do. */
export function RooflineCard({ app, views, busy }: Props) {
  const last = views.length - 1;
  const { rows, roofline } = views[last]!;
  const [table, setTable] = useState(false);
  const [near, setNear] = useState<RoofPoint | null>(null);
  const picture = useMemo(() => roofPicture(rows, roofline), [rows, roofline]);
  const told = near && rows[near.row] ? pointText(rows[near.row]!, near) : null;
  const choose = ({ node }: ProfileRow): void => {
    if (node !== null) void app.actions.goToProfiled(last, node);
  };
  return (
    <section className="card min-w-0 px-[18px] pt-3.5 pb-2.5" aria-label="Roofline">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="h3 grow">Roofline{views.length > 1 ? ', after' : ''}</h2>
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          Show as table
        </Button>
        <Button size="small" icon={Gauge} disabled={busy} onClick={() => void app.actions.measureRoofline()}>
          {roofline ? 'Measure again' : 'Measure the device'}
        </Button>
      </header>
      {picture ? (
        <>
          <div className="mt-0.5 mb-1 flex flex-wrap justify-between gap-x-4 text-11 text-ink-3">
            <p>GFLOP/s reached, by arithmetic intensity</p>
            <Families rows={rows} picture={picture} />
          </div>
          {table ? (
            <PointTable rows={rows} picture={picture} />
          ) : (
            <RooflineChart rows={rows} picture={picture} roofline={roofline} onPoint={setNear} onChoose={choose} />
          )}
          <p className="num min-h-[2.8em] text-11 text-ink-2">
            {told ??
              (roofline
                ? deviceText(roofline)
                : 'Without the ceilings: measuring them takes about ten seconds, once for a backend and a number of threads.')}
          </p>
          {picture.points.length === MOST_POINTS && (
            <p className="num text-11 text-ink-3">The {MOST_POINTS} nodes that take the most time.</p>
          )}
        </>
      ) : (
        <p className="mt-1.5 text-ink-2">Of no node are both the work and the bytes known.</p>
      )}
    </section>
  );
}
