import { cutLeft } from '../../../base/format.ts';
import { listOf } from '../lists.ts';
import { boxOfPort, boxOfStub, isLeaf } from '../scene.ts';
import type { PruneMark } from '../types.ts';
import type { Frame } from './frame.ts';
import { DIMMED, fontSize, meets, roundedBox, screenBox, textWidth } from './frame.ts';

/** Shapes right of the wires that leave each node, on a plate. Inside a site there is no room for them. */
export function paintShapes(frame: Frame): void {
  if (frame.detail !== 'near') return;
  const { scene, lit } = frame;
  const { layout, view } = scene.picture;
  const size = fontSize(frame, 10);
  frame.pen.textBaseline = 'middle';
  frame.tiles.query(frame.visible, (row) => {
    if (isLeaf(scene, row) || (lit && lit.items[row] === 0)) return;
    let lastWire = -1;
    for (const route of listOf(scene.routesFrom, row)) {
      const wire = layout.routeWires[route]!;
      const shape = view.wireShapes[wire]!;
      if (wire === lastWire || shape === '' || insideSite(frame, row, layout.routeSinks[route]!)) continue;
      lastWire = wire;
      const point = layout.routeStarts[route]! * 2;
      const below = distance(frame, row, layout.routeSinks[route]!);
      const at = { x: layout.routePoints[point]!, y: layout.routePoints[point + 1]! + below };
      shapeLabel(frame, shape, at, turnsRight(frame, row, wire), size, row);
    }
  });
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

function shapeLabel(
  frame: Frame,
  shape: string,
  point: { readonly x: number; readonly y: number },
  leftwards: boolean,
  size: number,
  row: number,
): void {
  const { pen, theme, viewport } = frame;
  const middle = point.y * viewport.zoom + viewport.y;
  const parts = partsOf(shape, row >= 0 ? frame.look.prune?.get(row) : undefined);
  let width = 0;
  for (const part of parts) {
    pen.font = fontOf(part, size, theme.fontMono);
    width += textWidth(pen, part.text);
  }
  const left = point.x * viewport.zoom + viewport.x + (leftwards ? -7 - width : 7);
  pen.fillStyle = theme.canvas;
  roundedBox(pen, { x: left - 3, y: middle - 7, width: width + 6, height: 14 }, 3);
  pen.fill();
  let at = left;
  for (const part of parts) {
    pen.font = fontOf(part, size, theme.fontMono);
    const end = at + textWidth(pen, part.text);
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
function partsOf(shape: string, mark: PruneMark | undefined): Part[] {
  const parts: Part[] = [];
  shape.split('×').forEach((dim, index) => {
    if (index > 0) parts.push({ text: '×' });
    if (index === 0 && mark && mark.before !== mark.after && dim === String(mark.before)) {
      parts.push({ text: dim, struck: true }, { text: ' ' }, { text: String(mark.after), strong: true });
    } else parts.push({ text: dim, symbol: /[a-z]/i.test(dim) && dim !== SCALAR });
  });
  return parts;
}

/** Pills at the ends of the graph, with the shapes of the inputs. */
export function paintPorts(frame: Frame): void {
  const { scene } = frame;
  const { view, layout } = scene.picture;
  const inputs = view.inputs.length;
  [...view.inputs, ...view.outputs].forEach((wire, port) => {
    const box = boxOfPort(scene.picture, port);
    const shape = view.wireShapes[wire]!;
    if (meets(box, frame.visible)) portPill(frame, screenBox(frame, box), view.wireNames[wire]!, port < inputs);
    const below = { left: box.left, right: box.right + 200, top: box.bottom, bottom: box.bottom + 16 };
    if (frame.detail !== 'near' || port >= inputs || shape === '' || !meets(below, frame.visible)) return;
    frame.pen.textBaseline = 'middle';
    const at = { x: layout.portX[port]!, y: box.bottom + 8 };
    shapeLabel(frame, shape, at, false, fontSize(frame, 10), -1);
  });
}

/** Pills at uses of wires that are too long to be drawn. */
export function paintStubs(frame: Frame): void {
  if (frame.detail === 'far') return;
  const { pen, scene, theme, lit } = frame;
  const { view, layout } = scene.picture;
  frame.stubs.query(frame.visible, (stub) => {
    const at = screenBox(frame, boxOfStub(scene.picture, stub));
    const wire = layout.stubWires[stub]!;
    const sink = layout.stubSinks[stub]!;
    const source = view.wireSources[wire]!;
    const ends = [source < 0 ? source : scene.items.ofRow[source]!, sink];
    const own = frame.selected >= 0 && ends.includes(frame.selected);
    pen.globalAlpha = lit && !ends.every((end) => end < 0 || lit.items[end] !== 0) ? DIMMED : 1;
    pen.fillStyle = own ? theme.accent : theme.edge;
    pen.fillRect(at.x + at.width / 2 - 0.75, at.y + at.height, 1.5, 4 * frame.viewport.zoom);
    pill(frame, at, own);
    pillName(frame, view.wireNames[wire]!, at, 7, 10, own ? theme.text1 : theme.text2);
  });
  pen.globalAlpha = 1;
}

function pill({ pen, theme, viewport }: Frame, at: ReturnType<typeof screenBox>, lit = false): void {
  roundedBox(pen, at, 13 * viewport.zoom);
  pen.fillStyle = theme.canvas;
  pen.fill();
  pen.strokeStyle = lit ? theme.accent : theme.lineStrong;
  pen.lineWidth = lit ? 1.5 : 1;
  pen.stroke();
}

/** A name in mono, cut from the left to what fits. Returns where it ends. */
function pillName(
  frame: Frame,
  name: string,
  at: ReturnType<typeof screenBox>,
  inset: number,
  size: number,
  color: string,
): number {
  const { pen, theme } = frame;
  const px = fontSize(frame, size);
  pen.font = `420 ${px}px ${theme.fontMono}`;
  const letter = textWidth(pen, '0');
  const left = at.x + inset * frame.viewport.zoom;
  const letters = Math.floor((at.x + at.width - 5 * frame.viewport.zoom - left) / letter);
  if (letters < Math.min(4, name.length) || at.height < px - 1) return left;
  const text = cutLeft(name, letters);
  pen.textBaseline = 'middle';
  pen.fillStyle = color;
  pen.fillText(text, left, at.y + at.height / 2 + 0.5);
  return left + textWidth(pen, text);
}

const ENTER = 'm10 17 5-5-5-5M15 12H3M15 3h4a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-4';
const LEAVE = 'm16 17 5-5-5-5M21 12H9M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4';

function portPill(frame: Frame, at: ReturnType<typeof screenBox>, name: string, input: boolean): void {
  const { pen, theme, viewport } = frame;
  pill(frame, at);
  if (frame.detail === 'far') return;
  pen.font = `420 ${fontSize(frame, 11)}px ${theme.fontMono}`;
  const roomy = at.width > textWidth(pen, name) + 40 * viewport.zoom;
  if (roomy) portIcon(frame, at, input);
  const end = pillName(frame, name, at, roomy ? 29 : 7, at.height < PORT_HEIGHT * viewport.zoom ? 10 : 11, theme.text1);
  if (frame.detail !== 'near') return;
  pen.font = `420 ${fontSize(frame, 10.5)}px ${theme.fontUi}`;
  const word = input ? 'input' : 'output';
  if (end + 6 + textWidth(pen, word) > at.x + at.width - 4) return;
  pen.fillStyle = theme.text3;
  pen.fillText(word, end + 6 * viewport.zoom, at.y + at.height / 2 + 0.5);
}

/** Heights below this are those of inputs that hang small above their reader. */
const PORT_HEIGHT = 26;

function portIcon({ pen, theme, viewport }: Frame, at: ReturnType<typeof screenBox>, input: boolean): void {
  const scale = viewport.zoom / 2;
  pen.save();
  pen.translate(at.x + 11 * viewport.zoom, at.y + at.height / 2 - 12 * scale);
  pen.scale(scale, scale);
  pen.strokeStyle = theme.text3;
  pen.lineWidth = 1.75;
  pen.lineCap = 'round';
  pen.figure(input ? ENTER : LEAVE, 'stroke');
  pen.restore();
}
