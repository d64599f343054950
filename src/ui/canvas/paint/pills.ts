import { cutLeft } from '../../../base/format.ts';
import { boxOfPort, boxOfStub } from '../scene.ts';
import type { Frame } from './frame.ts';
import { DIMMED, fontSize, meets, roundedBox, screenBox, textWidth } from './frame.ts';

/** Pills at the ends of the graph. */
export function paintPorts(frame: Frame): void {
  const { scene } = frame;
  const { view } = scene.picture;
  const inputs = view.inputs.length;
  [...view.inputs, ...view.outputs].forEach((wire, port) => {
    const box = boxOfPort(scene.picture, port);
    if (meets(box, frame.visible)) portPill(frame, screenBox(frame, box), view.wireNames[wire]!, port < inputs);
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
