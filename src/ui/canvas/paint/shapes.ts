import { listOf } from '../lists.ts';
import { boxOfPort, isGroup, isLeaf } from '../scene.ts';
import { widthsOf } from '../prune-detail.ts';
import type { WidthChange } from '../types.ts';
import { fontSize, meets, roundedBox, textWidth, type Frame, type Pen, type ScreenBox } from './frame.ts';
import { frameNames } from './frame-names.ts';
import { Room } from './room.ts';

/** A shape where it is drawn, px. */
export interface ShapeLabel {
  readonly parts: readonly Part[];
  /** Its plate. */
  readonly at: ScreenBox;
}

const PLATE = { inset: 3, height: 14 };

/**
 * Shapes right of the wires that leave nodes in view. Inside of a site there is no room for them; where another thing
 * stands they are left out.
 */
export function shapesOfNodes(frame: Frame): readonly ShapeLabel[] {
  const room = roomBesideNames(frame);
  for (const { at } of ofInputs(frame)) room.take(at);
  return [...ofNodes(frame)].filter(({ at }) => room.take(at));
}

/** Shapes below the inputs in view. */
export function shapesOfInputs(frame: Frame): readonly ShapeLabel[] {
  const room = roomBesideNames(frame);
  return [...ofInputs(frame)].filter(({ at }) => room.take(at));
}

function roomBesideNames(frame: Frame): Room {
  const room = new Room(frame);
  for (const { at } of frameNames(frame)) room.take(at);
  return room;
}

function* ofNodes(frame: Frame): Generator<ShapeLabel> {
  const { scene, lit } = frame;
  const { layout, view } = scene.picture;
  const rows: number[] = [];
  frame.tiles.query(frame.visible, (row) => rows.push(row));
  for (const row of rows) {
    if (isLeaf(scene, row) || (lit && lit.items[row] === 0)) continue;
    let lastWire = -1;
    for (const route of listOf(scene.routesFrom, row)) {
      const wire = layout.routeWires[route]!;
      const shape = view.wireShapes[wire]!;
      if (wire === lastWire || shape === '' || insideSite(frame, row, layout.routeSinks[route]!)) continue;
      lastWire = wire;
      const point = layout.routeStarts[route]! * 2;
      const below = distance(frame, row, layout.routeSinks[route]!);
      const from = { x: layout.routePoints[point]!, y: layout.routePoints[point + 1]! + below };
      yield labelAt(frame, shape, from, turnsRight(frame, row, wire), row);
    }
  }
}

function* ofInputs(frame: Frame): Generator<ShapeLabel> {
  const { picture } = frame.scene;
  const { view, layout } = picture;
  for (const [port, wire] of view.inputs.entries()) {
    const { left, right, bottom } = boxOfPort(picture, port);
    const shape = view.wireShapes[wire]!;
    const below = { left, right: right + 200, top: bottom, bottom: bottom + 16 };
    if (shape === '' || !meets(below, frame.visible)) continue;
    yield labelAt(frame, shape, { x: layout.portX[port]!, y: bottom + 8 }, false, -1);
  }
}

/** From a node's foot to the middle of the label below it: clear of the hulls above and below. */
function distance({ look }: Frame, row: number, sink: number): number {
  const above = look.siteOf[row]! > 0;
  const beneath = sink >= 0 && look.siteOf[sink]! > 0;
  return above === beneath ? 13 : above ? 17 : 9;
}

const insideSite = ({ look }: Frame, row: number, sink: number): boolean =>
  sink >= 0 && look.siteOf[row]! > 0 && look.siteOf[row] === look.siteOf[sink];

/** Whether a wire only turns right below its row: then its shape stands left of it. */
function turnsRight({ scene }: Frame, row: number, wire: number): boolean {
  const { routeWires, routeStarts, routePoints } = scene.picture.layout;
  let right = false;
  for (const route of listOf(scene.routesFrom, row)) {
    const first = routeStarts[route]! * 2;
    if (routeWires[route] !== wire || routeStarts[route + 1]! * 2 - first < 6) continue;
    if (routePoints[first + 4]! < routePoints[first]!) return false;
    right ||= routePoints[first + 3]! - routePoints[first + 1]! < 30;
  }
  return right;
}

function labelAt(
  frame: Frame,
  shape: string,
  point: { readonly x: number; readonly y: number },
  leftwards: boolean,
  row: number,
): ShapeLabel {
  const { pen, theme, viewport } = frame;
  const { prune, widths } = frame.look;
  const own = row < 0 || isGroup(frame.scene, row) ? null : widths?.get(row);
  const changes = row < 0 ? [] : widthsOf(prune?.get(row) ?? null, own);
  const parts = partsOf(
    shape,
    changes.find(({ taken }) => !taken),
  );
  const size = fontSize(frame, 10);
  let width = 0;
  for (const part of parts) width += widthOf(pen, part, size, theme.fontMono);
  const left = point.x * viewport.zoom + viewport.x + (leftwards ? -7 - width : 7);
  const middle = point.y * viewport.zoom + viewport.y;
  const at = {
    x: left - PLATE.inset,
    y: middle - PLATE.height / 2,
    width: width + 2 * PLATE.inset,
    height: PLATE.height,
  };
  return { parts, at };
}

function widthOf(pen: Pen, part: Part, size: number, family: string): number {
  pen.font = fontOf(part, size, family);
  return textWidth(pen, part.text);
}

export function paintNodeShapes(frame: Frame): void {
  if (frame.detail === 'near') for (const label of shapesOfNodes(frame)) paintShape(frame, label);
}

export function paintInputShapes(frame: Frame): void {
  if (frame.detail === 'near') for (const label of shapesOfInputs(frame)) paintShape(frame, label);
}

function paintShape(frame: Frame, { parts, at: plate }: ShapeLabel): void {
  const { pen, theme } = frame;
  const size = fontSize(frame, 10);
  const middle = plate.y + plate.height / 2;
  pen.textBaseline = 'middle';
  pen.fillStyle = theme.canvas;
  roundedBox(pen, plate, 3);
  pen.fill();
  let at = plate.x + PLATE.inset;
  for (const part of parts) {
    const end = at + widthOf(pen, part, size, theme.fontMono);
    pen.fillStyle = part.struck ? theme.removed : part.strong ? theme.text1 : theme.text3;
    pen.fillText(part.text, at, middle + 0.5);
    if (part.struck) pen.fillRect(at, middle - 0.5, end - at, 1);
    at = end;
  }
}

interface Part {
  readonly text: string;
  readonly symbol?: boolean;
  readonly struck?: boolean;
  readonly strong?: boolean;
}

const fontOf = (part: Part, size: number, family: string): string =>
  `${part.symbol ? 'italic ' : ''}${part.strong ? 600 : 400} ${size}px ${family}`;

/** What `GraphView` writes for rank 0. */
const SCALAR = 'scalar';

/** Symbols stand in italics; a pruned width stands struck beside the new one. */
function partsOf(shape: string, change: WidthChange | undefined): Part[] {
  const parts: Part[] = [];
  shape.split('×').forEach((dim, index) => {
    if (index > 0) parts.push({ text: '×' });
    if (index === 0 && change && dim === String(change.before)) {
      parts.push({ text: dim, struck: true }, { text: ' ' }, { text: String(change.after), strong: true });
    } else parts.push({ text: dim, symbol: /[a-z]/i.test(dim) && dim !== SCALAR });
  });
  return parts;
}
