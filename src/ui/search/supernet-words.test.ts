import { describe, expect, it } from 'vitest';
import { THIN } from '../../base/format.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import { SUPERNET } from '../../search/supernet/defaults.ts';
import type { SupernetLook, SupernetResult } from '../../search/supernet/types.ts';
import { supernetAdvanced, supernetBegun } from '../../state/supernet-run.ts';
import { markText, supernetEnd, supernetMetric, supernetProgress } from './supernet-words.ts';

const NONE: Evaluation = {
  ...{ step: 0, samples: 40, top1: null, agreement: null, crossEntropy: null },
  ...{ divergence: null, perplexity: null, error: null },
};
const look = (all: Partial<Evaluation>): SupernetLook => {
  const each = { ...NONE, ...all };
  return { full: each, middle: each, smallest: each };
};
const begun = supernetBegun({ name: 'the original', request: SUPERNET });
const plain = (text: string): string => text.replaceAll(THIN, ' ');

describe('what is said of a supernet', () => {
  it('is by labels, and without them by what the opened model says, which is no teacher of another name', () => {
    expect(supernetMetric([])).toBeNull();
    expect(supernetMetric([look({ top1: 0.5, agreement: 0.4 })])?.key).toBe('top1');
    expect(supernetMetric([look({ agreement: 0.4 })])?.title).toContain('as the opened model’s');
    expect(supernetMetric([look({ error: 2 })])?.title).toBe('Squared error of held-out samples');
  });

  it('is the stage, then steps with the time that is left', () => {
    expect(supernetProgress(begun)).toBe('Preparing');
    const run = supernetAdvanced(begun, [{ stage: 'Training', done: 120, pace: 4 }]);
    expect(plain(supernetProgress(run))).toBe('120 of 600 · 4.0 steps/s · 2 min left');
    expect(supernetProgress({ ...run, status: 'paused' })).toBe('120 of 600 · paused');
    expect(supernetProgress({ ...run, step: 600 })).toContain('judging');
  });

  it('is how it ended, and where it went on from', () => {
    const run = supernetAdvanced(begun, [
      { stage: 'Going on from a checkpoint', done: 100 },
      { stage: 'Training', done: 160 },
    ]);
    expect(supernetEnd(run)).toBe('160 of 600 steps · went on from 100');
    const result = { genes: 5, size: 2, ms: 9000 } as SupernetResult;
    expect(plain(supernetEnd({ ...run, result }))).toContain('5 genes, 100 sub-networks · 9 s');
  });

  it('names what was trained of a model that is a supernet', () => {
    expect(markText({ kinds: ['kernel', 'depth', 'width'], kernels: 5 })).toBe(
      'This model is a supernet: its kernels, depth and widths were trained to be cut. Smaller kernels of 5 convolutions are learnt.',
    );
    expect(markText({ kinds: ['depth'], kernels: 0 })).toBe(
      'This model is a supernet: its depth was trained to be cut.',
    );
    expect(markText({ kinds: null, kernels: 0 })).toBe('This model is a supernet.');
  });
});
