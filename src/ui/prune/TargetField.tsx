import type { CSSProperties } from 'react';
import { formatMs } from '../../base/format.ts';
import type { LatencyModel } from '../../engine/latency-types.ts';
import type { PruneOptions } from '../../prune/types.ts';
import { Choice, NumberField, type Choices } from './fields.tsx';
import { boundsOf, GOALS, goalOf, percentOf, withGoal, withPercent, type Goal } from './goal.ts';

const choicesOf = (measured: boolean): Choices<Goal> => [
  [
    '',
    Object.entries(GOALS).map(([goal, { title }]) => [
      goal as Goal,
      goal === 'latency' && !measured ? `${title} (measure it first)` : title,
    ]),
  ],
];
const [MEASURED, UNMEASURED] = [choicesOf(true), choicesOf(false)];

interface Props {
  readonly options: PruneOptions;
  /** Null: not measured yet, so it cannot be the target. */
  readonly latency: LatencyModel | null;
  onOptions(patch: Partial<PruneOptions>): void;
}

/** How much goes: a number, what it counts, and a slider for it. */
export function TargetField({ options, latency, onOptions }: Props) {
  const goal = goalOf(options);
  const percent = percentOf(options);
  const [min, max] = boundsOf(goal);
  const set = (value: number): void => onOptions(withPercent(options, value));
  return (
    <>
      <NumberField label="Target" unit="%" value={percent} min={min} max={max} onChange={set} />
      <Choice
        label="Of"
        value={goal}
        choices={latency ? MEASURED : UNMEASURED}
        disabled={latency ? [] : ['latency']}
        onChange={(next) => onOptions(withGoal(options, next))}
      />
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
      {goal === 'latency' && latency && (
        <p className="num col-span-2 text-11 text-ink-3">
          At most {formatMs((latency.ms * percent) / 100)} of {formatMs(latency.ms)}, as predicted.
        </p>
      )}
    </>
  );
}
