import { useId, useState, type ReactNode } from 'react';

interface OptionalProps {
  readonly label: string;
  readonly title?: string;
  readonly unit: ReactNode;
  /** Null: none. */
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  readonly disabled: boolean;
  onChange(value: number | null): void;
}

/** A number that may be left out; it counts once the field is left or Enter is pressed. */
export function Optional({ label, title, unit, value, min, max, disabled, onChange }: OptionalProps) {
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const read = (text: string): number | null | undefined => {
    if (text.trim() === '') return null;
    const number = Number(text.trim().replace(',', '.'));
    return number >= min && number <= max ? number : undefined;
  };
  const commit = (text: string): void => {
    const given = read(text);
    if (given !== undefined && given !== value) onChange(given);
  };
  const bad = draft !== null && read(draft) === undefined;
  return (
    <div className="train-row" title={title}>
      <label htmlFor={id} className="ell text-ink-2">
        {label}
      </label>
      <span className="field" data-bad={bad ? '' : undefined}>
        <input
          id={id}
          className="num"
          inputMode="decimal"
          spellCheck={false}
          placeholder="any"
          disabled={disabled}
          aria-invalid={bad}
          title={bad ? `A number from ${min} to ${max}, or nothing.` : undefined}
          value={draft ?? (value === null ? '' : String(value))}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit(event.currentTarget.value);
          }}
          onBlur={(event) => {
            commit(event.target.value);
            setDraft(null);
          }}
        />
        <span className="text-11">{unit}</span>
      </span>
    </div>
  );
}
