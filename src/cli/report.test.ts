import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { findingFixture, graphFixture, reportFixture, tunedFixture } from '../report/fixture.ts';
import type { ReportData } from '../report/types.ts';
import { buildModel } from '../testing/build.ts';
import { expectPublished, whittle } from '../testing/whittle.ts';

const tiny = buildModel({ seed: 5 }, (g) => {
  const x = g.input('x', [1, 3, 8, 8]);
  g.output(g.op('Relu', [g.op('Conv', [x, g.weight('w', [4, 3, 3, 3])])]), 'y', { shape: [1, 4, 6, 6] });
});
const folder = mkdtempSync(join(tmpdir(), 'whittle-report-'));
const at = (name: string): string => join(folder, name);

describe('a report of the command line', () => {
  it('has each step checked and timed, and is the same data as HTML, JSON, Markdown and a picture', async () => {
    writeFileSync(at('small.onnx'), writeModel(tiny));
    const optimize = ['optimize', at('small.onnx'), '--pass', 'fuse-conv-activation', '-o', at('out.onnx'), '--verify'];
    const ran = await whittle(...optimize, '--bench-steps', '--report', at('report.json'));
    expect(ran.code).toBe(0);
    const data = JSON.parse(readFileSync(at('report.json'), 'utf8')) as ReportData;
    expectPublished('report', data);
    expect(data.steps.length).toBeGreaterThan(0);
    for (const { verdict, gain } of data.steps) {
      expect(verdict).toBe('agrees');
      expect(gain).toMatchObject({ on: 'WASM, 1 thread' });
    }
    for (const [name, begins] of [
      ['report.html', '<!doctype html>'],
      ['report.md', '# small '],
      ['report.svg', '<svg '],
    ] as const) {
      expect((await whittle(...optimize, '--report', at(name))).code).toBe(0);
      expect(readFileSync(at(name), 'utf8').startsWith(begins)).toBe(true);
    }
    const [, text = ''] =
      /id="whittle-report">\s*(.*?)\s*<\/script>/s.exec(readFileSync(at('report.html'), 'utf8')) ?? [];
    const { graph, steps, createdAt: _, ...rest } = JSON.parse(text) as ReportData;
    const { graph: whole, steps: timed, createdAt: _at, ...same } = data;
    expect(rest).toEqual(same);
    expect(graph).toEqual({ ...whole, wires: '' });
    expect(steps).toEqual(timed.map((step) => ({ ...step, gain: null })));
  });
});

it('flags that would say nothing are refused', async () => {
  const optimize = ['optimize', 'none.onnx', '--recipe', 'clean', '-o', at('none-out.onnx')];
  for (const flag of ['--bench-steps', '--bundle-runtime']) {
    const { code, err } = await whittle(...optimize, flag);
    expect([code, err]).toEqual([2, expect.stringContaining(`${flag} is for`)]);
  }
});

describe('the published schema of a report', () => {
  it('holds for every field that a report may have, and for none of another kind', () => {
    const { steps } = reportFixture();
    const gain = { ratio: 1.2, interval: [1.1, 1.3], verdict: 'faster', on: 'WASM, 1 thread' } as const;
    const full = { ...tunedFixture(), graph: graphFixture(4), findings: [findingFixture()] };
    for (const data of [reportFixture(), full, { ...full, steps: [{ ...steps[0], gain }] }, { ...full, graph: null }])
      expectPublished('report', JSON.parse(JSON.stringify(data)));
    expect(() => expectPublished('report', { ...full, version: 1 })).toThrow();
    expect(() => expectPublished('report', { ...full, findings: [{ title: 'x' }] })).toThrow();
  });
});
