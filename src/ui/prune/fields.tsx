import { CircleAlert } from 'lucide-react';
import { Fragment, useId, useState, type ReactNode } from 'react';
import { Icon } from '../kit/controls.tsx';

function Labelled({ label, children }: { readonly label: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="ell mb-[3px] block text-11 text-ink-3">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

/** A heading, '' for none, and the choices below it. */
export type Choices<T extends string> = readonly (readonly [string, readonly (readonly [T, string])[]])[];

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: Choices<T>;
  /** Choices that cannot be made yet. */
  readonly disabled?: readonly T[];
  onChange(value: T): void;
}

export function Choice<T extends string>({ label, value, choices, disabled, onChange }: ChoiceProps<T>) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select
          id={id}
          className="select h-7 w-full"
          value={value}
          onChange={(event) => {
            const chosen = choices.flatMap(([, each]) => each).find(([each]) => each === event.target.value);
            if (chosen) onChange(chosen[0]);
          }}
        >
          {choices.map(([heading, inside]) => {
            const options = inside.map(([each, text]) => (
              <option key={each} value={each} disabled={disabled?.includes(each) ?? false}>
                {text}
              </option>
            ));
            return heading === '' ? (
              <Fragment key="">{options}</Fragment>
            ) : (
              <optgroup key={heading} label={heading}>
                {options}
              </optgroup>
            );
          })}
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
  /** Counts once it is left or Enter is pressed, not with every digit: what follows takes time. */
  readonly settled?: boolean;
  onChange(value: number): void;
}

/** A number that may be typed freely; it counts once it is a number within its bounds. */
export function NumberField({ label, unit, value, min, max, settled = false, onChange }: NumberProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = (text: string): void => {
    const number = Math.round(Number(text));
    if (text.trim() !== '' && number >= min && number <= max && number !== value) onChange(number);
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
            onChange={(event) => {
              setDraft(event.target.value);
              if (!settled) commit(event.target.value);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && settled) commit(event.currentTarget.value);
            }}
            onBlur={(event) => {
              if (settled) commit(event.target.value);
              setDraft(null);
            }}
          />
          <span>{unit}</span>
        </div>
      )}
    </Labelled>
  );
}

/** What is wrong, beside where it was asked for. */
export const FaultLine = ({ children }: { readonly children: ReactNode }) => (
  <p role="alert" className="flex items-start gap-1.5 text-11 text-ink-2 [overflow-wrap:anywhere]">
    <Icon of={CircleAlert} size={12} className="mt-0.5 text-error" />
    <span className="min-w-0">{children}</span>
  </p>
);

interface CheckProps {
  readonly label: string;
  readonly title?: string;
  readonly on: boolean;
  readonly disabled?: boolean;
  onChange(on: boolean): void;
}

export const Check = ({ label, title, on, disabled = false, onChange }: CheckProps) => (
  <label className="col-span-2 flex h-6 items-center gap-2 text-12 text-ink-2" title={title}>
    <input
      type="checkbox"
      className="size-3.5 accent-(--accent-solid)"
      checked={on}
      disabled={disabled}
      onChange={(event) => onChange(event.target.checked)}
    />
    {label}
  </label>
);
