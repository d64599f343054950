import type { Core } from './core.ts';
import { stepsKey } from './recipe-size.ts';

/** Something that was found of a stop. It holds for as long as the steps up to that stop are the same. */
export interface Bound<T> {
  /** The stop that it is about. */
  readonly stop: number;
  readonly opened: number;
  readonly steps: string;
  readonly result: T;
}

const stepsUpTo = ({ fullRecipe }: Core, stop: number): string => stepsKey(fullRecipe?.steps.slice(0, stop) ?? []);

export const bind = <T>(core: Core, stop: number, result: T): Bound<T> => ({
  stop,
  opened: core.document.getState().opened,
  steps: stepsUpTo(core, stop),
  result,
});

/** The finding, or null once it is of a model that is gone. Undoing steps leaves it, for they can be done again. */
export function ifHolds<T>(core: Core, bound: Bound<T> | null): Bound<T> | null {
  if (!bound || bound.opened !== core.document.getState().opened) return null;
  return bound.steps === stepsUpTo(core, bound.stop) ? bound : null;
}
