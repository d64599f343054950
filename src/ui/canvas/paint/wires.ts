import { listOf } from '../scene.ts';
import type { Frame } from './frame.ts';

const CORNER = 10;
/** Wires are not drawn below this zoom: they would be a grey mist. */
const FAINTEST = 0.1;

/** All wires in view, then those of the row under the pointer, then those of the selection. */
export function paintWires(frame: Frame): void {
  const { context, scene, theme, viewport } = frame;
  if (viewport.zoom < FAINTEST) return;
  const base = Math.max(1, 1.5 * Math.min(1.4, viewport.zoom));
  context.lineJoin = 'round';
  context.beginPath();
  scene.routes.query(frame.visible, (route) => trace(frame, route));
  context.strokeStyle = theme.edge;
  context.lineWidth = base;
  context.globalAlpha = Math.min(1, (viewport.zoom - FAINTEST) / 0.1);
  context.stroke();
  context.globalAlpha = 1;
  scene.routes.query(frame.visible, (route) => chevron(frame, route));
  if (frame.look.prune) strokeGroup(frame, base);
  if (frame.hovered >= 0) strokeRow(frame, frame.hovered, theme.text2, base);
  if (frame.selected >= 0)
    strokeRow(frame, frame.selected, theme.accent, Math.max(1.25, 2 * Math.min(1, viewport.zoom)));
}

function strokeRow(frame: Frame, row: number, color: string, width: number): void {
  const { context, scene } = frame;
  context.beginPath();
  for (const route of listOf(scene.routesFrom, row)) trace(frame, route);
  for (const route of listOf(scene.routesTo, row)) trace(frame, route);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/** Wires between members of the pruned group carry the axis that is cut. */
function strokeGroup(frame: Frame, width: number): void {
  const { context, scene, look, theme } = frame;
  const { layout } = scene.picture;
  context.beginPath();
  for (const row of look.prune?.keys() ?? []) {
    for (const route of listOf(scene.routesFrom, row)) {
      if (look.prune?.has(layout.routeSinks[route]!)) trace(frame, route);
    }
  }
  context.strokeStyle = theme.accent;
  context.lineWidth = width * 1.33;
  context.stroke();
}

/** Adds a route to the path, its corners rounded. */
function trace({ context, scene, viewport }: Frame, route: number): void {
  const { routeStarts, routePoints } = scene.picture.layout;
  const first = routeStarts[route]!;
  const last = routeStarts[route + 1]! - 1;
  const { x, y, zoom } = viewport;
  const px = (i: number): number => routePoints[2 * i]! * zoom + x;
  const py = (i: number): number => routePoints[2 * i + 1]! * zoom + y;
  context.moveTo(px(first), py(first));
  for (let i = first + 1; i < last; i++) {
    const before = Math.abs(px(i) - px(i - 1)) + Math.abs(py(i) - py(i - 1));
    const after = Math.abs(px(i + 1) - px(i)) + Math.abs(py(i + 1) - py(i));
    context.arcTo(px(i), py(i), px(i + 1), py(i + 1), Math.min(CORNER * zoom, before / 2, after / 2));
  }
  context.lineTo(px(last), py(last));
}

/** Down is the direction of wires; one that goes up in its column says so at its middle. */
function chevron({ context, scene, viewport, theme }: Frame, route: number): void {
  const { layout, view } = scene.picture;
  const source = view.wireSources[layout.routeWires[route]!]!;
  const sink = layout.routeSinks[route]!;
  if (source < 0 || sink < 0 || layout.columns[source] !== layout.columns[sink]) return;
  if (layout.y[sink]! > layout.y[source]! || viewport.zoom < 0.25) return;
  const first = layout.routeStarts[route]!;
  const last = layout.routeStarts[route + 1]! - 1;
  for (let i = first; i < last; i++) {
    const top = layout.routePoints[2 * i + 3]!;
    const bottom = layout.routePoints[2 * i + 1]!;
    if (bottom - top < 20) continue;
    const x = layout.routePoints[2 * i]! * viewport.zoom + viewport.x;
    const y = ((top + bottom) / 2) * viewport.zoom + viewport.y;
    context.beginPath();
    context.moveTo(x - 4, y + 3);
    context.lineTo(x, y - 2);
    context.lineTo(x + 4, y + 3);
    context.strokeStyle = theme.text2;
    context.lineWidth = 1.5;
    context.stroke();
    return;
  }
}
