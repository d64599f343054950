import { describe, expect, it } from 'vitest';
import { THIN } from '../../base/format.ts';
import { SEARCH } from '../../search/defaults.ts';
import type { GeneView, SearchPoint } from '../../search/types.ts';
import { latencyFit, searchAdvanced, searchBegun, type SearchRun } from '../../state/searching-run.ts';
import { gene, GENES, point, searchResult } from '../../state/testing/found-points.ts';
import { barsOf, changeLines, genomeWords, planStripe, resolutionOf } from './bars.ts';
import { effectRows, rampOf } from './effects.ts';
import { axisUnit, sharesText, sizeText, valueText } from '../../search/figures.ts';
import { toggledChoice } from './gene-choice.ts';
import { limitIn } from './limits.ts';
import { volumeLine } from './line.ts';
import { openRefusal } from './refusal.ts';
import { CALLOUT, callouts, corners, dotPath, dotsOf, frameOf, nearest, placer, sidesOf, stepPath } from './scatter.ts';
import { endText, networkText, progressText } from './words.ts';

const ORDER = [0, 2, 1];
const run = (points: readonly SearchPoint[], more: Partial<SearchRun> = {}): SearchRun => ({
  ...searchAdvanced(searchBegun({ stop: 0, name: 'Original', request: SEARCH, genes: GENES, order: ORDER }), [
    { stage: 'Judging', points },
  ]),
  ...more,
});
const plain = (text: string): string => text.replaceAll(THIN, ' ');

describe('a stripe', () => {
  const kinds = (genes: readonly GeneView[], genome: readonly number[]) =>
    barsOf(planStripe(genes, [...genes.keys()]), genome).map(({ kind, share, gone }) => [kind, share, gone]);

  it('has a bar for each width, its height what is kept, and one for each block that has no width of its own', () => {
    expect(kinds(GENES, [0, 1, 2])).toEqual([
      ['width', 0.25, false],
      ['width', 1, false],
      ['depth', 1, false],
    ]);
  });

  it('shows what lies in a dropped block as gone: the last blocks go first', () => {
    expect(kinds(GENES, [2, 0, 1])).toEqual([
      ['width', 1, false],
      ['width', 0.5, true],
      ['depth', 1, false],
    ]);
    expect(kinds(GENES, [2, 0, 0]).map(([, , gone]) => gone)).toEqual([false, true, true]);
  });

  it('marks a smaller kernel on the bar of its convolution, and stands by itself where there is none', () => {
    const kernel = gene('kernel:k', 'kernel', 'stem kernel', [3, 5], ['3 × 3', '5 × 5'], [2]);
    const lone = gene('kernel:l', 'kernel', 'head kernel', [3, 5], ['3 × 3', '5 × 5'], [9]);
    const bars = barsOf(planStripe([...GENES, kernel, lone], [0, 3, 2, 1, 4]), [2, 1, 2, 0, 1]);
    expect(bars.map(({ kind, smallKernel }) => [kind, smallKernel])).toEqual([
      ['width', true],
      ['depth', false],
      ['width', false],
      ['kernel', false],
    ]);
    expect(bars[0]?.genes).toEqual(['width:a', 'kernel:k']);
  });

  it('tells the resolution beside its bars', () => {
    const side = gene('resolution', 'resolution', 'resolution', [160, 224], ['160', '224'], []);
    expect(resolutionOf([...GENES, side], [2, 1, 2, 0])).toBe('160');
    const square = gene('resolution', 'resolution', 'resolution', [160, 224], ['160 × 160', '224 × 224'], []);
    expect(plain(resolutionOf([...GENES, square], [2, 1, 2, 1]) ?? '')).toBe('224 px');
    expect(resolutionOf(GENES, [2, 1, 2])).toBeNull();
  });

  it('drops the block that a gene lies in, however many nodes each has', () => {
    // The first block holds most of the stage's nodes.
    const depth = gene('depth:s', 'depth', 'stage', [0, 1, 2], ['0', '1', '2'], [1, 2, 3, 4, 5, 6, 7, 8]);
    const last = { ...gene('width:l', 'width', 'last', [0.5, 1], ['1', '2'], [6]), inside: { gene: 0, below: 2 } };
    expect(kinds([depth, last], [1, 1])).toEqual([
      ['depth', 1, false],
      ['width', 1, true],
    ]);
  });

  it('says in three lines at most what is changed: by name where it is little, else how much of each kind', () => {
    const lines = (genes: readonly GeneView[], genome: readonly number[]) =>
      changeLines(genes, [...genes.keys()], genome).map(plain);
    expect(lines(GENES, [2, 1, 2])).toEqual([]);
    expect(lines(GENES, [0, 1, 1])).toEqual(['stem: 8', 'stage depth: 1 of 2 blocks']);
    const many = (['width', 'width', 'heads', 'heads', 'kernel', 'depth', 'width'] as const).map((kind, at) =>
      gene(`${kind}:${at}`, kind, `g${at}`, [0.5, 1], ['1', '2'], []),
    );
    expect(lines(many, [0, 0, 1, 1, 0, 0, 1])).toEqual(['g5: 1', '2 of 3 widths narrower', 'g4: 1']);
    expect(lines(many, [0, 0, 0, 0, 0, 0, 0])).toEqual([
      'g5: 1',
      '3 of 3 widths narrower',
      '2 of 2 layers with fewer heads, g4: 1',
    ]);
  });

  it('is told in words from the input on', () => {
    expect(genomeWords(GENES, ORDER, [2, 1, 2])).toBe('as the model is');
    expect(genomeWords(GENES, ORDER, [0, 1, 1])).toBe('2 of 3 genes smaller: stem 8, stage depth 1 of 2 blocks');
    const many = Array.from({ length: 7 }, (_, at) => gene(`width:${at}`, 'width', `g${at}`, [0.5, 1], ['1', '2'], []));
    const words = genomeWords(many, [...many.keys()], [0, 0, 0, 0, 0, 0, 1]);
    expect(words).toBe('6 of 7 genes smaller: g0 1, g1 1, g2 1, g3 1 and 2 more');
  });
});

describe('a choice of a gene', () => {
  it('is switched, but never so that there is nothing to choose', () => {
    expect(toggledChoice([0, 1, 2], 1)).toEqual([0, 2]);
    expect(toggledChoice([0, 2], 1)).toEqual([0, 1, 2]);
    expect(toggledChoice([0, 2], 0)).toEqual([0, 2]);
  });
});

describe('the chart of points', () => {
  const sides = sidesOf(['latency', 'quality'], null, 'agreement');

  it('has quality upwards, another objective to the right, and a third as the size of dots', () => {
    expect(sides).toEqual({ x: 'latency', y: 'quality', z: null, quality: 'agreement' });
    expect(sidesOf(['latency', 'quality', 'bytes'], 'bytes', 'cosine')).toMatchObject({ x: 'bytes', z: 'latency' });
    expect(sidesOf(['bytes', 'macs'], null, 'cosine')).toMatchObject({ x: 'bytes', y: 'macs', z: null });
    const dots = dotsOf([point(0, 10, 1), point(1, 5, 0.5)], { ...sides, z: 'bytes' });
    expect(dots.map(({ size }) => size)).toEqual([1, 0]);
  });

  it('leaves out what has no value, and stands by a measured time beside the predicted one', () => {
    const dots = dotsOf([point(0, 10, 1, { measured: 11 }), point(1, 5, 0.5, { latency: null })], sides);
    expect(dots).toMatchObject([{ id: 0, x: 11, predicted: 10 }]);
  });

  it('joins what nothing beats by a step line', () => {
    const dots = dotsOf([point(0, 10, 1), point(1, 5, 0.8), point(2, 7, 0.7), point(3, 5, 0.6)], sides);
    expect(corners(dots, true).map(({ id }) => id)).toEqual([1, 0]);
    expect(corners(dots, false).map(({ id }) => id)).toEqual([3]);
    expect(
      stepPath([
        { x: 0, y: 10 },
        { x: 5, y: 2 },
      ]),
    ).toBe('M0.0 10.0H5.0V2.0');
    expect(dotPath([{ x: 1, y: 2 }])).toBe('M1.0 2.0h0');
  });

  it('has axes with plain numbers over all, or close around the front, and reaches to a bound that is near', () => {
    const dots = dotsOf([point(0, 10, 1), point(1, 5, 0.8), point(2, 40, 0.1)], sides);
    const all = frameOf(dots, new Set([1]), sides, false, { x: null, y: null });
    expect([all.x.from, all.x.to, all.y.from, all.y.to]).toEqual([0, 50, 0, 100]);
    const close = frameOf(dots, new Set([1]), sides, true, { x: null, y: null });
    expect([close.x.to, close.y.from]).toEqual([12, 75]);
    expect(frameOf(dots, new Set([1]), sides, true, { x: 14, y: null }).x.to).toBeGreaterThanOrEqual(14);
    expect(frameOf(dots, new Set([1]), sides, true, { x: 400, y: null }).x.to).toBe(12);
    expect(placer(all, 100, 200)(25, 0.5)).toEqual({ x: 50, y: 100 });
  });

  it('draws a bound that is a share of the original once that is known', () => {
    const bound = { objective: 'latency', bound: 0.6, relative: true } as const;
    const request = { ...SEARCH, constraints: [bound, { objective: 'bytes', bound: 4e5 } as const] };
    expect(limitIn(request, [], 'latency', 'agreement')).toBeNull();
    // Bounds are held against what the table says, also where the original was timed whole.
    const points = [point(0, 10, 1, { measured: 12 })];
    expect(limitIn(request, points, 'latency', 'agreement')).toBe(6);
    expect(limitIn(request, points, 'bytes', 'agreement')).toBe(4e5);
    expect(limitIn(request, points, 'macs', 'agreement')).toBeNull();
  });

  it('finds the dot under the pointer, and nothing where none is near', () => {
    const placed = [
      { id: 4, place: { x: 10, y: 10 } },
      { id: 7, place: { x: 20, y: 10 } },
    ];
    expect(nearest(placed, { x: 17, y: 11 }, 14)).toBe(7);
    expect(nearest(placed, { x: 60, y: 10 }, 14)).toBeNull();
  });

  it('puts stripes above the front where they cover nothing', () => {
    const places = [
      { id: 1, place: { x: 300, y: 200 } },
      { id: 2, place: { x: 310, y: 195 } },
      { id: 3, place: { x: 300, y: 4 } },
    ];
    const found = callouts(
      places,
      600,
      places.map(({ place }) => place),
      116,
    );
    // The last one has no room above it.
    expect(found.map(({ id }) => id)).toEqual([1, 2]);
    for (const { corner } of found) expect(corner.y + CALLOUT.height).toBeLessThan(195);
    const [a, b] = found.map(({ corner }) => corner);
    expect(Math.abs(a!.x - b!.x) >= 116 || Math.abs(a!.y - b!.y) >= CALLOUT.height).toBe(true);
  });
});

describe('figures', () => {
  it('are told in their own units', () => {
    expect(plain(valueText('latency', 8.7, 'agreement'))).toBe('8.70 ms');
    expect(plain(valueText('quality', 0.899, 'agreement'))).toBe('89.9 %');
    expect(valueText('quality', 0.9123, 'cosine')).toBe('0.912');
    expect(plain(valueText('bytes', 5.94e6, 'cosine'))).toBe('5.94 MB');
    expect(plain(sharesText([1, 0.25, 0.5, 0.75, 0.875, 0.9375], 4))).toBe('25 to 100 %, 6 steps, multiples of 4');
    expect(plain(sharesText([0.5, 1], 1))).toBe('50 or 100 %');
    expect(plain(sharesText([0.5, 0.75, 1], 8))).toBe('50, 75 or 100 %, multiples of 8');
    expect(axisUnit('latency', 0.05, 'agreement')).toEqual({ size: 1e-3, unit: 'µs' });
    expect(axisUnit('bytes', 3e6, 'agreement').unit).toBe('MB');
    expect(axisUnit('quality', 1, 'agreement').unit).toBe('%');
  });

  it('of a space are exact while they are small', () => {
    expect(sizeText(Math.log10(256))).toBe('256');
    expect(plain(sizeText(16.2))).toBe('≈ 10¹⁶');
  });
});

describe('the latency model', () => {
  it('is held against what was timed whole: the median error, and the order', () => {
    expect(latencyFit([point(0, 10, 1)])).toBeNull();
    const timed = [10, 20, 40].map((ms, id) => point(id, ms, 1, { measured: ms * (1 + id / 10) }));
    const fit = latencyFit(timed);
    expect(fit?.timed).toHaveLength(3);
    expect(fit?.error).toBeCloseTo(1 - 1 / 1.1, 6);
    expect(fit?.rank).toBeCloseTo(1, 12);
  });
});

describe('what was learnt', () => {
  it('lists genes by what they explain, with the mean of each choice on one scale', () => {
    const rows = effectRows(
      [
        { gene: 0, quality: [0.5, null, 0.9], latency: [1, null, 2], share: 0.2 },
        { gene: 2, quality: [0.1, 0.5, 0.7], latency: [1, 2, 3], share: 0.6 },
        { gene: 1, quality: [null, 0.9], latency: [null, 2], share: 0 },
      ],
      GENES,
      'agreement',
    );
    expect(rows.map(({ name }) => name)).toEqual(['stage depth', 'stem']);
    expect(rows[1]?.cells.map(({ level }) => level?.toFixed(2))).toEqual(['0.50', undefined, '1.00']);
    expect(plain(rows[1]!.words)).toBe('stem explains 20.0 %; 8: 50.0 %, 32: 90.0 %');
    expect([rampOf(0), rampOf(1)]).toEqual(['var(--seq-1)', 'var(--seq-7)']);
  });
});

describe('the hypervolume', () => {
  it('is drawn as steps up to what was asked for', () => {
    const line = volumeLine(
      [
        { evaluations: 50, hypervolume: 0.2 },
        { evaluations: 100, hypervolume: 0.4 },
      ],
      200,
      400,
      100,
    );
    expect(line.path).toBe('M100.0 100.0H200.0V0.0');
    expect(line.last?.hypervolume).toBe(0.4);
  });
});

describe('the words of a search', () => {
  it('tell how far it is, how fast, and how long it takes', () => {
    const half = run([point(0, 10, 1)], { evaluations: 84, perMinute: 31 });
    expect(plain(progressText(half))).toBe('84 of 200 networks · 31 a minute · 4 min left');
    expect(progressText({ ...half, status: 'paused' })).toBe('84 of 200 networks · paused');
    expect(progressText(run([]))).toBe('Judging');
    const measuring = { ...half, evaluations: 1, stage: 'Measuring operators, 40 of 120' };
    expect(progressText(measuring)).toBe('Measuring operators, 40 of 120 · 1 of 200 networks');
  });

  it('tell what became of it', () => {
    const points = [point(0, 10, 1), point(1, 5, 0.8)];
    const result = { ...searchResult(points, [1, 0]), ended: 'stopped' as const };
    expect(plain(endText(run(points, { status: 'done', result })))).toBe('2 networks, 2 on the front · 12 s · stopped');
    expect(endText(run(points, { status: 'cancelled' }))).toContain('what was judged is not judged again');
  });

  it('tell of a network where it stands and what it comes to', () => {
    const found = run([point(0, 10, 1), point(1, 5, 0.8)]);
    expect(plain(networkText(found, found.points[1]!, 'agreement'))).toBe(
      'Network 1, 1 of 2 on the front: latency 5.00 ms, top class kept 80.0 %, 500 kB.',
    );
  });

  it('say why a network cannot be opened', () => {
    const found = run([point(0, 10, 1), point(1, 5, 0.8)], { status: 'done' });
    expect(openRefusal(found, 1)).toBeNull();
    expect(openRefusal(found, 0)).toContain('as it is');
    expect(openRefusal({ ...found, holds: false }, 1)).toContain('search again');
    expect(openRefusal({ ...found, status: 'running' }, 1)).toContain('at work');
  });
});
