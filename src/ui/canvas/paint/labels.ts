import { cutLeft } from '../../../base/format.ts';
import { boxOfPort, boxOfStub, isLeaf, listOf } from '../scene.ts';
import type { PruneMark } from '../types.ts';
import type { Frame } from './frame.ts';
import { fontSize, meets, roundedBox, screenBox, textWidth } from './frame.ts';

/** Shapes right of the wires that leave each node, on a plate. Inside a site there is no room for them. */
export function paintShapes(frame: Frame): void {
  const { scene } = frame;
  const { layout, view } = scene.picture;
  const size = fontSize(frame, 10);
  frame.context.textBaseline = 'middle';
  scene.rows.query(frame.visible, (row) => {
    if (isLeaf(scene.picture, row)) return;
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
  view.inputs.forEach((wire, port) => {
    const box = boxOfPort(scene.picture, port);
    const shape = view.wireShapes[wire]!;
    if (shape !== '' && meets(box, frame.visible))
      shapeLabel(frame, shape, { x: layout.portX[port]!, y: box.bottom + 8 }, false, size, -1);
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
  const { context, theme, viewport } = frame;
  const middle = point.y * viewport.zoom + viewport.y;
  const parts = partsOf(shape, row >= 0 ? frame.look.prune?.get(row) : undefined);
  let width = 0;
  for (const part of parts) {
    context.font = fontOf(part, size, theme.fontMono);
    width += textWidth(context, part.text);
  }
  const left = point.x * viewport.zoom + viewport.x + (leftwards ? -7 - width : 7);
  context.fillStyle = theme.canvas;
  roundedBox(context, { x: left - 3, y: middle - 7, width: width + 6, height: 14 }, 3);
  context.fill();
  let at = left;
  for (const part of parts) {
    context.font = fontOf(part, size, theme.fontMono);
    const end = at + textWidth(context, part.text);
    context.fillStyle = part.struck ? theme.removed : part.strong ? theme.text1 : theme.text3;
    context.fillText(part.text, at, middle + 0.5);
    if (part.struck) context.fillRect(at, middle - 0.5, end - at, 1);
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

/** Pills at the ends of the graph, and at uses of wires that are too long to be drawn. */
export function paintPills(frame: Frame): void {
  const { scene, theme } = frame;
  const { view } = scene.picture;
  const inputs = view.inputs.length;
  [...view.inputs, ...view.outputs].forEach((wire, port) => {
    const box = boxOfPort(scene.picture, port);
    if (meets(box, frame.visible)) portPill(frame, screenBox(frame, box), view.wireNames[wire]!, port < inputs);
  });
  if (frame.detail === 'far') return;
  scene.stubs.query(frame.visible, (stub) => {
    const box = boxOfStub(scene.picture, stub);
    const at = screenBox(frame, box);
    const wire = scene.picture.layout.stubWires[stub]!;
    const ends = [view.wireSources[wire]!, scene.picture.layout.stubSinks[stub]!];
    const lit = frame.selected >= 0 && ends.includes(frame.selected);
    frame.context.fillStyle = lit ? theme.accent : theme.edge;
    frame.context.fillRect(at.x + at.width / 2 - 0.75, at.y + at.height, 1.5, 4 * frame.viewport.zoom);
    pill(frame, at, lit);
    pillName(frame, view.wireNames[wire]!, at, 7, 10, lit ? theme.text1 : theme.text2);
  });
}

function pill({ context, theme, viewport }: Frame, at: ReturnType<typeof screenBox>, lit = false): void {
  roundedBox(context, at, 13 * viewport.zoom);
  context.fillStyle = theme.canvas;
  context.fill();
  context.strokeStyle = lit ? theme.accent : theme.lineStrong;
  context.lineWidth = lit ? 1.5 : 1;
  context.stroke();
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
  const { context, theme } = frame;
  const px = fontSize(frame, size);
  context.font = `420 ${px}px ${theme.fontMono}`;
  const letter = textWidth(context, '0');
  const left = at.x + inset * frame.viewport.zoom;
  const letters = Math.floor((at.x + at.width - 5 * frame.viewport.zoom - left) / letter);
  if (letters < Math.min(4, name.length) || at.height < px - 1) return left;
  const text = cutLeft(name, letters);
  context.textBaseline = 'middle';
  context.fillStyle = color;
  context.fillText(text, left, at.y + at.height / 2 + 0.5);
  return left + textWidth(context, text);
}

const ENTER = new Path2D('m10 17 5-5-5-5M15 12H3M15 3h4a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-4');
const LEAVE = new Path2D('m16 17 5-5-5-5M21 12H9M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4');

function portPill(frame: Frame, at: ReturnType<typeof screenBox>, name: string, input: boolean): void {
  const { context, theme, viewport } = frame;
  pill(frame, at);
  if (frame.detail === 'far') return;
  context.font = `420 ${fontSize(frame, 11)}px ${theme.fontMono}`;
  const roomy = at.width > textWidth(context, name) + 40 * viewport.zoom;
  if (roomy) portIcon(frame, at, input);
  const end = pillName(frame, name, at, roomy ? 29 : 7, at.height < PORT_HEIGHT * viewport.zoom ? 10 : 11, theme.text1);
  if (frame.detail !== 'near') return;
  context.font = `420 ${fontSize(frame, 10.5)}px ${theme.fontUi}`;
  const word = input ? 'input' : 'output';
  if (end + 6 + textWidth(context, word) > at.x + at.width - 4) return;
  context.fillStyle = theme.text3;
  context.fillText(word, end + 6 * viewport.zoom, at.y + at.height / 2 + 0.5);
}

/** Heights below this are those of inputs that hang small above their reader. */
const PORT_HEIGHT = 26;

function portIcon({ context, theme, viewport }: Frame, at: ReturnType<typeof screenBox>, input: boolean): void {
  const scale = viewport.zoom / 2;
  context.save();
  context.translate(at.x + 11 * viewport.zoom, at.y + at.height / 2 - 12 * scale);
  context.scale(scale, scale);
  context.strokeStyle = theme.text3;
  context.lineWidth = 1.75;
  context.lineCap = 'round';
  context.stroke(input ? ENTER : LEAVE);
  context.restore();
}
