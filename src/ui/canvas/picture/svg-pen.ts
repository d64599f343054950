import type { Pen } from '../paint/frame.ts';

/** What `save` keeps. */
interface State {
  readonly fillStyle: string;
  readonly strokeStyle: string;
  readonly lineWidth: number;
  readonly lineCap: CanvasLineCap;
  readonly lineJoin: CanvasLineJoin;
  readonly globalAlpha: number;
  readonly font: string;
  readonly textBaseline: CanvasTextBaseline;
  readonly dash: readonly number[];
  /** Groups that are open: transforms and clips. */
  readonly groups: number;
}

/** Two digits after the point are a hundredth of a px. */
const round = (value: number): string => String(Math.round(value * 100) / 100);

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark);

/** `rgb(1 2 3 / 0.5)` is newer than many readers of SVG: its parts are written apart. */
function paintOf(text: string): { readonly color: string; readonly alpha: number } {
  const match = /^rgb\((\d+) (\d+) (\d+)(?: \/ ([\d.e-]+))?\)$/.exec(text);
  if (!match) return { color: text, alpha: 1 };
  const hex = match.slice(1, 4).map((channel) => Number(channel).toString(16).padStart(2, '0'));
  return { color: `#${hex.join('')}`, alpha: match[4] === undefined ? 1 : Number(match[4]) };
}

/** `620 12px "Inter Variable", sans-serif` in its parts. */
function fontOf(font: string): {
  readonly style: string;
  readonly weight: string;
  readonly size: number;
  family: string;
} {
  const match = /^(italic )?(\d+) ([\d.]+)px (.+)$/.exec(font);
  if (!match) return { style: '', weight: '400', size: 10, family: font };
  return { style: match[1] ? 'italic' : '', weight: match[2]!, size: Number(match[3]), family: match[4]! };
}

/** From the baseline that SVG knows to the middle of small letters, as a share of the font's size. */
const MIDDLE = 0.36;

/**
 * A pen that writes SVG: shapes as paths, words as text in fonts by name. It does what the painter needs of a 2D
 * context and no more; widths of texts come from `measure`.
 */
export class SvgPen implements Pen {
  fillStyle = '#000';
  strokeStyle = '#000';
  lineWidth = 1;
  lineCap: CanvasLineCap = 'butt';
  lineJoin: CanvasLineJoin = 'miter';
  globalAlpha = 1;
  font = '400 10px sans-serif';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private readonly measure: (font: string, text: string) => TextMetrics;
  private readonly parts: string[] = [];
  private path: string[] = [];
  private dash: readonly number[] = [];
  private groups = 0;
  private clips = 0;
  private readonly stack: State[] = [];

  constructor(measure: (font: string, text: string) => TextMetrics) {
    this.measure = measure;
  }

  /** Elements since the last call, each on a line of its own. */
  take(): string {
    return this.parts
      .splice(0)
      .map((part) => `${part}\n`)
      .join('');
  }

  setLineDash(segments: Iterable<number>): void {
    this.dash = [...segments];
  }
  beginPath(): void {
    this.path = [];
  }
  moveTo(x: number, y: number): void {
    this.path.push(`M${round(x)} ${round(y)}`);
    this.at = [x, y];
  }
  lineTo(x: number, y: number): void {
    this.path.push(`L${round(x)} ${round(y)}`);
    this.at = [x, y];
  }
  private at: readonly [number, number] = [0, 0];

  /** For corners of 90° and less sharp ones alike: the tangent points, with the arc between them. */
  arcTo(x1: number, y1: number, x2: number, y2: number, radius: number): void {
    const [x0, y0] = this.at;
    const before = Math.hypot(x0 - x1, y0 - y1);
    const after = Math.hypot(x2 - x1, y2 - y1);
    const cross = (x0 - x1) * (y2 - y1) - (y0 - y1) * (x2 - x1);
    if (before === 0 || after === 0 || radius === 0 || Math.abs(cross) < 1e-9) {
      this.lineTo(x1, y1);
      return;
    }
    const angle = Math.acos(((x0 - x1) * (x2 - x1) + (y0 - y1) * (y2 - y1)) / (before * after));
    const tangent = radius / Math.tan(angle / 2);
    const [ax, ay] = [x1 + ((x0 - x1) / before) * tangent, y1 + ((y0 - y1) / before) * tangent];
    const [bx, by] = [x1 + ((x2 - x1) / after) * tangent, y1 + ((y2 - y1) / after) * tangent];
    this.lineTo(ax, ay);
    this.path.push(`A${round(radius)} ${round(radius)} 0 0 ${cross < 0 ? 1 : 0} ${round(bx)} ${round(by)}`);
    this.at = [bx, by];
  }

  roundRect(
    x: number,
    y: number,
    width: number,
    height: number,
    radii: number | DOMPointInit | Iterable<number | DOMPointInit> = 0,
  ): void {
    const r = typeof radii === 'number' ? radii : 0;
    const [w, h] = [width - 2 * r, height - 2 * r];
    const corner = (dx: number, dy: number): string =>
      r === 0 ? '' : `a${round(r)} ${round(r)} 0 0 1 ${round(dx)} ${round(dy)}`;
    this.path.push(
      `M${round(x + r)} ${round(y)}h${round(w)}${corner(r, r)}v${round(h)}${corner(-r, r)}h${round(-w)}${corner(-r, -r)}v${round(-h)}${corner(r, -r)}z`,
    );
  }

  fill(): void {
    if (this.path.length > 0) this.parts.push(`<path d="${this.path.join('')}"${this.filled()}/>`);
  }
  stroke(): void {
    if (this.path.length > 0) this.parts.push(`<path d="${this.path.join('')}" fill="none"${this.stroked()}/>`);
  }
  figure(path: string, how: 'fill' | 'stroke'): void {
    this.parts.push(`<path d="${path}"${how === 'fill' ? this.filled() : ` fill="none"${this.stroked()}`}/>`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${this.filled()}/>`,
    );
  }

  fillText(text: string, x: number, y: number): void {
    const { style, weight, size, family } = fontOf(this.font);
    const down = this.textBaseline === 'middle' ? size * MIDDLE : 0;
    // Where the font is missing another stands in: it is made as wide as what was measured.
    const length = ` textLength="${round(this.measureText(text).width)}" lengthAdjust="spacingAndGlyphs"`;
    const slant = style === '' ? '' : ` font-style="${style}"`;
    this.parts.push(
      `<text x="${round(x)}" y="${round(y + down)}" font-family="${escaped(family)}" font-size="${round(size)}" font-weight="${weight}"${slant}${length}${this.filled()} xml:space="preserve">${escaped(text)}</text>`,
    );
  }
  measureText(text: string): TextMetrics {
    return this.measure(this.font, text);
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textBaseline, dash, groups } =
      this;
    this.stack.push({
      fillStyle,
      strokeStyle,
      lineWidth,
      lineCap,
      lineJoin,
      globalAlpha,
      font,
      textBaseline,
      dash,
      groups,
    });
  }
  restore(): void {
    const state = this.stack.pop();
    if (!state) return;
    for (; this.groups > state.groups; this.groups--) this.parts.push('</g>');
    Object.assign(this, state);
  }
  translate(x: number, y: number): void {
    this.open(`transform="translate(${round(x)} ${round(y)})"`);
  }
  scale(x: number, y: number): void {
    this.open(`transform="scale(${x} ${y})"`);
  }
  clip(): void {
    const id = `c${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path.join('')}"/></clipPath>`);
    this.open(`clip-path="url(#${id})"`);
  }

  private open(attribute: string): void {
    this.parts.push(`<g ${attribute}>`);
    this.groups += 1;
  }

  private filled(): string {
    const { color, alpha } = paintOf(this.fillStyle);
    const whole = alpha * this.globalAlpha;
    return ` fill="${color}"${whole < 1 ? ` fill-opacity="${round(whole)}"` : ''}`;
  }

  private stroked(): string {
    const { color, alpha } = paintOf(this.strokeStyle);
    const whole = alpha * this.globalAlpha;
    const cap = this.lineCap === 'butt' ? '' : ` stroke-linecap="${this.lineCap}"`;
    const join = this.lineJoin === 'miter' ? '' : ` stroke-linejoin="${this.lineJoin}"`;
    const dash = this.dash.length === 0 ? '' : ` stroke-dasharray="${this.dash.join(' ')}"`;
    const opacity = whole < 1 ? ` stroke-opacity="${round(whole)}"` : '';
    return ` stroke="${color}" stroke-width="${round(this.lineWidth)}"${opacity}${cap}${join}${dash}`;
  }
}
