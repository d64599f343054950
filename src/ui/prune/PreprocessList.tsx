import { Undo2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { Json } from '../../base/json.ts';
import { IconButton } from '../kit/controls.tsx';
import { fieldText, fieldValue } from './preprocess-text.ts';

interface FieldProps {
  readonly name: string;
  readonly value: Json;
  readonly changed: boolean;
  onSet(value: Json): void;
}

/** One field, as text. What cannot be used stays there to be mended; another value from outside replaces it. */
function Field({ name, value, changed, onSet }: FieldProps) {
  const id = useId();
  const text = fieldText(value);
  const commit = (typed: string): void => {
    if (typed !== text) onSet(fieldValue(typed, value));
  };
  return (
    <>
      <label htmlFor={id} className={changed ? 'mono text-accent' : 'mono text-ink-3'}>
        {name}
      </label>
      <input
        key={text}
        id={id}
        className="preprocess mono"
        spellCheck={false}
        defaultValue={text}
        title={text}
        onBlur={(event) => commit(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit(event.currentTarget.value);
        }}
      />
    </>
  );
}

interface Props {
  readonly preprocess: Readonly<Record<string, Json>>;
  /** Fields that were set by hand. */
  readonly changed: readonly string[];
  onSet(key: string, value: Json): void;
  /** Of its heading, one below that of what it stands in. */
  readonly level?: 3 | 4;
  onReset(): void;
}

/** How samples become inputs, field by field. */
export function PreprocessList({ preprocess, changed, level = 4, onSet, onReset }: Props) {
  const Heading = `h${level}` as const;
  const { kind, ...fields } = preprocess;
  // What was typed and is not in use yet, or never was, goes as well.
  const [resets, setResets] = useState(0);
  const reset = (): void => {
    setResets((count) => count + 1);
    onReset();
  };
  return (
    <div role="group" aria-label="Preprocessing">
      <div className="mb-1 flex h-6 items-center">
        <Heading className="grow text-11 font-medium">Preprocessing of kind {fieldText(kind ?? '')}</Heading>
        {changed.length > 0 && (
          <IconButton icon={Undo2} size="small" iconSize={12} label="As it was proposed" onClick={reset} />
        )}
      </div>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-2.5 gap-y-1 text-11">
        {Object.entries(fields).map(([name, value]) => (
          <Field
            key={`${name} ${resets}`}
            name={name}
            value={value}
            changed={changed.includes(name)}
            onSet={(next) => onSet(name, next)}
          />
        ))}
      </div>
    </div>
  );
}
