import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchFixture, findingFixture, graphFixture, reportFixture, timingFixture, tunedFixture } from './fixture.ts';
import { renderHtml } from './html.ts';
import { escapeHtml } from './markup.ts';
import type { ReportData } from './types.ts';

const HOSTILE = `</script><img src=x onerror="alert('1')">\`\u0000-->`;

/** Every text of the data replaced by a hostile one, so that no field can be forgotten. */
function poison<T>(value: T, text: string): T {
  if (typeof value === 'string') return text as T;
  if (Array.isArray(value)) return value.map((each: unknown) => poison(each, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key === 'Conv' ? text : key,
    poison<unknown>(each, text),
  ]);
  return Object.fromEntries(entries) as T;
}

const block = (page: string, id: string): unknown => {
  const found = new RegExp(`<script type="application/json" id="${id}">\\s*(.*?)\\s*</script>`, 's').exec(page);
  return JSON.parse(found?.[1] ?? 'no block');
};
const visible = (page: string): string => page.slice(page.indexOf('<body>'), page.indexOf('<script'));

describe('the report as one HTML file', () => {
  it('escapes every text of a hostile model', () => {
    const page = renderHtml(poison(tunedFixture(), HOSTILE));
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toContain('\u0000');
    expect(page).toContain(escapeHtml(HOSTILE));
    const data = block(page, 'whittle-report') as ReportData;
    expect(data.model.name).toBe(HOSTILE);
  });

  it('shows what measurement decided, and how the result is to be loaded, where there is something to show', () => {
    const page = visible(renderHtml(tunedFixture()));
    expect(page).toContain('1 of 2 groups kept');
    expect(page).toContain('1.12×, 1.09 to 1.15');
    expect(page).toContain('InferenceSession.create');
    expect(page).toContain('NchwcTransformer');
    const plain = visible(renderHtml(reportFixture()));
    expect(plain).not.toContain('Decided by measurement');
    expect(plain).not.toContain('How to load it');
  });

  it('lets no text out of its element or attribute', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<', '>', '&', '"', "'", '`', 'amp;', '\u0000', '\u2028', 'x')), (parts) => {
        const text = parts.join('');
        return !/[<>"'`]|&(?!(amp|lt|gt|quot|#39|#96);)/.test(escapeHtml(text));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('needs no network: no script runs, nothing is linked, fetched or embedded', () => {
    const page = renderHtml(reportFixture());
    expect(page).toContain('default-src &#39;none&#39;;');
    expect(page).not.toMatch(/<(link|img|iframe|object|embed|script(?! type="application\/json"))/);
    expect(page).not.toMatch(/\s(src|srcset|action|on\w+)=/);
    expect(page).not.toMatch(/\shref="(?!#)/);
    expect(page).not.toMatch(/url\(|@import|https?:/);
  });

  it('carries the recipe and its data', () => {
    const data = reportFixture();
    const page = renderHtml(data);
    expect(block(page, 'whittle-recipe')).toEqual(data.recipe);
    const { graph } = data;
    expect(block(page, 'whittle-report')).toEqual({ ...data, graph: { ...graph, wires: '' } });
  });

  it('shows what is unknown as a dash, never as 0', () => {
    const data = reportFixture();
    const page = renderHtml({ ...data, before: { ...data.before, macs: null }, after: { ...data.after, macs: null } });
    const tile = /MACs<\/div>(.*?)<\/div>\s*<\/div>/s.exec(page)?.[1] ?? '';
    expect(tile).toContain('–');
    expect(tile).not.toMatch(/\d/);
  });

  it('says what was not measured and leaves out what does not exist', () => {
    const page = visible(
      renderHtml(
        reportFixture({
          bench: [],
          verify: null,
          widths: [],
          steps: [],
          limits: [],
          graph: null,
        }),
      ),
    );
    for (const text of ['Speed was not measured', 'Not checked', 'No step was applied', 'not measured'])
      expect(page).toContain(text);
    for (const title of ['Widths after pruning', 'Limits', '>Graph']) expect(page).not.toContain(title);
  });

  it('puts a failed check before any gain', () => {
    const { verify } = reportFixture();
    const page = renderHtml(reportFixture({ verify: verify && { ...verify, ok: false, verdict: 'differs' } }));
    expect(/<h1>(.*?)<\/h1>/s.exec(page)?.[1]).toContain('differs from the original');
  });

  it('does not say that an approximation agrees', () => {
    const page = visible(renderHtml(reportFixture()));
    const checks = page.slice(page.indexOf('Check against the original'));
    expect(checks).toContain('~ approximates');
    expect(checks).not.toContain('✓ agrees');
  });

  it('does not call an inconclusive benchmark faster', () => {
    const page = visible(
      renderHtml(
        reportFixture({ bench: [benchFixture({ verdict: 'inconclusive', ratio: 1.03, interval: [0.97, 1.09] })] }),
      ),
    );
    expect(page).toContain('inconclusive');
    expect(page).not.toContain('faster');
  });

  it('draws every run as a dot', () => {
    const runs = 57;
    const bench = benchFixture({ before: timingFixture(20, runs, 3), after: timingFixture(10, runs, 4) });
    const page = renderHtml(reportFixture({ bench: [bench] }));
    const dots = [...page.matchAll(/<path class="dots" d="([^"]*)"/g)].map((match) => match[1]?.split('M').length);
    expect(dots).toEqual([runs + 1, runs + 1]);
  });

  it('stays under 1.5 MB at 3 000 nodes and under 300 kB for a usual model', () => {
    const large = renderHtml(reportFixture({ graph: graphFixture(3000) }));
    expect(large.match(/<g id="n/g)).toHaveLength(3000);
    expect(new TextEncoder().encode(large).length).toBeLessThan(1_500_000);
    expect(new TextEncoder().encode(renderHtml(reportFixture())).length).toBeLessThan(300_000);
  });

  it('colours the picture by changes, and by operators where there are none', () => {
    const checked = (marks: string): string | undefined =>
      /name="colour" id="([\w-]+)" checked/.exec(
        renderHtml(reportFixture({ graph: { ...graphFixture(4), marks } })),
      )?.[1];
    expect([checked('ssra'), checked('ssss')]).toEqual(['by-change', 'by-family']);
  });

  it('draws original and result in one picture: a box each with what became of it, coloured in three ways', () => {
    const graph = graphFixture(10);
    const page = renderHtml(reportFixture({ graph }));
    expect(page.match(/<g id="n\d+" class="n m-r/g)).toHaveLength(2);
    expect(page).toMatch(/<title>Clip · features\.2\.conv · 3×3 s2 g192 · 740.k operations · removed<\/title>/);
    expect(page.match(/name="colour"/g)).toHaveLength(3);
    expect(page).toContain('<a href="#n');
  });

  it('shows what was measured beside the recipe: a curve, points, figures', () => {
    const page = visible(renderHtml(reportFixture({ findings: [findingFixture()] })));
    expect(page).toContain('Training');
    expect(page).toMatch(/<path class="series line" d="M[\d. ]+L/);
    expect(page.match(/<circle [^>]*r="3"/g)!.length).toBeGreaterThan(2);
    expect(page).toContain('97.3 %');
    const none = renderHtml(
      reportFixture({ findings: [{ ...findingFixture(), chart: { ...findingFixture().chart!, series: [] } }] }),
    );
    expect(none).not.toContain('class="plot"');
  });

  it('tells what each step is worth where that was timed', () => {
    const { steps } = reportFixture();
    const gain = { ratio: 1.21, interval: [1.18, 1.24], verdict: 'faster', on: 'WASM, 1 thread' } as const;
    const page = visible(renderHtml(reportFixture({ steps: [{ ...steps[0]!, gain }, ...steps.slice(1)] })));
    expect(page).toContain('Speed against the step before');
    expect(page).toContain('1.21×, 1.18 to 1.24');
    expect(visible(renderHtml(reportFixture()))).not.toContain('Speed against the step before');
  });

  it('takes a theme where the embedding page has one, and follows the system otherwise', () => {
    expect(renderHtml(reportFixture(), 'dark').slice(0, 200)).toContain('<html lang="en" data-theme="dark">');
    expect(renderHtml(reportFixture()).slice(0, 200)).toContain('<html lang="en" data-theme="auto">');
  });
});
