import { useId, useState, type CSSProperties, type ReactNode } from 'react';
import type { ImportanceId, PruneOptions, PruneScope } from '../../prune/types.ts';

const IMPORTANCES: readonly (readonly [ImportanceId, string])[] = [
  ['l2', 'L2, group'],
  ['l1', 'L1, group'],
  ['random', 'Random, baseline'],
];
const SCOPES: readonly (readonly [PruneScope, string])[] = [
  ['group', 'Per group'],
  ['global', 'Global'],
];

function Labelled({ label, children }: { readonly label: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-[3px] block text-11 text-ink-3">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
  onChange(value: T): void;
}
function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select
          id={id}
          className="select h-7 w-full"
          value={value}
          onChange={(event) => {
            const chosen = choices.find(([each]) => each === event.target.value);
            if (chosen) onChange(chosen[0]);
          }}
        >
          {choices.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface NumberProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  onChange(value: number): void;
}
/** A number that may be typed freely; it counts once it is a number within its bounds. */
function NumberField({ label, unit, value, min, max, onChange }: NumberProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const change = (next: string): void => {
    setDraft(next);
    const number = Number(next);
    if (next.trim() !== '' && number >= min && number <= max) onChange(Math.round(number));
  };
  return (
    <Labelled label={label}>
      {(id) => (
        <div className="field">
          <input
            id={id}
            type="number"
            className="num plain-number"
            inputMode="numeric"
            min={min}
            max={max}
            value={draft ?? String(value)}
            onChange={(event) => change(event.target.value)}
            onBlur={() => setDraft(null)}
          />
          <span>{unit}</span>
        </div>
      )}
    </Labelled>
  );
}

type Goal = 'channels' | 'macs';
const GOALS: readonly (readonly [Goal, string])[] = [
  ['channels', 'Channels cut'],
  ['macs', 'MACs left'],
];
/** At most this share is cut by the target; single groups may go further. */
const MOST = 95;

interface Props {
  readonly options: PruneOptions;
  onOptions(patch: Partial<PruneOptions>): void;
  onImportance(patch: Partial<Pick<PruneOptions, 'importance' | 'seed'>>): void;
}

function Target({ options, onOptions }: Omit<Props, 'onImportance'>) {
  const goal: Goal = options.macs === null ? 'channels' : 'macs';
  const percent = Math.round((options.macs ?? options.ratio) * 100);
  const [min, max] = goal === 'macs' ? [5, 100] : [0, MOST];
  const set = (value: number): void => onOptions(goal === 'macs' ? { macs: value / 100 } : { ratio: value / 100 });
  const choose = (next: Goal): void =>
    onOptions(next === 'macs' ? { macs: Math.max(0.05, (1 - options.ratio) ** 2) } : { macs: null });
  const label = goal === 'macs' ? 'MACs that are left' : 'Channels to cut';
  return (
    <>
      <NumberField label="Target" unit="%" value={percent} min={min} max={max} onChange={set} />
      <Choice label="Of" value={goal} choices={GOALS} onChange={choose} />
      <input
        type="range"
        className="slider col-span-2"
        min={min}
        max={max}
        value={percent}
        aria-label={label}
        aria-valuetext={`${percent} %`}
        style={{ '--at': `${((percent - min) / (max - min)) * 100}%` } as CSSProperties}
        onChange={(event) => set(Number(event.target.value))}
      />
    </>
  );
}

/** What rules all groups: how much goes, how channels are rated, and what widths must be a multiple of. */
export function PruneSettings({ options, onOptions, onImportance }: Props) {
  return (
    <div className="sec grid grid-cols-[5fr_6fr] gap-x-2 gap-y-[9px]">
      <Target options={options} onOptions={onOptions} />
      <Choice
        label="Importance"
        value={options.importance}
        choices={IMPORTANCES}
        onChange={(importance) => onImportance({ importance })}
      />
      <Choice label="Scope" value={options.scope} choices={SCOPES} onChange={(scope) => onOptions({ scope })} />
      <NumberField
        label="Round to"
        unit="channels"
        value={options.roundTo}
        min={1}
        max={256}
        onChange={(roundTo) => onOptions({ roundTo })}
      />
      {options.importance === 'random' && (
        <NumberField
          label="Seed"
          unit=""
          value={options.seed}
          min={0}
          max={999_999}
          onChange={(seed) => onImportance({ seed })}
        />
      )}
    </div>
  );
}
