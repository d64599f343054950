import { FAMILY_NAMES } from '../base/families.ts';
import { formatCount, formatInteger, formatShare, plural } from '../base/format.ts';
import { safe, type Markup } from './markup.ts';
import { count, countPair, name, section } from './parts.ts';
import { KNOWN_FAMILIES } from './style.ts';
import { GRAPH_MARKS, type ReportData, type ReportGraph } from './types.ts';

/** Boxes beyond this many stand without a word in them: the picture shows where, its table which. */
const MOST_WORDS = 1500;
/** Rows of the table of what costs most. */
const MOST_ROWS = 12;

type Letter = keyof typeof GRAPH_MARKS;
const letterAt = (graph: ReportGraph, at: number): Letter => (graph.marks[at] ?? 's') as Letter;

const opAt = ({ ops, op }: ReportGraph, at: number): string => ops[op[at] ?? -1] ?? '';
/** Without its domain: the word in a box has little room. */
const shortOp = (op: string): string => op.slice(op.lastIndexOf('.') + 1);
/** Letters that a box has room for. */
const ROOM = 22;
const inBox = (text: string): string => (text.length > ROOM ? `${text.slice(0, ROOM - 1)}…` : text);
const familyAt = ({ families, op }: ReportGraph, at: number): string => {
  const family = families[op[at] ?? -1] ?? 'unknown';
  return KNOWN_FAMILIES.has(family) ? family : 'unknown';
};

/** 0 to 1: the square root of the share of the heaviest, so that light ones can be told apart. */
function heatOf({ cost }: ReportGraph): readonly number[] {
  const most = cost.reduce((max, each) => Math.max(max, each), 0);
  return cost.map((each) => (most > 0 ? Math.sqrt(each / most) : 0));
}

function node(graph: ReportGraph, at: number, heat: number, words: boolean): Markup {
  const { x, y, w, h, cost, detail } = graph;
  const letter = letterAt(graph, at);
  const op = opAt(graph, at);
  const said = [
    op,
    graph.name[at],
    detail[at],
    cost[at] ? `${formatCount(cost[at])} operations` : '',
    GRAPH_MARKS[letter],
  ];
  const [left, top, width, height] = [x[at] ?? 0, y[at] ?? 0, w[at] ?? 0, h[at] ?? 0];
  const text =
    words && width > 60
      ? safe`<text x="${left + 10}" y="${top + height / 2 + 4}">${inBox(op === '' ? (graph.name[at] ?? '') : shortOp(op))}</text>`
      : null;
  return safe`<g id="n${at}" class="n m-${letter} f-${familyAt(graph, at)}" style="--h:${heat.toFixed(2)}"><title>${said.filter(Boolean).join(' · ')}</title><rect x="${left}" y="${top}" width="${width}" height="${height}" rx="6" />${text}</g>`;
}

const choice = (group: string, id: string, label: string, checked: boolean): Markup =>
  checked
    ? safe`<input type="radio" name="${group}" id="${id}" checked /><label for="${id}">${label}</label>`
    : safe`<input type="radio" name="${group}" id="${id}" /><label for="${id}">${label}</label>`;

const MARK_WORDS = [
  ['r', '−', 'bad'],
  ['a', '+', 'good'],
  ['c', '~', 'open'],
] as const;

function markLegend({ marks }: ReportGraph): Markup {
  return safe`${MARK_WORDS.map(([letter, glyph, tone]) => {
    const found = marks.split(letter).length - 1;
    return found > 0
      ? safe`<span class="tone ${tone}">${glyph} ${GRAPH_MARKS[letter]} ${formatInteger(found)}</span>`
      : null;
  })}`;
}

/** Nodes by family, before and after, the largest first. */
function familyLegend({ graph, before, after }: ReportData): Markup {
  const totals = new Map<string, [before: number, after: number]>();
  graph?.ops.forEach((op, at) => {
    const family = graph.families[at] ?? 'unknown';
    const pair = totals.get(family) ?? [0, 0];
    totals.set(family, [pair[0] + count(before.ops, op), pair[1] + count(after.ops, op)]);
  });
  const entries = [...totals].filter(([family, pair]) => KNOWN_FAMILIES.has(family) && pair[0] + pair[1] > 0);
  entries.sort((a, b) => b[1][0] - a[1][0]);
  return safe`${entries.map(
    ([family, [from, to]]) =>
      safe`<span><i class="key" style="--c:var(--op-${family})"></i>${isFamily(family) ? FAMILY_NAMES[family] : family} ${countPair(from, to)}</span>`,
  )}`;
}
const isFamily = (text: string): text is keyof typeof FAMILY_NAMES => text in FAMILY_NAMES;

/** What costs most, each leading to its box. */
function heaviest(graph: ReportGraph): Markup | null {
  const total = graph.cost.reduce((sum, cost, at) => (letterAt(graph, at) === 'r' ? sum : sum + cost), 0);
  const order = [...graph.cost.keys()].filter((at) => letterAt(graph, at) !== 'r' && (graph.cost[at] ?? 0) > 0);
  order.sort((a, b) => (graph.cost[b] ?? 0) - (graph.cost[a] ?? 0));
  if (order.length === 0) return null;
  const rows = order.slice(0, MOST_ROWS).map((at) => {
    const cost = graph.cost[at] ?? 0;
    return safe`<div>
      <a href="#n${at}">${name(`${shortOp(opAt(graph, at))} ${graph.name[at] ?? ''}`)}</a><span>${formatShare(cost / total)}</span>
    </div>`;
  });
  return safe`<p class="sub gap">What costs most, by operations; a name leads to its box</p>
    <div class="cols">${rows}</div>`;
}

/** Original and result in one picture: three ways to colour it, three sizes, a word for each box on pointing at it; no script. */
export function graph(data: ReportData): Markup | null {
  const { graph: drawn, before, after } = data;
  if (!drawn || drawn.x.length === 0) return null;
  const heat = heatOf(drawn);
  const words = drawn.x.length <= MOST_WORDS;
  const [width, height] = [drawn.width, drawn.height];
  // Where nothing has changed, its operators tell more.
  const isChanged = /[^s]/.test(drawn.marks);
  const label = `${plural(before.nodes, 'node')} before, ${formatInteger(after.nodes)} after, in one picture`;
  const nodes = drawn.x.map((_, at) => node(drawn, at, heat[at] ?? 0, words));
  const text = isChanged
    ? `${formatInteger(before.nodes)} → ${formatInteger(after.nodes)} nodes; what only the original has is dashed`
    : plural(before.nodes, 'node');
  return section(
    'Graph',
    text,
    safe`<div class="graph">
      <div class="picks" role="group" aria-label="Colours and size">
        ${choice('colour', 'by-change', 'Changes', isChanged)}${choice('colour', 'by-cost', 'Cost', false)}${choice('colour', 'by-family', 'Operators', !isChanged)}
        <span class="gap-x"></span>
        ${choice('size', 'size-fit', 'Fit', true)}${choice('size', 'size-half', '50 %', false)}${choice('size', 'size-full', '100 %', false)}
      </div>
      <div class="graph-box" tabindex="0" role="region" aria-label="Graph" style="--w:${width}px">
        <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
          <path class="wires" d="${drawn.wires}" />${nodes}
        </svg>
      </div>
      <div class="legend">${markLegend(drawn)}${familyLegend(data)}</div>
      <div class="legend by-cost-only"><span class="t3">light</span><i class="ramp"></i><span class="t3">heavy: operations, by their square root</span></div>
      ${heaviest(drawn)}
    </div>`,
  );
}
