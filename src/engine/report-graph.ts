import { diffModels } from '../analysis/graph-diff.ts';
import type { GraphDiff } from '../analysis/graph-diff-types.ts';
import { unionView } from '../analysis/graph-diff-view.ts';
import { idOfRemoved, type ChangeKind } from '../base/changes.ts';
import { FAMILIES } from '../base/families.ts';
import type { Job } from '../base/job.ts';
import type { GraphView } from '../ir/view.ts';
import { layoutGraph } from '../layout/layout.ts';
import type { GraphLayout } from '../layout/types.ts';
import type { ReportGraph } from '../report/types.ts';
import type { Stop } from './document.ts';

/** Bytes of weights that are compared where steps made new ones; beyond them a node counts as the same. */
const WEIGHTS = 64e6;
/** Boxes beyond this many are not drawn: nobody would see them, and the file would be too large. */
const MOST = 6000;

/** Both stops in one picture, laid out as the comparison shows them; null: there is more than can be drawn. */
export async function reportGraph(before: Stop, after: Stop, job: Job): Promise<ReportGraph | null> {
  if (before.summary.nodes + after.summary.nodes > 2 * MOST) return null;
  const diff = await diffModels(before.analysis, after.analysis, { lineage: true, weightBudget: WEIGHTS, job });
  const view = unionView(before.picture([]).view, after.picture([]).view, diff);
  const layout = layoutGraph(view);
  const rows = [...view.nodeIds.keys()].filter((row) => layout.hidden[row] === 0);
  const { folded } = layout;
  const boxes = [...folded.groups.keys()];
  if (rows.length + boxes.length > MOST) return null;
  const letters = lettersOf(diff);
  const round = Math.round;
  return {
    ...{ width: Math.ceil(layout.width), height: Math.ceil(layout.height) },
    ops: view.opTypes,
    families: Array.from(view.opFamilies, (family) => FAMILIES[family] ?? 'unknown'),
    op: [...rows.map((row) => view.nodeOps[row]!), ...boxes.map(() => -1)],
    name: [...rows.map((row) => view.nodeNames[row]!), ...boxes.map((box) => view.groups.names[folded.groups[box]!]!)],
    detail: [
      ...rows.map((row) => view.nodeDetails[row]!),
      ...boxes.map((box) => insideText(view, folded.groups[box]!)),
    ],
    marks: rows.map((row) => letters.get(view.nodeIds[row]!) ?? 's').join('') + 's'.repeat(boxes.length),
    cost: [...rows.map((row) => costOf(view, row)), ...boxes.map(() => 0)],
    x: [...rows.map((row) => round(layout.x[row]!)), ...boxes.map((box) => round(folded.x[box]!))],
    y: [...rows.map((row) => round(layout.y[row]!)), ...boxes.map((box) => round(folded.y[box]!))],
    w: [...rows.map((row) => round(layout.widths[row]!)), ...boxes.map((box) => round(folded.widths[box]!))],
    h: [...rows.map((row) => round(layout.heights[row]!)), ...boxes.map((box) => round(folded.heights[box]!))],
    wires: wiresPath(layout),
  };
}

const insideText = (view: GraphView, group: number): string => `${view.groups.sizes[group]} nodes inside`;

function costOf({ macs, elementwise }: GraphView, row: number): number {
  const known = (value: number | undefined): number => (value !== undefined && Number.isFinite(value) ? value : 0);
  return known(macs[row]) + known(elementwise[row]);
}

const SAME: ReadonlySet<ChangeKind> = new Set(['renamed', 'unread']);

/** By the ids that nodes have in the picture of both. */
function lettersOf({ changes }: GraphDiff): ReadonlyMap<number, string> {
  const letters = new Map<number, string>();
  for (const { kind, before, after } of changes) {
    if (SAME.has(kind)) continue;
    // One node against one that differs is drawn once.
    if (kind !== 'changed') for (const id of before) letters.set(idOfRemoved(id), 'r');
    for (const id of after) letters.set(id, kind === 'changed' ? 'c' : 'a');
  }
  return letters;
}

/** Each route as `Mx yLx y…`, in whole px. */
function wiresPath({ routeStarts, routePoints }: GraphLayout): string {
  const parts: string[] = [];
  for (let route = 0; route + 1 < routeStarts.length; route++) {
    let [x, y] = [NaN, NaN];
    for (let at = routeStarts[route]!; at < routeStarts[route + 1]!; at++) {
      const [toX, toY] = [Math.round(routePoints[2 * at]!), Math.round(routePoints[2 * at + 1]!)];
      if (at === routeStarts[route]) parts.push(`M${toX} ${toY}`);
      else if (toX === x && toY !== y) parts.push(`V${toY}`);
      else if (toY === y && toX !== x) parts.push(`H${toX}`);
      else if (toX !== x || toY !== y) parts.push(`L${toX} ${toY}`);
      [x, y] = [toX, toY];
    }
  }
  return parts.join('');
}
