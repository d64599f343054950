import type { PlacedColumn } from './geometry.ts';
import type { Arrival, Net } from './nets.ts';
import { Way } from './nets.ts';
import { LANE, SLOT } from './metrics.ts';

/** Growing point list of all routes. */
export class RouteBuffer {
  readonly wires: number[] = [];
  readonly sinks: number[] = [];
  readonly starts: number[] = [0];
  private points = new Float32Array(1024);
  private length = 0;

  /** Adds a corner, unless it lies on the way already. */
  point(x: number, y: number): void {
    const first = this.starts.at(-1)! * 2;
    const p = this.points;
    const n = this.length;
    if (n >= first + 2 && p[n - 2] === Math.fround(x) && p[n - 1] === Math.fround(y)) return;
    if (n >= first + 4 && ((p[n - 2] === x && p[n - 4] === x) || (p[n - 1] === y && p[n - 3] === y))) {
      if (between(p[n - 4]!, p[n - 3]!, p[n - 2]!, p[n - 1]!, x, y)) this.length -= 2;
    }
    if (this.length + 2 > p.length) {
      this.points = new Float32Array(p.length * 2);
      this.points.set(p);
    }
    this.points[this.length++] = x;
    this.points[this.length++] = y;
  }
  end(wire: number, sink: number): void {
    this.wires.push(wire);
    this.sinks.push(sink);
    this.starts.push(this.length / 2);
  }
  finish(): Float32Array {
    return this.points.slice(0, this.length);
  }
}

/** Whether the middle point lies between the others, so that dropping it changes nothing. */
const between = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number): boolean =>
  (bx - ax) * (cx - bx) >= 0 && (by - ay) * (cy - by) >= 0;

/** Gives every climbing wire its lane in the gutter and its height above and below the columns. */
export function placeGutter(column: PlacedColumn, after: PlacedColumn, leaving: readonly Net[]): void {
  const climbing = leaving.filter((net) => net.next);
  if (climbing.length === 0) return;
  const { gutterX, gutterWidth, busY } = after.grid;
  const byExit = [...climbing].sort((a, b) => b.leaveX - a.leaveX);
  byExit.forEach((net) => {
    net.leaveY = column.runY(column.grid.rankTops.length, net.wire);
  });
  byExit.sort((a, b) => a.leaveY - b.leaveY || b.leaveX - a.leaveX);
  const step = Math.min(LANE, gutterWidth / (climbing.length + 1));
  const left = gutterX + (gutterWidth - step * (climbing.length - 1)) / 2;
  byExit.forEach((net, index) => {
    net.gutterX = left + step * index;
  });
  const byEntry = [...climbing].sort((a, b) => a.next!.enterX - b.next!.enterX);
  const rise = Math.min(SLOT, (busY - 2) / climbing.length);
  byEntry.forEach((net, index) => {
    net.busY = busY - rise * index;
  });
}

/** Writes the routes of a net inside its column, and on into the next. */
export function emitNet(buffer: RouteBuffer, column: PlacedColumn, after: PlacedColumn | null, net: Net): void {
  const start = column.startX(net);
  const bottom = 2 * column.middle(net.source) - column.top(net.source);
  for (const arrival of net.arrivals) {
    buffer.point(start, bottom);
    emitArrival(buffer, column, net, arrival, start);
  }
  if (!net.next || !after) return;
  for (const arrival of net.next.arrivals) {
    buffer.point(start, bottom);
    emitClimb(buffer, column, net, start);
    buffer.point(net.next.enterX, net.busY);
    emitArrival(buffer, after, net.next, arrival, net.next.enterX);
  }
}

function emitClimb(buffer: RouteBuffer, column: PlacedColumn, net: Net, start: number): void {
  if (net.leaveLane) {
    const y = column.runY(column.rankOf(net.source) + 1, net.wire);
    buffer.point(start, y);
    buffer.point(net.leaveX, y);
  }
  buffer.point(net.leaveX, net.leaveY);
  buffer.point(net.gutterX, net.leaveY);
  buffer.point(net.gutterX, net.busY);
}

function emitArrival(buffer: RouteBuffer, column: PlacedColumn, net: Net, arrival: Arrival, start: number): void {
  const sink = arrival.sink;
  const band = net.source < 0 ? 0 : column.rankOf(net.source) + 1;
  const centre = column.centre(sink);
  const top = column.top(sink);
  if (arrival.way === Way.lane && arrival.lane) {
    const x = column.laneX(column.trackOf(sink), arrival.lane);
    if (x !== start) {
      const y = column.runY(band, net.wire);
      buffer.point(start, y);
      buffer.point(x, y);
    }
    buffer.point(x, column.middle(sink) + arrival.offset);
    buffer.point(column.left(sink), column.middle(sink) + arrival.offset);
  } else {
    const end = arrival.way === Way.up || arrival.way === Way.straight ? centre : centre + arrival.offset;
    if (end !== start) {
      const y = column.runY(arrival.way === Way.down ? column.rankOf(sink) : band, net.wire);
      buffer.point(start, y);
      buffer.point(end, y);
    }
    buffer.point(end, top);
  }
  buffer.end(net.wire, sink);
}
