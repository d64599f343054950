import { useId } from 'react';

interface Props<T extends string> {
  readonly label: string;
  readonly value: T;
  /** Values with their words. */
  readonly options: readonly (readonly [T, string])[];
  readonly disabled?: boolean;
  onChange(value: T): void;
}

/** A choice with its label before it, in a row. */
export function Picked<T extends string>({ label, value, options, disabled = false, onChange }: Props<T>) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <select
        id={id}
        className="select max-w-44"
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
    </span>
  );
}
