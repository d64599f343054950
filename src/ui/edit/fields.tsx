import { useId, type ReactNode } from 'react';

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly onChange: (text: string) => void;
}

function Row({ label, htmlFor, children }: { label: string; htmlFor: string; children: ReactNode }) {
  return (
    <div className="edit-row">
      <label htmlFor={htmlFor}>{label}</label>
      {children}
    </div>
  );
}

/** A name or a value to be typed in; the field keeps what is typed, the session what it means. */
export function TextField({ label, value, hint, onChange }: TextProps) {
  const id = useId();
  return (
    <Row label={label} htmlFor={id}>
      <span className="field">
        <input
          id={id}
          className="mono"
          autoComplete="off"
          spellCheck={false}
          placeholder={hint}
          defaultValue={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </span>
    </Row>
  );
}

interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({
  label,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  const known = choices.some((choice) => choice.value === value);
  return (
    <Row label={label} htmlFor={id}>
      <select id={id} className="select" value={known ? value : ''} onChange={(event) => onChange(event.target.value)}>
        {!known && <option value="">Choose</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Row>
  );
}
