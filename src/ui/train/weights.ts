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

/** Without what freezes these: their names, their nodes, and beginnings of either. */
export const frozenBut = (frozen: readonly string[], weights: readonly Named[]): readonly string[] =>
  frozen.filter((each) => {
    const means = (name: string): boolean => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name);
    return !weights.some(({ name, node }) => means(name) || means(node));
  });
