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

it('has where the time goes, the device and the accuracy, each with the command that takes it again', async () => {
  const classes = buildModel({ seed: 5 }, (g) => {
    const pixels = g.op('Relu', [g.op('Conv', [g.input('x', [1, 3, 8, 8]), g.weight('w', [4, 3, 3, 3])])]);
    g.output(g.op('Gemm', [g.op('Flatten', [pixels]), g.weight('v', [144, 10])]), 'y', { shape: [1, 10] });
  });
  writeFileSync(at('timed.onnx'), writeModel(classes));
  const ran = await whittle(
    ...['optimize', at('timed.onnx'), '--pass', 'fuse-conv-activation', '-o', at('timed-out.onnx')],
    ...['--profile', '--budget', '1', '--data', 'synthetic', '--samples', '7', '--report', at('timed.json')],
  );
  expect([ran.code, ran.err]).toEqual([0, '']);
  const data = JSON.parse(readFileSync(at('timed.json'), 'utf8')) as ReportData;
  expectPublished('report', data);
  const [where, roof, accuracy] = data.findings;
  expect(where?.table?.heads).toEqual(['Operator', 'Original', 'Result', 'Share']);
  expect(where?.table?.rows.map(([operator]) => operator)).toContainEqual(expect.stringMatching(/^FusedConv/));
  expect(roof?.chart?.series.map(({ name }) => name)).toEqual(['limit', '']);
  expect(accuracy).toMatchObject({ title: 'Accuracy', note: '7 samples of synthetic (seed 0)' });
  expect(data.commands.slice(-2)).toEqual([
    'whittle profile timed.onnx --against timed.whittled.onnx --roofline --threads 1',
    'whittle accuracy timed.whittled.onnx --against timed.onnx --data=synthetic --samples=7',
  ]);
}, 60_000);

it.each([
  [['--bench-steps'], '--bench-steps is for --report'],
  [['--profile'], '--profile is for --report'],
  [['--data', 'digits'], '--data is for --report'],
  [['--with', 'search.json'], '--with is for --report'],
  [['--report', at('none.html'), '--budget', '3'], '--budget is for --profile'],
  [['--report', at('none.html'), '--labels', 'l.npy'], '--labels is for --data'],
  [['--bundle-runtime'], '--bundle-runtime is for --bundle'],
])('options that would say nothing are refused: %s', async (given, said) => {
  const { code, err } = await whittle(
    'optimize',
    'none.onnx',
    '--recipe',
    'clean',
    '-o',
    at('none-out.onnx'),
    ...given,
  );
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
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
