import { useMemo } from 'react';
import type { PruneGroupView } from '../../prune/types.ts';
import { barHeights, barPath, keptAtoms, sortedImportance } from './cut.ts';

const WIDTH = 120;
const HEIGHT = 20;
const BARS = 60;

interface Props {
  readonly group: PruneGroupView;
  /** Channels that stay. */
  readonly kept: number;
}

/**
 * Sorted importances with the cut. The bars are one path per group; a moving cut only changes what is clipped, so that
 * a slider step costs no drawing.
 */
export function Sparkline({ group, kept }: Props) {
  const path = useMemo(() => barPath(barHeights(sortedImportance(group), BARS), WIDTH, HEIGHT), [group]);
  const at = (keptAtoms(group, kept) / group.atoms) * 100;
  const bars = (className: string, clip: string) => (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={className} style={{ clipPath: clip }}>
      <path d={path} />
    </svg>
  );
  return (
    <span className="spark" aria-hidden="true">
      {bars('spark-kept', `inset(0 ${100 - at}% 0 0)`)}
      {bars('spark-cut', `inset(0 0 0 ${at}%)`)}
      <i style={{ left: `${at}%` }} />
    </span>
  );
}
