import { listOf } from '../lists.ts';
import { routeIsLit } from '../path.ts';
import { DIMMED, type Frame } from './frame.ts';

const CORNER = 10;
/** Wires are not drawn below this zoom: they would be a grey mist. */
const FAINTEST = 0.1;

const widthOf = ({ viewport }: Frame): number => Math.max(1, 1.5 * Math.min(1.4, viewport.zoom));

/** All wires in view; those that are not on the path that is lit are dimmed. */
export function paintWires(frame: Frame): void {
  const { pen, theme, viewport, lit, scene } = frame;
  if (viewport.zoom < FAINTEST) return;
  const alpha = Math.min(1, (viewport.zoom - FAINTEST) / 0.1) * frame.wireAlpha;
  const { routeSources, routeSinks } = scene.picture.layout;
  pen.lineJoin = 'round';
  pen.lineWidth = widthOf(frame);
  pen.strokeStyle = theme.edge;
  if (!lit) {
    strokeRoutes(frame, alpha, () => true);
    return;
  }
  const isLit = (route: number): boolean => routeIsLit(lit, routeSources[route]!, routeSinks[route]!);
  strokeRoutes(frame, alpha * DIMMED * 1.5, (route) => !isLit(route));
  pen.strokeStyle = theme.text2;
  strokeRoutes(frame, alpha, isLit);
}

function strokeRoutes(frame: Frame, alpha: number, chosen: (route: number) => boolean): void {
  const { pen } = frame;
  pen.beginPath();
  frame.routes.query(frame.visible, (route) => {
    if (chosen(route)) trace(frame, route);
  });
  pen.globalAlpha = alpha;
  pen.stroke();
  pen.globalAlpha = 1;
}

export function paintChevrons(frame: Frame): void {
  if (frame.viewport.zoom >= CHEVRONS_FROM) frame.routes.query(frame.visible, (route) => chevron(frame, route));
}
const CHEVRONS_FROM = 0.25;

/** Wires of the item under the pointer, then those of the selection. */
export function paintLiveWires(frame: Frame): void {
  const { theme, viewport, hovered, selected } = frame;
  if (viewport.zoom < FAINTEST) return;
  frame.pen.lineJoin = 'round';
  if (hovered >= 0) {
    frame.pen.globalAlpha = frame.hoverShare;
    strokeItem(frame, hovered, theme.text2, widthOf(frame));
    frame.pen.globalAlpha = 1;
  }
  if (selected >= 0) strokeItem(frame, selected, theme.accent, Math.max(1.25, 2 * Math.min(1, viewport.zoom)));
}

function strokeItem(frame: Frame, item: number, color: string, width: number): void {
  const { pen, scene } = frame;
  pen.beginPath();
  for (const route of listOf(scene.routesFrom, item)) trace(frame, route);
  for (const route of listOf(scene.routesTo, item)) trace(frame, route);
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.stroke();
}

/** Wires between members of the pruned group carry the axis that is cut. */
export function paintGroupWires(frame: Frame): void {
  const { pen, scene, look, theme } = frame;
  if (!look.pruned || frame.viewport.zoom < FAINTEST) return;
  const { layout } = scene.picture;
  pen.beginPath();
  for (const item of look.pruned) {
    for (const route of listOf(scene.routesFrom, item)) {
      if (look.pruned.has(layout.routeSinks[route]!)) trace(frame, route);
    }
  }
  pen.strokeStyle = theme.accent;
  pen.lineWidth = widthOf(frame) * 1.33;
  pen.stroke();
}

/** Adds a route to the path, its corners rounded. */
function trace({ pen, scene, viewport }: Frame, route: number): void {
  const { routeStarts, routePoints } = scene.picture.layout;
  const first = routeStarts[route]!;
  const last = routeStarts[route + 1]! - 1;
  const { x, y, zoom } = viewport;
  const px = (i: number): number => routePoints[2 * i]! * zoom + x;
  const py = (i: number): number => routePoints[2 * i + 1]! * zoom + y;
  pen.moveTo(px(first), py(first));
  for (let i = first + 1; i < last; i++) {
    const before = Math.abs(px(i) - px(i - 1)) + Math.abs(py(i) - py(i - 1));
    const after = Math.abs(px(i + 1) - px(i)) + Math.abs(py(i + 1) - py(i));
    pen.arcTo(px(i), py(i), px(i + 1), py(i + 1), Math.min(CORNER * zoom, before / 2, after / 2));
  }
  pen.lineTo(px(last), py(last));
}

/** Down is the direction of wires; one that goes up in its column says so at its middle. */
function chevron({ pen, scene, items, viewport, theme }: Frame, route: number): void {
  const { layout } = scene.picture;
  const source = layout.routeSources[route]!;
  const sink = layout.routeSinks[route]!;
  if (source < 0 || sink < 0 || items.columns[source] !== items.columns[sink]) return;
  if (items.y[sink]! > items.y[source]!) return;
  const first = layout.routeStarts[route]!;
  const last = layout.routeStarts[route + 1]! - 1;
  for (let i = first; i < last; i++) {
    const top = layout.routePoints[2 * i + 3]!;
    const bottom = layout.routePoints[2 * i + 1]!;
    if (bottom - top < 20) continue;
    const x = layout.routePoints[2 * i]! * viewport.zoom + viewport.x;
    const y = ((top + bottom) / 2) * viewport.zoom + viewport.y;
    pen.beginPath();
    pen.moveTo(x - 4, y + 3);
    pen.lineTo(x, y - 2);
    pen.lineTo(x + 4, y + 3);
    pen.strokeStyle = theme.text2;
    pen.lineWidth = 1.5;
    pen.stroke();
    return;
  }
}
