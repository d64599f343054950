import { expect, it } from 'vitest';
import { countOf } from '../kit/job-text.ts';
import { subjectsOf } from './stages.ts';

it('names what is compared, and how far that comparison is', () => {
  const stages = [
    { stage: 'What the runtime does by itself' },
    { stage: 'Timing', done: 20, total: 20 },
    { stage: 'Without ConstantFolding', done: 0, total: 3 },
    { stage: 'Loading' },
    { stage: 'Fuse convolution and activation', done: 0, total: 1 },
    { stage: 'Fuse convolution and activation, 4 sites' },
  ];
  expect(subjectsOf(stages, { stage: 'Timing', done: 3, total: 20 })).toEqual({
    over: ['What the runtime does by itself', 'Without ConstantFolding'],
    current: 'Fuse convolution and activation, 4 sites · timing',
  });
  expect(subjectsOf([], { stage: 'Loading' }).current).toBe('loading');
  expect(subjectsOf([], { stage: '' }).current).toBe('Preparing');
});

it('counts what can be counted', () => {
  expect([countOf({ stage: '' }), countOf({ stage: '', done: 4 }), countOf({ stage: '', done: 4, total: 9 })]).toEqual([
    '',
    '4',
    '4 of 9',
  ]);
});
