import { describe, expect, it } from 'vitest';
import { renderCard } from './card.ts';
import { reportFixture } from './fixture.ts';

describe('the summary as a picture', () => {
  it('stands alone, and says what the headline says, in both themes', () => {
    for (const theme of ['light', 'dark'] as const) {
      const svg = renderCard(reportFixture(), theme);
      expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
      expect(svg).toContain('1.63×');
      expect(svg).not.toMatch(/href|url\(|<image|<script/);
    }
    expect(renderCard(reportFixture(), 'dark')).not.toBe(renderCard(reportFixture()));
  });

  it('keeps a name that is too long, or hostile, inside its line', () => {
    const { model } = reportFixture();
    const name = `${'x'.repeat(400)}<script>"&.onnx`;
    const svg = renderCard(reportFixture({ model: { ...model, name } }));
    expect(svg).not.toContain('<script>');
    const texts = [...svg.matchAll(/<text [^>]*font-size="50"[^>]*>([^<]*)</g)].map(([, text = '']) => text);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text.length).toBeLessThan(60);
  });

  it('shows sizes where nothing was timed', () => {
    const svg = renderCard(reportFixture({ bench: [] }));
    expect(svg).not.toContain('Latency');
    for (const title of ['File', 'MACs', 'Parameters', 'Nodes']) expect(svg).toContain(`>${title}<`);
  });
});
