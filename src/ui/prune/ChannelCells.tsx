import { useMemo } from 'react';
import { plural } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { cutFlags } from './cut.ts';

const WIDTH = 364;
const TALLEST = 110;
/** Shades of what is kept, by importance. */
const SHADES = [0.34, 0.52, 0.76, 1] as const;

interface Cells {
  readonly height: number;
  /** One path for each shade. */
  readonly kept: readonly string[];
  readonly ghosts: string;
}

/** Side of a square cell, so that `count` of them fit the card; at least 3 px. */
function cellPitch(count: number): number {
  for (let pitch = 15; pitch > 3; pitch -= 0.5) {
    const columns = Math.floor(WIDTH / pitch);
    if (Math.ceil(count / columns) * pitch <= TALLEST) return pitch;
  }
  return 3;
}

function layOut(group: PruneGroupView, kept: number): Cells {
  const flags = cutFlags(group, kept);
  const pitch = cellPitch(group.atoms);
  const columns = Math.floor(WIDTH / pitch);
  const side = Math.max(2, pitch - (pitch > 8 ? 2 : 1));
  const shades: string[][] = SHADES.map(() => []);
  const ghosts: string[] = [];
  for (let atom = 0; atom < group.atoms; atom++) {
    const x = (atom % columns) * pitch;
    const y = Math.floor(atom / columns) * pitch;
    const shade = Math.min(SHADES.length - 1, Math.floor((group.importance[atom] ?? 0) * SHADES.length));
    if (flags[atom] === 1) ghosts.push(`M${x + 0.5} ${y + 0.5}h${side - 1}v${side - 1}h${1 - side}z`);
    else shades[shade]?.push(`M${x} ${y}h${side}v${side}h${-side}z`);
  }
  const height = Math.ceil(group.atoms / columns) * pitch;
  return { height, kept: shades.map((parts) => parts.join('')), ghosts: ghosts.join('') };
}

interface Props {
  readonly group: PruneGroupView;
  readonly kept: number;
}

/** Channels as they lie in the file: kept ones shaded by importance, cut ones as ghosts. */
export function ChannelCells({ group, kept }: Props) {
  const cells = useMemo(() => layOut(group, kept), [group, kept]);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${cells.height}`}
      className="w-full"
      role="img"
      aria-label={`${plural(group.atoms, 'cell')} in file order`}
    >
      {cells.kept.map((path, index) => (
        <path key={SHADES[index]} d={path} className="cut-bars" opacity={SHADES[index]} />
      ))}
      <path d={cells.ghosts} className="cell-ghost" />
    </svg>
  );
}
