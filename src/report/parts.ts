import { formatInteger } from '../base/format.ts';
import { safe, type Markup, type MarkupValue } from './markup.ts';

/** Names come from files of strangers: `bdi` keeps right-to-left marks inside them. */
export const name = (text: string): Markup => safe`<bdi>${text}</bdi>`;

export const section = (title: string, note: string, content: MarkupValue): Markup =>
  safe`<section>
    <h2>${title}${note === '' ? null : safe`<small>${note}</small>`}</h2>
    ${content}
  </section>`;

export const note = (text: string): Markup => safe`<p class="note">${text}</p>`;

export const table = (heads: readonly (readonly [title: string, right?: boolean])[], rows: MarkupValue): Markup =>
  safe`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads.map(([title, right]) => safe`<th scope="col" class="${right === true ? 'r' : ''}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;

interface Tone {
  readonly glyph: string;
  readonly tone: string;
}
const VERDICTS: ReadonlyMap<string, Tone> = new Map([
  ['agrees', { glyph: '✓', tone: 'good' }],
  ['differs', { glyph: '×', tone: 'bad' }],
  ['uninformative', { glyph: '?', tone: 'open' }],
  ['ill-conditioned', { glyph: '?', tone: 'open' }],
  ['faster', { glyph: '✓', tone: 'good' }],
  ['slower', { glyph: '×', tone: 'bad' }],
  ['inconclusive', { glyph: '?', tone: 'open' }],
  ['no change', { glyph: '=', tone: 'plain' }],
]);

/** Where values change on purpose. */
const APPROXIMATION = 'approximation';

/** A verdict is a word with a glyph; what was not checked says so. */
export function badge(verdict: string | null, exactness = ''): Markup {
  if (verdict === null) return safe`<span class="badge plain">not checked</span>`;
  // Where values change on purpose, agreeing would be too big a word: how close they stayed is measured, not judged.
  if (verdict === 'agrees' && exactness === APPROXIMATION)
    return safe`<span class="badge changed">~ approximates</span>`;
  const { glyph, tone } = VERDICTS.get(verdict) ?? { glyph: '·', tone: 'plain' };
  return safe`<span class="badge ${tone}">${glyph} ${verdict}</span>`;
}

/** `52`, or `52 → 35` where it changed. */
export const countPair = (before: number, after: number): string =>
  before === after ? formatInteger(after) : `${formatInteger(before)} → ${formatInteger(after)}`;

/** Operator names are a stranger's: `constructor` must not find the object's own. */
export const count = (ops: Readonly<Record<string, number>>, op: string): number =>
  Object.hasOwn(ops, op) ? (ops[op] ?? 0) : 0;
