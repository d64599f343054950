import { useId, useState, type ReactNode } from 'react';

interface RowProps {
  readonly label: string;
  readonly title?: string | undefined;
  readonly children: (id: string) => ReactNode;
}
function Row({ label, title, children }: RowProps) {
  const id = useId();
  return (
    <div className="train-row" title={title}>
      <label htmlFor={id} className="ell text-ink-2">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

interface DecimalProps {
  readonly label: string;
  readonly title?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  readonly unit?: string;
  readonly disabled?: boolean;
  onChange(value: number): void;
}

/** A number that may be typed freely; it counts once the field is left or Enter is pressed, if it lies within its bounds. */
export function Decimal(props: DecimalProps) {
  const { label, title, value, min, max, whole = false, unit, disabled = false, onChange } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const numberOf = (text: string): number | null => {
    const number = Number(text.trim().replace(',', '.').replace('−', '-'));
    const fits = text.trim() !== '' && number >= min && number <= max && (!whole || Number.isInteger(number));
    return fits ? number : null;
  };
  const commit = (text: string): void => {
    const number = numberOf(text);
    if (number !== null && number !== value) onChange(number);
  };
  const bad = draft !== null && numberOf(draft) === null;
  return (
    <Row label={label} title={title}>
      {(id) => (
        <span className="field" data-bad={bad ? '' : undefined}>
          <input
            id={id}
            className="num"
            inputMode="decimal"
            spellCheck={false}
            disabled={disabled}
            aria-invalid={bad}
            title={bad ? `${whole ? 'A whole number' : 'A number'} from ${min} to ${max}.` : undefined}
            value={draft ?? String(value)}
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') commit(event.currentTarget.value);
            }}
            onBlur={(event) => {
              commit(event.target.value);
              setDraft(null);
            }}
          />
          {unit && <span className="text-11">{unit}</span>}
        </span>
      )}
    </Row>
  );
}

interface OneOfProps<T extends string> {
  readonly label: string;
  readonly title?: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly disabled?: boolean;
  onChange(value: T): void;
}

export function OneOf<T extends string>({ label, title, value, options, disabled = false, onChange }: OneOfProps<T>) {
  return (
    <Row label={label} title={title}>
      {(id) => (
        <select
          id={id}
          className="select h-7 w-full min-w-0"
          value={value}
          disabled={disabled}
          onChange={(event) => {
            const chosen = options.find(([each]) => each === event.target.value);
            if (chosen) onChange(chosen[0]);
          }}
        >
          {options.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Row>
  );
}
