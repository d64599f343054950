import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../engine/train/types.ts';
import { begun, type TrainRun } from '../../state/training-run.ts';
import { TRAINING } from '../../train/defaults.ts';
import { halfWidth, paceText, progressText, verdictOf } from './words.ts';

const run = (patch: Partial<TrainRun>): TrainRun => ({
  ...begun({ student: 'Original', side: 0, teacher: null, request: { ...TRAINING, steps: 3000 }, terms: ['labels'] }),
  ...patch,
});
const look = (step: number, patch: Partial<Evaluation>): Evaluation => ({
  step,
  samples: 512,
  top1: null,
  agreement: null,
  crossEntropy: null,
  divergence: null,
  perplexity: null,
  error: null,
  ...patch,
});
const plain = (text: string | undefined): string => (text ?? '').replaceAll('\u202f', ' ');

describe('how far a run is', () => {
  it('is told in steps, their pace, and the time that is left', () => {
    expect(plain(progressText(run({ step: 2390, pace: 11.4 })))).toBe('2390 of 3000 · 11.4 steps/s · 54 s left');
    expect(plain(progressText(run({ step: 0, pace: 10 })))).toContain('5 min left');
    expect(plain(progressText(run({ step: 0, pace: 0.25 })))).toContain('3 h 20 min left');
    expect(progressText(run({}))).toBe('Preparing');
    expect(progressText(run({ step: 40, status: 'paused', pace: 3 }))).toBe('40 of 3000 · paused');
  });

  it('is told in time a step where steps take longer than a second', () => {
    expect(plain(paceText(0.25))).toBe('4.00 s a step');
    expect(paceText(140)).toBe('140 steps/s');
  });
});

describe('the interval of a share', () => {
  it('is Wilson’s: none of it is 0 where all are right', () => {
    // 95 % of 512: 1.96·√(0.95·0.05/512) is 1.89 points; Wilson’s longer side is a little more.
    expect(halfWidth(0.95, 512)).toBeGreaterThan(0.0189);
    expect(halfWidth(0.95, 512)).toBeLessThan(0.0235);
    // z²/(n + z²) for all of n.
    expect(halfWidth(1, 50)).toBeCloseTo(1.96 ** 2 / (50 + 1.96 ** 2), 9);
  });
});

describe('the verdict', () => {
  it('says by how much the top class rose, with its interval', () => {
    const verdict = verdictOf(run({ evaluations: [look(0, { top1: 0.681 }), look(300, { top1: 0.908 })] }));
    expect(plain(verdict?.headline)).toBe('The share of right top classes rose by 22.7 points, to 90.8 %.');
    expect(plain(verdict?.detail)).toBe(
      'With 512 held-out samples the 95 % interval is ±2.8 points. Best at step 300.',
    );
  });

  it('says that it is not settled where the intervals meet, and what the teacher does', () => {
    const verdict = verdictOf(
      run({
        taught: look(0, { top1: 0.942 }),
        evaluations: [look(0, { top1: 0.9 }), look(300, { top1: 0.91 })],
      }),
    );
    expect(plain(verdict?.detail)).toContain('points: not settled. Best at step 300. The teacher: 94.2 %.');
  });

  it('says so where nothing was gained', () => {
    const verdict = verdictOf(run({ evaluations: [look(0, { top1: 0.9 }), look(300, { top1: 0.8 })] }));
    expect(plain(verdict?.headline)).toBe('The share of right top classes has not risen above 90.0 %.');
  });

  it('of a text is about its perplexity', () => {
    const verdict = verdictOf(run({ evaluations: [look(0, { perplexity: 60 }), look(300, { perplexity: 4.5 })] }));
    expect(verdict?.headline).toBe('Perplexity fell from 60 to 4.5.');
  });

  it('waits for two looks', () => {
    expect(verdictOf(run({ evaluations: [look(0, { top1: 0.9 })] }))).toBeNull();
  });
});
