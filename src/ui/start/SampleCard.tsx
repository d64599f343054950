import { useMemo } from 'react';
import { formatBytes, plural } from '../../base/format.ts';
import type { SampleInfo } from '../../samples/types.ts';

const ROWS = 9;
const WIDTH = 152;
const HEIGHT = 74;
/** How wide a family is drawn, as a share of its column: work that holds weights is wide. */
const SHARES: Readonly<Record<string, number>> = {
  conv: 0.8,
  dense: 0.8,
  attn: 0.6,
  pool: 0.5,
  norm: 0.44,
  shape: 0.36,
};

interface Cells {
  readonly family: string;
  readonly path: string;
}

/** Nodes in order, folded into columns of nine, one path a family. */
function cellPaths(families: readonly string[]): readonly Cells[] {
  const columns = Math.max(1, Math.ceil(families.length / ROWS));
  const pitch = Math.min(30, WIDTH / columns);
  const left = (WIDTH - pitch * columns) / 2;
  const paths = new Map<string, string>();
  families.forEach((family, index) => {
    const width = Math.max(1.5, pitch * (SHARES[family] ?? 0.28));
    const x = left + pitch * (Math.floor(index / ROWS) + 0.5) - width / 2;
    const y = 1 + (index % ROWS) * 8.2;
    const rect = `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v5.6h-${width.toFixed(1)}z`;
    paths.set(family, (paths.get(family) ?? '') + rect);
  });
  return [...paths].map(([family, path]) => ({ family, path }));
}

/** A graph as a small picture: a cell per node, coloured by family. */
function CellPicture({ cells, className }: { readonly cells: readonly string[]; readonly className?: string }) {
  const paths = useMemo(() => cellPaths(cells), [cells]);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={className} aria-hidden="true">
      {paths.map(({ family, path }) => (
        <path key={family} className={`f-${family}`} d={path} fill="var(--f)" opacity=".83" />
      ))}
    </svg>
  );
}

export function SampleCard({ sample, onOpen }: { readonly sample: SampleInfo; readonly onOpen: () => void }) {
  return (
    <button
      type="button"
      onClick={onOpen}
      className="card group flex overflow-hidden text-left transition-colors duration-[80ms] hover:bg-hover"
    >
      <span className="m-px mr-0 flex w-[46%] items-center justify-center rounded-l-[9px] border-r border-line-soft bg-canvas p-3">
        <CellPicture cells={sample.cells} className="w-full" />
      </span>
      <span className="flex min-w-0 flex-1 flex-col px-3.5 py-3">
        <span className="h3">{sample.title}</span>
        <span className="mt-px text-11 text-ink-2">{sample.about}</span>
        <span className="num mt-auto pt-2 text-11 text-ink-3">
          {plural(sample.nodes, 'node')} · {formatBytes(sample.bytes)}
        </span>
        <span className="mt-0.5 text-11 text-ink-2">{sample.tryIt}</span>
      </span>
    </button>
  );
}
