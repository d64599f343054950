import { LANE, SLOT } from './metrics.ts';
import type { Net } from './panes.ts';
import type { PaneShape } from './shape.ts';

/** What is nearer than this is the same place. */
const SAME = 0.01;

/** Growing point list of all routes. */
export class RouteBuffer {
  readonly wires: number[] = [];
  readonly sinks: number[] = [];
  readonly starts: number[] = [0];
  private points = new Float32Array(4096);
  private length = 0;

  /** Adds a route; corners that lie on the way already are left out. */
  add(wire: number, sink: number, path: readonly number[]): void {
    const first = this.length;
    for (let i = 0; i < path.length; i += 2) this.point(first, path[i]!, path[i + 1]!);
    this.wires.push(wire);
    this.sinks.push(sink);
    this.starts.push(this.length / 2);
  }
  finish(): Float32Array {
    return this.points.slice(0, this.length);
  }

  private point(first: number, x: number, y: number): void {
    const p = this.points;
    const n = this.length;
    const sameX = n > first && Math.abs(p[n - 2]! - x) < SAME;
    const sameY = n > first && Math.abs(p[n - 1]! - y) < SAME;
    if (sameX && sameY) return;
    if (n >= first + 4 && isBetween(p[n - 4]!, p[n - 3]!, p[n - 2]!, p[n - 1]!, sameX, sameY, x, y)) this.length -= 2;
    const at = this.length;
    if (at + 2 > p.length) {
      this.points = new Float32Array(p.length * 2);
      this.points.set(p);
    }
    this.points[at] = sameX ? p[n - 2]! : x;
    this.points[at + 1] = sameY ? p[n - 1]! : y;
    this.length = at + 2;
  }
}

/** Whether the middle point lies on the straight way between the others, so that dropping it changes nothing. */
function isBetween(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  sameX: boolean,
  sameY: boolean,
  cx: number,
  cy: number,
): boolean {
  if (sameX && ax === bx) return (by - ay) * (cy - by) >= 0;
  return sameY && ay === by && (bx - ax) * (cx - bx) >= 0;
}

/** Where a wire runs between two columns. */
export interface Climb {
  readonly gutterX: number;
  readonly busY: number;
}

/** Gives every wire that climbs from one column to the next its lane in the gutter and its height above the columns. */
export function placeGutter(nets: readonly Net[], shape: PaneShape, after: PaneShape, climbs: Map<Net, Climb>): void {
  const climbing = nets.filter((net) => net.next);
  if (climbing.length === 0) return;
  const { gutterX, gutterWidth, busY } = after.grid;
  const leaveX = (net: Net): number => shape.leaveX[net.index]!;
  const leaveY = (net: Net): number => shape.leaving[net.index]!.at(-1)!;
  const enterX = (net: Net): number => after.enterX[net.next!.index]!;
  const step = Math.min(LANE, gutterWidth / (climbing.length + 1));
  const left = gutterX + (gutterWidth - step * (climbing.length - 1)) / 2;
  const lanes = new Map<Net, number>();
  climbing.sort((a, b) => leaveY(a) - leaveY(b) || leaveX(b) - leaveX(a) || a.index - b.index);
  climbing.forEach((net, index) => lanes.set(net, left + step * index));
  const rise = Math.min(SLOT, (busY - 2) / climbing.length);
  climbing.sort((a, b) => enterX(a) - enterX(b) || a.index - b.index);
  climbing.forEach((net, index) => climbs.set(net, { gutterX: lanes.get(net)!, busY: busY - rise * index }));
}

/** Shapes and origins of panes. */
export interface PlacedPanes {
  readonly shapes: readonly PaneShape[];
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Writes the routes of a wire from the net of its source on, through all panes that it crosses. */
export function emitRoutes(buffer: RouteBuffer, panes: PlacedPanes, climbs: ReadonlyMap<Net, Climb>, net: Net): void {
  const way: number[] = [];
  const go = (pane: number, path: Float64Array): void => {
    const [x, y] = [panes.x[pane]!, panes.y[pane]!];
    for (let i = 0; i < path.length; i += 2) way.push(path[i]! + x, path[i + 1]! + y);
  };
  const walk = (at: Net): void => {
    const shape = panes.shapes[at.pane]!;
    const paths = shape.paths[at.index]!;
    const before = way.length;
    for (let index = 0; index < at.arrivals.length; index++) {
      const { sink, inside } = at.arrivals[index]!;
      go(at.pane, paths[index]!);
      if (inside) walk(inside);
      else buffer.add(at.wire, sink, way);
      way.length = before;
    }
    if (!at.leaves) return;
    go(at.pane, shape.leaving[at.index]!);
    if (at.outer) walk(at.outer);
    const climb = climbs.get(at);
    if (at.next && climb) {
      const { gutterX, busY } = climb;
      way.push(gutterX, way.at(-1)!, gutterX, busY, panes.shapes[at.next.pane]!.enterX[at.next.index]!, busY);
      walk(at.next);
    }
    way.length = before;
  };
  walk(net);
}
