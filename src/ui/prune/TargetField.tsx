import type { CSSProperties } from 'react';
import type { PruneOptions } from '../../prune/types.ts';
import { Choice, NumberField, type Choices } from './fields.tsx';
import { boundsOf, GOALS, goalOf, percentOf, withGoal, withPercent, type Goal } from './goal.ts';

const CHOICES: Choices<Goal> = [['', Object.entries(GOALS).map(([goal, { title }]) => [goal as Goal, title])]];

interface Props {
  readonly options: PruneOptions;
  onOptions(patch: Partial<PruneOptions>): void;
}

/** How much goes: a number, what it counts, and a slider for it. */
export function TargetField({ options, onOptions }: Props) {
  const goal = goalOf(options);
  const percent = percentOf(options);
  const [min, max] = boundsOf(goal);
  const set = (value: number): void => onOptions(withPercent(options, value));
  return (
    <>
      <NumberField label="Target" unit="%" value={percent} min={min} max={max} onChange={set} />
      <Choice label="Of" value={goal} choices={CHOICES} onChange={(next) => onOptions(withGoal(options, next))} />
      <input
        type="range"
        className="slider col-span-2"
        min={min}
        max={max}
        value={percent}
        aria-label={GOALS[goal].slider}
        aria-valuetext={`${percent} %`}
        style={{ '--at': `${((percent - min) / (max - min)) * 100}%` } as CSSProperties}
        onChange={(event) => set(Number(event.target.value))}
      />
    </>
  );
}
