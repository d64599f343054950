import type { Json } from '../../base/json.ts';
import type { OptionSpec } from '../../rewrite/pass.ts';

interface FieldProps<T extends OptionSpec['type']> {
  readonly id: string;
  readonly spec: Extract<OptionSpec, { type: T }>;
  readonly value: Json;
  readonly onChange: (value: Json) => void;
}

function NumberField({ id, spec, value, onChange }: FieldProps<'number'>) {
  const { min, max, step, unit } = spec;
  return (
    <span className="field w-[116px]">
      <input
        id={id}
        type="number"
        className="num"
        min={min}
        max={max}
        step={step ?? 'any'}
        defaultValue={Number(value)}
        onChange={(event) => {
          const number = event.target.valueAsNumber;
          if (number >= min && number <= max) onChange(number);
        }}
      />
      {unit !== undefined && <span className="text-11">{unit}</span>}
    </span>
  );
}

function BooleanField({ id, value, onChange }: FieldProps<'boolean'>) {
  return (
    <input
      id={id}
      type="checkbox"
      className="size-3.5 accent-(--accent-solid)"
      checked={value === true}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

function ChoiceField({ id, spec, value, onChange }: FieldProps<'choice'>) {
  return (
    <select
      id={id}
      className="select w-[170px]"
      value={typeof value === 'string' ? value : spec.default}
      onChange={(event) => onChange(event.target.value)}
    >
      {spec.choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

function TextField({ id, spec, value, onChange }: FieldProps<'text'>) {
  return (
    <span className="field w-[170px]">
      <input
        id={id}
        className="mono min-w-0 flex-1"
        placeholder={spec.hint}
        defaultValue={typeof value === 'string' ? value : spec.default}
        onChange={(event) => onChange(event.target.value)}
      />
    </span>
  );
}

function Field({ id, spec, value, onChange }: FieldProps<OptionSpec['type']>) {
  switch (spec.type) {
    case 'number':
      return <NumberField id={id} spec={spec} value={value} onChange={onChange} />;
    case 'boolean':
      return <BooleanField id={id} spec={spec} value={value} onChange={onChange} />;
    case 'choice':
      return <ChoiceField id={id} spec={spec} value={value} onChange={onChange} />;
    case 'text':
      return <TextField id={id} spec={spec} value={value} onChange={onChange} />;
    case 'json':
      return null;
    default:
      return spec satisfies never;
  }
}

export interface OptionsFormProps {
  readonly pass: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly values: Readonly<Record<string, Json>>;
  readonly onChange: (name: string, value: Json) => void;
}

/** Options that a form can show; structured ones have a panel of their own. */
export const formOptions = (
  options: Readonly<Record<string, OptionSpec>>,
): readonly (readonly [string, OptionSpec])[] => Object.entries(options).filter(([, spec]) => spec.type !== 'json');

/** A pass's options, as its own declaration has them. */
export function OptionsForm({ pass, options, values, onChange }: OptionsFormProps) {
  return (
    <div role="group" aria-label="Options" className="grid grid-cols-[1fr_auto] items-center gap-x-5 gap-y-2">
      {formOptions(options).map(([name, spec]) => {
        const id = `option-${pass}-${name}`;
        return (
          <div key={id} className="contents">
            <label htmlFor={id} className="text-12 text-ink-2">
              {spec.label}
            </label>
            <Field
              id={id}
              spec={spec}
              value={values[name] ?? spec.default}
              onChange={(value) => onChange(name, value)}
            />
          </div>
        );
      })}
    </div>
  );
}
