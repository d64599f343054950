import { formatChange, formatRatio } from '../base/format.ts';
import { headlineClause, leadText, mainBench, modelName } from './headline.ts';
import { safe, type Markup } from './markup.ts';
import { pairTexts, type Quantity } from './quantity.ts';
import type { ReportData } from './types.ts';

/** px; as wide as pictures are shown beside a link. */
export const CARD = { width: 1200, height: 630 };

const LIGHT = {
  panel: '#fbfcfd',
  line: '#dee0e3',
  ink: '#1b1e24',
  ink2: '#4a4f56',
  ink3: '#666a73',
  accent: '#2e56d5',
};
const DARK = { panel: '#16181a', line: '#2a2c2f', ink: '#eff0f3', ink2: '#b2b4b9', ink3: '#8b8f95', accent: '#83a6fb' };
type Palette = typeof LIGHT;

/** Mean width of a letter, as a share of the size: a picture that stands alone cannot measure its text. */
const LETTER = 0.54;

/** Lines of at most so many px; what does not fit in `most` of them ends with a mark. */
function wrap(text: string, size: number, width: number, most: number): string[] {
  const room = Math.floor(width / (size * LETTER));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const part = word.length > room ? `${word.slice(0, room - 1)}…` : word;
    if (line !== '' && line.length + 1 + part.length > room) {
      lines.push(line);
      line = part;
    } else line = line === '' ? part : `${line} ${part}`;
  }
  if (line !== '') lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1]!.slice(0, room - 1)}…`];
}

function tile(x: number, title: string, value: string, [before, after]: readonly [string, string], c: Palette): Markup {
  return safe`<g transform="translate(${x} 400)">
    <text y="0" font-size="22" fill="${c.ink2}">${title}</text>
    <text y="54" font-size="46" font-weight="640" fill="${c.ink}">${value}</text>
    <text y="90" font-size="21" fill="${c.ink3}">${before} → <tspan fill="${c.ink}">${after}</tspan></text>
  </g>`;
}

type Size = readonly [title: string, kind: Quantity, before: number | null, after: number | null];

/** The headline, the figures behind it and how it was checked, as one picture in SVG that stands alone. */
export function renderCard(data: ReportData, theme: 'light' | 'dark' = 'light'): string {
  const c = theme === 'dark' ? DARK : LIGHT;
  const { before, after } = data;
  const bench = mainBench(data);
  const sizes: readonly Size[] = [
    ['File', 'bytes', before.bytes, after.bytes],
    ['MACs', 'count', before.macs, after.macs],
    ['Parameters', 'count', before.parameters, after.parameters],
    ['Nodes', 'count', before.nodes, after.nodes],
  ];
  const speed = bench
    ? [
        tile(
          64,
          'Latency, median',
          formatRatio(bench.ratio),
          pairTexts('ms', bench.before.median, bench.after.median),
          c,
        ),
      ]
    : [];
  const rest = sizes
    .slice(0, bench ? 3 : 4)
    .map(([title, kind, from, to], at) =>
      tile(64 + (at + speed.length) * 276, title, formatChange(from, to), pairTexts(kind, from, to), c),
    );
  const headline = wrap(`${modelName(data)} ${headlineClause(data)}`, 50, 1060, 3);
  const lead = wrap(leadText(data), 22, 1060, 2);
  const top = 130;
  const lines = (
    texts: readonly string[],
    from: number,
    size: number,
    pitch: number,
    weight: number,
    fill: string,
  ): Markup =>
    safe`${texts.map(
      (text, at) =>
        safe`<text x="64" y="${from + at * pitch}" font-size="${size}" font-weight="${weight}" fill="${fill}">${text}</text>`,
    )}`;
  return safe`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${CARD.width} ${CARD.height}" width="${CARD.width}" height="${CARD.height}" font-family="Inter, system-ui, -apple-system, 'Segoe UI', sans-serif" role="img">
    <title>${modelName(data)} ${headlineClause(data)}</title>
    <rect width="${CARD.width}" height="${CARD.height}" fill="${c.panel}" />
    <g fill="${c.ink}" transform="translate(64 34) scale(1.7)"><path d="M2 3.2h4.2V17L2 14.4z" /><path d="M7.9 3.2h4.2v9.4L7.9 15z" opacity=".72" /><path d="M13.8 3.2H18v5.6l-4.2 2.6z" fill="${c.accent}" /></g>
    <text x="108" y="60" font-size="22" font-weight="620" fill="${c.ink}">Whittle report</text>
    ${lines(headline, top, 50, 58, 640, c.ink)}
    ${lines(lead, top + headline.length * 58 - 12, 22, 30, 420, c.ink2)}
    <path d="M64 356H1136M64 530H1136" stroke="${c.line}" stroke-width="2" />
    ${speed}${rest}
    <text x="64" y="578" font-size="20" fill="${c.ink3}">${`${data.steps.length} steps · ${data.verify ? data.verify.verdict : 'not checked'} · ${data.tool.runtime}`}</text>
  </svg>`.markup;
}
