import { digits } from '../../data/digits.ts';
import { stories, storiesText } from '../../data/stories.ts';
import type { DataSet } from '../../data/types.ts';

/** Samples that are made here, where nothing is at hand. */
export const DRAWN = ['digits', 'stories'] as const;
export type Drawn = (typeof DRAWN)[number];

export const isDrawn = (name: string): name is Drawn => (DRAWN as readonly string[]).includes(name);

/** To train on, and others to judge by: digits, and documents. */
const PARTS = {
  digits: { draw: digits, train: { count: 6000, seed: 1 }, judge: { count: 1000, seed: 2 } },
  stories: { draw: stories, train: { count: 4000, seed: 1 }, judge: { count: 100, seed: 2 } },
} as const;

/** The same samples each time; those that judge are none of those that train. */
export function drawnData(name: Drawn, use: 'train' | 'judge'): DataSet {
  const { draw, [use]: part } = PARTS[name];
  return draw(part.count, part.seed);
}

/** The documents that judge, as one text. */
export const drawnText = (): string => storiesText(PARTS.stories.judge.count, PARTS.stories.judge.seed);
