import { useEffect, useMemo } from 'react';
import { idOfRemoved, removedOf } from '../../base/changes.ts';
import type { Comparison } from '../../engine/compare-types.ts';
import type { Picture } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import type { CompareMode } from '../../state/compared.ts';
import { changedNodes } from '../../state/comparing.ts';
import { CameraLink, type LinkPartners } from '../canvas/camera-link.ts';
import type { CanvasDiff, CanvasGhosts } from '../canvas/types.ts';
import { useCompare } from '../kit/use-store.ts';

type Which = 'before' | 'after';
const OTHER = { before: 'after', after: 'before' } as const;

/** What many became, drawn over the places of the many: by node of the side where there are fewer. */
function originsOf({ changes, sharedPlaces }: Comparison, which: Which): ReadonlyMap<number, readonly number[]> {
  const kind = which === 'after' ? 'fused' : 'split';
  const groups = sharedPlaces ? changes.filter((change) => change.kind === kind) : [];
  return new Map(groups.flatMap((change) => change[which].map((node) => [node, change[OTHER[which]]] as const)));
}

type SideDiff = CanvasDiff & Required<Pick<CanvasDiff, 'origins'>>;

const diffOf = (result: Comparison, which: Which): SideDiff => ({
  ...changedNodes(result.changes, which),
  origins: originsOf(result, which),
});

/** The changes for one of the two canvases. */
export const useSideDiff = (result: Comparison, which: Which): SideDiff =>
  useMemo(() => diffOf(result, which), [result, which]);

interface OnePicture {
  readonly picture: Picture;
  readonly origin: Picture | null;
  readonly diff: CanvasDiff;
  readonly ghosts: CanvasGhosts | null;
}

function onePicture(result: Comparison, mode: CompareMode, union: Picture | null): OnePicture | null {
  const gone = changedNodes(result.changes, 'before');
  if (mode === 'overlay' && result.sharedPlaces) {
    return {
      picture: result.pictures.b,
      origin: result.pictures.a,
      diff: diffOf(result, 'after'),
      ghosts: { picture: result.pictures.a, nodes: [...gone.removed, ...gone.fused] },
    };
  }
  if (!union) return null;
  const after = changedNodes(result.changes, 'after');
  const removed = [...gone.removed, ...gone.fused].map(idOfRemoved);
  return { picture: union, origin: null, diff: { ...after, removed, origins: new Map() }, ghosts: null };
}

/** The one canvas of the overlay, or of the changes alone; null: its picture is on the way. */
export function useOnePicture(app: App, result: Comparison): OnePicture | null {
  const mode = useCompare(app, (state) => state.mode);
  const union = useCompare(app, (state) => state.union);
  return useMemo(() => onePicture(result, mode, union), [result, mode, union]);
}

/** Selection and focus of the one canvas, whose ids tell A from B. */
export function useOneSelection(app: App) {
  const selected = useCompare(app, (state) => state.selected);
  const focus = useCompare(app, (state) => state.focus);
  const row = useCompare(app, (state) => (state.row === null ? undefined : state.rows[state.row]));
  const request = row && row.nodeAfter === null ? focus.a && { ...focus.a, node: idOfRemoved(focus.a.node) } : focus.b;
  return {
    selected: selected.b ?? (selected.a === null ? null : idOfRemoved(selected.a)),
    focus: request,
    select(node: number | null): void {
      const removed = node === null ? null : removedOf(node);
      if (removed !== null) app.actions.selectCompared('a', removed);
      else app.actions.selectCompared('b', node !== null && node >= 0 ? node : null);
    },
  };
}

/** The link of the two canvases; partners are kept level where the pictures share no places. */
export function useLink({ pairs, changes, sharedPlaces }: Comparison, together: boolean): CameraLink {
  const link = useMemo(() => {
    if (sharedPlaces) return new CameraLink(null);
    const [a, b] = [new Map<number, number>(), new Map<number, number>()];
    const join = (left: number, right: number): void => {
      a.set(left, right);
      b.set(right, left);
    };
    for (let at = 0; at < pairs.length; at += 2) join(pairs[at]!, pairs[at + 1]!);
    for (const { before, after } of changes)
      if (before[0] !== undefined && after[0] !== undefined) join(before[0], after[0]);
    return new CameraLink({ a, b } satisfies LinkPartners);
  }, [pairs, changes, sharedPlaces]);
  useEffect(() => link.turn(together), [link, together]);
  return link;
}
