import { cutLeft } from '../../../base/format.ts';
import { boxOfPort, boxOfStub, listOf } from '../scene.ts';
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
    let lastWire = -1;
    for (const route of listOf(scene.routesFrom, row)) {
      const wire = layout.routeWires[route]!;
      const shape = view.wireShapes[wire]!;
      if (wire === lastWire || shape === '' || insideSite(frame, row, layout.routeRows[route]!)) continue;
      lastWire = wire;
      const point = layout.routeStarts[route]! * 2;
      const below = distance(frame, row, layout.routeRows[route]!);
      shapeLabel(frame, shape, layout.routePoints[point]!, layout.routePoints[point + 1]!, below, size, row);
    }
  });
  view.inputs.forEach((wire, port) => {
    const box = boxOfPort(scene.picture, port);
    const shape = view.wireShapes[wire]!;
    if (shape !== '' && meets(box, frame.visible))
      shapeLabel(frame, shape, layout.portX[port]!, box.bottom, 13, size, -1);
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

function shapeLabel(frame: Frame, shape: string, x: number, y: number, below: number, size: number, row: number): void {
  const { context, theme, viewport } = frame;
  const left = x * viewport.zoom + viewport.x + 7;
  const middle = (y + below) * viewport.zoom + viewport.y;
  const parts = partsOf(shape, row >= 0 ? frame.look.prune?.get(row) : undefined);
  let width = 0;
  for (const part of parts) {
    context.font = fontOf(part, size, theme.fontMono);
    width += textWidth(context, part.text);
  }
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

/** Symbols stand in italics; a pruned width stands struck beside the new one. */
function partsOf(shape: string, mark: PruneMark | undefined): Part[] {
  const parts: Part[] = [];
  shape.split('×').forEach((dim, index) => {
    if (index > 0) parts.push({ text: '×' });
    if (index === 0 && mark && mark.before !== mark.after && dim === String(mark.before)) {
      parts.push({ text: dim, struck: true }, { text: ' ' }, { text: String(mark.after), strong: true });
    } else parts.push({ text: dim, symbol: /[a-z]/i.test(dim) });
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
    const ends = [view.wireSources[wire]!, scene.picture.layout.stubRows[stub]!];
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
  if (letters < 2 || at.height < px) return left;
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
  const scale = viewport.zoom / 2;
  context.save();
  context.translate(at.x + 11 * viewport.zoom, at.y + at.height / 2 - 12 * scale);
  context.scale(scale, scale);
  context.strokeStyle = theme.text3;
  context.lineWidth = 1.75;
  context.lineCap = 'round';
  context.stroke(input ? ENTER : LEAVE);
  context.restore();
  const end = pillName(frame, name, at, 29, 11, theme.text1);
  if (frame.detail !== 'near') return;
  context.font = `420 ${fontSize(frame, 10.5)}px ${theme.fontUi}`;
  const word = input ? 'input' : 'output';
  if (end + 6 + textWidth(context, word) > at.x + at.width - 4) return;
  context.fillStyle = theme.text3;
  context.fillText(word, end + 6 * viewport.zoom, at.y + at.height / 2 + 0.5);
}
