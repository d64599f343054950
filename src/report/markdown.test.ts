import { describe, expect, it } from 'vitest';
import { findingFixture, reportFixture, tunedFixture } from './fixture.ts';
import { renderJson } from './json.ts';
import { escapeMarkdown, renderMarkdown } from './markdown.ts';

describe('the report as text', () => {
  it('keeps a hostile name inside its cell', () => {
    const name = 'a|b`c\n# d <img src=x> [x](y)';
    const text = renderMarkdown(reportFixture({ widths: [{ name, before: 8, after: 4 }] }));
    const line = text.split('\n').find((each) => each.includes('b\\`c'));
    expect(line).toBe('| a\\|b\\`c \\# d \\<img src=x\\> \\[x\\]\\(y\\) | 8 | 4 |');
  });

  it('fences commands with more backticks than they hold', () => {
    const text = renderMarkdown(reportFixture({ commands: ['whittle inspect "a```b.onnx"'] }));
    expect(text).toContain('````\nwhittle inspect "a```b.onnx"\n````');
  });

  it('says what was not measured', () => {
    const text = renderMarkdown(reportFixture({ bench: [], verify: null, widths: [] }));
    expect(text).toContain('## Time for one run\n\nNot measured.');
    expect(text).toContain('## Check against the original\n\nNot checked.');
    expect(text).not.toContain('Widths');
  });

  it('has what measurement decided and the session options', () => {
    const text = renderMarkdown(tunedFixture());
    expect(text).toContain('| Fold batch norm | conv-activation | 34 | 1.12×, 1.09 to 1.15 | faster | kept |');
    expect(text).toContain('## How to load it');
    expect(text).toContain('"optimization.disable_specified_optimizers": "NchwcTransformer"');
    expect(renderMarkdown(reportFixture())).not.toMatch(/Decided by measurement|How to load it/);
  });

  it('holds the headline, each step and the recipe', () => {
    const text = renderMarkdown(reportFixture());
    expect(text).toMatch(/^# mobilenetv2-edge runs 1\.63× faster and is 46\.3.% smaller\.\n/);
    expect(text).toContain('| Prune channels | 22 |');
    expect(text).toContain('"pass": "fold-batch-norm"');
  });

  it('has the summary as a picture within the text, and what was measured as tables', () => {
    const text = renderMarkdown(reportFixture({ findings: [findingFixture()] }));
    const [, base64 = ''] = /^!\[[^\]]+\]\(data:image\/svg\+xml;base64,([\w+/=]+)\)$/m.exec(text) ?? [];
    expect(Buffer.from(base64, 'base64').toString('utf8')).toMatch(/^<svg [^>]*>[\s\S]*1\.63×[\s\S]*<\/svg>$/);
    expect(text).toContain('## Training\n\nrecovered by its original\n\nNo label was used.\n\n| Step |');
  });

  it('leaves plain words as they are', () => {
    expect(escapeMarkdown('Fold batch norm, 50 sites.')).toBe('Fold batch norm, 50 sites.');
  });
});

describe('the report as JSON', () => {
  it('gives back the same data', () => {
    expect(JSON.parse(renderJson(reportFixture()))).toEqual(reportFixture());
  });
});
