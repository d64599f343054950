import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ReportFinding } from '../report/types.ts';
import { whittle } from '../testing/whittle.ts';
import { findingFrom } from './findings-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-findings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
/** As a report has it, with plain spaces between numbers and units. */
const told = (content: unknown): ReportFinding =>
  JSON.parse(JSON.stringify(findingFrom(written('found.json', content))).replaceAll('\u202f', ' '));

const look = { samples: 10, agreement: null, crossEntropy: 0.5, divergence: null, perplexity: null, error: null };
const trained = {
  steps: 3,
  loss: [0.5, null, 0.25],
  terms: ['labels'],
  metrics: null,
  before: null,
  evaluations: [
    { ...look, step: 0, top1: 0.5 },
    { ...look, step: 3, top1: 0.75 },
  ],
  teacher: null,
  notes: ['Ten samples were held out.'],
  output: 'some/where/trained.onnx',
};

const quality = { agreement: 0.9, information: 0.8, cosine: 0.99, kl: 0.1, accuracy: null, samples: 16 };
const network = (genome: number[], predicted: number | null, measured: number | null, agreement: number) => ({
  ...{ genome, predicted, measured, quality: { ...quality, agreement } },
  ...{ bytes: 2_000_000, macs: 3_000_000, parameters: 10, peakBytes: 4_000 },
});
const searched = {
  objectives: ['latency', 'quality', 'macs'],
  quality: 'agreement',
  evaluations: 3,
  hypervolume: 0.5,
  points: [network([1, 1], 4, 5, 1), network([0, 1], 2, null, 0.9), network([0, 0], null, null, 0.2)],
  front: [
    { genome: [0, 1], recipe: 'found/front-1.json' },
    { genome: [1, 1], recipe: 'found/front-2.json' },
  ],
};

const buckets = (perplexity: number) => [
  { from: 1, tokens: 10, perplexity },
  { from: 11, tokens: 10, perplexity: 2 * perplexity },
];
const perplexities = {
  tokens: 20,
  policies: [
    { policy: 'dense', options: {}, perplexity: 4, buckets: buckets(4), msPerToken: 2, cacheBytes: 4_000 },
    { policy: 'streaming', options: { window: 8 }, perplexity: 5, buckets: buckets(5), msPerToken: 1, cacheBytes: 800 },
    { policy: 'int8', options: {}, reason: 'It has no values of its own.' },
  ],
};

describe('what another command printed, in a report', () => {
  it('is a training: the loss of each step that has one, and the looks at held-out samples', () => {
    const found = told(trained);
    expect(found).toMatchObject({ note: 'trained.onnx: 3 steps', words: ['Ten samples were held out.'] });
    expect(found.chart?.series.map(({ points }) => points)).toEqual([
      [
        [1, 0.5],
        [3, 0.25],
      ],
    ]);
    expect(found.table).toEqual({
      heads: ['Step', 'Top class right', 'Cross entropy'],
      rows: [
        ['0', '50.0 %', '0.5'],
        ['3', '75.0 %', '0.5'],
      ],
    });
  });

  it('is a supernet: a look for each size', () => {
    const { evaluations: _, ...rest } = trained;
    const [full, smallest] = [0.9, 0.4].map((top1) => ({ ...look, step: 3, top1 }));
    expect(told({ ...rest, looks: [{ full, smallest }] }).table?.rows).toEqual([
      ['3, the largest', '90.0 %', '0.5'],
      ['3, the smallest', '40.0 %', '0.5'],
    ]);
  });

  it('is a search: its networks by the first two objectives, the front by its recipes', () => {
    const found = told(searched);
    expect(found.chart).toMatchObject({ x: { title: 'Latency, ms' }, y: { title: 'Top class kept, %' } });
    const [others, front, , whole] = found.chart?.series ?? [];
    // What was timed goes before what was foretold; what is neither has no place.
    expect([others?.points, front?.points, whole?.points]).toEqual([
      [],
      [
        [2, 90],
        [5, 100],
      ],
      [[5, 100]],
    ]);
    expect(found.table?.rows).toEqual([
      ['front-1', '2.00 ms', '90.0 %', '3.00 M'],
      ['as it is', '5.00 ms', '100.0 %', '3.00 M'],
    ]);
    expect(found.words).toEqual(['The front covers 0.500 of the box between the worst and the best there could be.']);
  });

  it('is perplexity by position, each policy against the one that keeps all', () => {
    const found = told(perplexities);
    expect(found.chart?.series.map(({ name, points }) => [name, points])).toEqual([
      [
        'Full',
        [
          [6, 4],
          [16, 8],
        ],
      ],
      [
        'Sinks and window, window 8',
        [
          [6, 5],
          [16, 10],
        ],
      ],
    ]);
    expect(found.table?.rows).toEqual([
      ['Full', '4.0 kB', '4', '–', '2.00 ms'],
      ['Sinks and window, window 8', '800 B', '5', '25.0 %', '1.00 ms'],
    ]);
  });

  it('is refused by its name where a report cannot tell it', () => {
    const file = written('other.json', { nodes: 3 });
    expect(() => findingFrom(file)).toThrow(/other\.json holds nothing that a report tells\. Give what whittle train/);
    expect(() => findingFrom(written('text.json', 'loss 3'))).toThrow(/text\.json cannot be read as JSON/);
    expect(() => findingFrom(join(folder, 'none.json'))).toThrow(/none\.json cannot be read/);
    // Nothing was done in it.
    expect(() => findingFrom(written('empty.json', { ...trained, loss: [] }))).toThrow('holds nothing');
  });

  it('never fails in another way, whatever the numbers are', () => {
    for (const wrong of ['x', null, {}, [], -1]) {
      for (const whole of [trained, searched, perplexities]) {
        for (const field of Object.keys(whole)) {
          const path = written('wrong.json', { ...whole, [field]: wrong });
          try {
            expect(findingFrom(path).title).toBeTypeOf('string');
          } catch (error) {
            expect(error).toMatchObject({ code: 'bad-file' });
          }
        }
      }
    }
  });

  it.each([
    [
      'Perplexity by position',
      ['kv', 'perplexity', 'sample:character-transformer', '--text', 'stories', '--length', '24'],
    ],
    [
      'Training',
      [
        ...['train', 'sample:edge-cnn?width=2&layers=2', '--data', 'digits', '--steps', '2', '--batch', '4'],
        ...['--hold-out', '8', '-o', join(folder, 'trained.onnx')],
      ],
    ],
    [
      'Training',
      [
        ...['supernet', 'sample:edge-cnn?width=2&layers=2', '--data', 'digits', '--steps', '1', '--batch', '4'],
        ...['--kinds', 'width', '--hold-out', '8', '-o', join(folder, 'elastic.onnx')],
      ],
    ],
    [
      'Search',
      [
        ...['search', 'sample:edge-cnn?width=4&layers=2', '--data', 'digits', '--samples', '8', '--evaluations', '3'],
        ...['--objectives', 'macs,quality', '--out', join(folder, 'found')],
      ],
    ],
  ])('%s is read as it is printed', { timeout: 60_000 }, async (title, argv) => {
    const { code, out } = await whittle(...argv, '--json');
    expect(code).toBe(0);
    const found = findingFrom(written('printed.json', out));
    expect(found).toMatchObject({ title, chart: { label: expect.stringMatching(/\w/) } });
    expect(found.table?.rows.length).toBeGreaterThan(0);
  });
});
