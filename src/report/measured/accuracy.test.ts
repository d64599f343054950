import { describe, expect, it } from 'vitest';
import { accuracyFinding } from './accuracy.ts';

/** With plain spaces between numbers and units. */
const told = (...given: Parameters<typeof accuracyFinding>): ReturnType<typeof accuracyFinding> =>
  JSON.parse(JSON.stringify(accuracyFinding(...given)).replaceAll('\u202f', ' '));

const classes = (right: number) => ({
  kind: 'classification' as const,
  top1: { share: right, interval: [right - 0.05, right + 0.05] as const },
  top5: null,
  crossEntropy: 0.25,
  calibrationError: 0.01,
});
const numbers = { kind: 'regression' as const, rmse: 0.5, mae: 0.4, r2: null };
const pair = { agreement: 0.9, cosine: 0.99, kl: 0.125, fixed: 2, broken: 13, p: 0.0074 };

describe('what a report tells of accuracy', () => {
  it('is both models on the same samples, without rows that nobody has', () => {
    const models = [
      { name: 'Original', metrics: classes(0.9) },
      { name: 'Result', metrics: classes(0.8) },
    ];
    const found = told({ data: 'digits', samples: 200, count: 1500, models, pair, notes: ['Scaled.'] });
    expect(found).toMatchObject({ title: 'Accuracy', note: '200 of 1500 samples of digits' });
    expect(found.table?.heads).toEqual(['', 'Original', 'Result']);
    expect(found.table?.rows).toEqual([
      ['Top-1', '90.0 %', '80.0 %'],
      ['95 % interval', '85.0 % to 95.0 %', '75.0 % to 85.0 %'],
      ['Cross entropy', '0.25', '0.25'],
      ['Calibration error', '1.0 %', '1.0 %'],
    ]);
    expect(found.words).toEqual([
      'The same top class on 90.0 % of the samples. KL divergence 0.125 nats, cosine 0.99. 2 samples fixed, 13 broken (p = 0.0074).',
      'Scaled.',
    ]);
  });

  it('is numbers where targets are, with a dash for what is not defined', () => {
    const models = [
      { name: 'Original', metrics: { ...numbers, r2: 0.5 } },
      { name: 'Result', metrics: numbers },
    ];
    const found = told({ data: 'd', samples: 8, count: 8, models, pair: null, notes: [] });
    expect(found.note).toBe('8 samples of d');
    expect(found.table?.rows.at(-1)).toEqual(['R²', '0.5', '–']);
  });

  it('has words and no table where there are no labels', () => {
    const models = [{ name: 'Original', metrics: { kind: 'agreement' as const } }];
    const alone = { ...pair, agreement: null, kl: null, fixed: null, broken: null, p: null };
    const found = told({ data: 'd', samples: 8, count: 8, models, pair: alone, notes: [] });
    expect(found).toMatchObject({ table: null, words: ['Cosine 0.99.'] });
  });
});
