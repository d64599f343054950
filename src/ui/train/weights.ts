import type { TrainPlan } from '../../engine/train/types.ts';

export type PlannedWeight = TrainPlan['parameters'][number];

export const sizeOf = (shape: readonly number[]): number => shape.reduce((all, each) => all * each, 1);

/** It is trained, or would be if nobody had frozen it. */
export const canTrain = ({ trains, reason }: Pick<PlannedWeight, 'trains' | 'reason'>): boolean =>
  trains || reason === 'frozen';

type Named = Pick<PlannedWeight, 'name' | 'node'>;

export const frozenToo = (frozen: readonly string[], weights: readonly Named[]): readonly string[] => [
  ...new Set([...frozen, ...weights.map(({ name }) => name)]),
];

const means = (pattern: string, { name, node }: Named): boolean =>
  [name, node].some((each) => (pattern.endsWith('*') ? each.startsWith(pattern.slice(0, -1)) : pattern === each));

/** Without what freezes these: their names, their nodes, and beginnings of either. */
export const frozenBut = (frozen: readonly string[], weights: readonly Named[]): readonly string[] =>
  frozen.filter((each) => !weights.some((weight) => means(each, weight)));

/** What a plan says, and what has been chosen since. */
export const trainsNow = (frozen: readonly string[], weight: PlannedWeight): boolean =>
  canTrain(weight) && !frozen.some((each) => means(each, weight));
