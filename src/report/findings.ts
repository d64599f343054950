import { safe, type Markup } from './markup.ts';
import { name, note, section, table } from './parts.ts';
import { plot } from './plot.ts';
import type { ReportData, ReportFinding, ReportTable } from './types.ts';

function rowsOf({ heads, rows }: ReportTable): Markup {
  return table(
    heads.map((head, at) => [head, at > 0] as const),
    rows.map(
      (cells) =>
        safe`<tr>
          ${cells.map((cell, at) => safe`<td class="${at > 0 ? 'r' : ''}">${name(cell)}</td>`)}
        </tr>`,
    ),
  );
}

const finding = ({ title, note: how, words, chart, table: figures }: ReportFinding): Markup =>
  section(title, how, [chart && plot(chart), words.map((text) => note(text)), figures && rowsOf(figures)]);

/** What was measured beside the recipe: a section each, in two columns where there is room. */
export function findings({ findings: all }: ReportData): Markup | null {
  return all.length === 0 ? null : safe`<div class="findings">${all.map(finding)}</div>`;
}
