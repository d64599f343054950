import { headlineClause, leadText, modelName } from './headline.ts';
import { embedJson, safe, type Markup } from './markup.ts';
import { findings } from './findings.ts';
import { graph } from './graph.ts';
import { name } from './parts.ts';
import * as part from './sections.ts';
import { STYLE } from './style.ts';
import type { ReportData } from './types.ts';

/** `auto` follows the reader's system; print is always light. */
export type ReportTheme = 'auto' | 'light' | 'dark';

/** Nothing may be fetched or run: the page is text, one style and static SVG. Data blocks are not scripts. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const MARK = safe`<svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
  <path d="M2 3.2h4.2V17L2 14.4z" fill="currentColor" />
  <path d="M7.9 3.2h4.2v9.4L7.9 15z" fill="currentColor" opacity=".72" />
  <path d="M13.8 3.2H18v5.6l-4.2 2.6z" fill="var(--accent)" />
</svg>`;

/** The date in words, in UTC, so that a report reads the same wherever it is made. */
function dateText(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return (
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(date) + ' UTC'
  );
}

const body = (data: ReportData): Markup =>
  safe`<article>
    <header><b>${MARK}Whittle report</b><span>${dateText(data.createdAt)}</span></header>
    <main>
      <h1>${name(modelName(data))} ${headlineClause(data)}</h1>
      <p class="lead">${leadText(data)}</p>
      ${part.tiles(data)}
      <div class="two">
        <div>${part.recipe(data)}${part.device(data)}</div>
        <div>${part.timings(data)}</div>
      </div>
      ${part.measured(data)}${part.loading(data)}${graph(data)}${part.widths(data)}${part.verification(data)}
      ${findings(data)}
      <div class="two">
        <div>${part.operators(data)}</div>
        <div>${part.limits(data)}${part.reproduce(data)}</div>
      </div>
    </main>
    <footer>${part.fileLine(data)}<span>${data.tool.name} ${data.tool.version} · ${data.tool.runtime}</span></footer>
  </article>`;

/** Routes of wires stand in the picture already, and would be a third of the file once more. */
const withoutWires = (data: ReportData): ReportData =>
  data.graph === null ? data : { ...data, graph: { ...data.graph, wires: '' } };

/**
 * One HTML file that opens anywhere: no network, no script, no font to fetch. The recipe and the data stand in it as
 * JSON (`#whittle-recipe`, `#whittle-report`). Every name of the model is escaped.
 */
export function renderHtml(data: ReportData, theme: ReportTheme = 'auto'): string {
  return safe`<!doctype html>
    <html lang="en" data-theme="${theme}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${data.title} · Whittle report</title>
        <style>
          ${{ markup: STYLE }}
        </style>
      </head>
      <body>
        ${body(data)}
        <script type="application/json" id="whittle-recipe">
          ${embedJson(data.recipe)}
        </script>
        <script type="application/json" id="whittle-report">
          ${embedJson(withoutWires(data))}
        </script>
      </body>
    </html>`.markup;
}
