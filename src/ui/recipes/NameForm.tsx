import { useId, useState } from 'react';
import { Button } from '../kit/controls.tsx';

interface Props {
  readonly label: string;
  /** What the button does. */
  readonly verb: string;
  readonly first: string;
  readonly disabled?: boolean;
  readonly autoFocus?: boolean;
  onName(name: string): void;
  onCancel?(): void;
}

/** A name and what is done with it; Enter does it. */
export function NameForm({ label, verb, first, disabled = false, autoFocus = false, onName, onCancel }: Props) {
  const [name, setName] = useState(first);
  const id = useId();
  return (
    <form
      className="flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') onName(name);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !onCancel) return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <span className="field w-[200px]">
        <input
          id={id}
          className="min-w-0 flex-1"
          placeholder={label}
          value={name}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the field takes the place of the button that was pressed
          autoFocus={autoFocus}
          onChange={(event) => setName(event.target.value)}
        />
      </span>
      <Button type="submit" disabled={disabled || name.trim() === ''}>
        {verb}
      </Button>
      {onCancel && (
        <Button variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
      )}
    </form>
  );
}
