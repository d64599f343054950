import { useId, useState } from 'react';
import { formulaFault, formulaNames } from '../../state/prune-actions.ts';
import { FaultLine } from './fields.tsx';

interface Props {
  readonly formula: string;
  onFormula(formula: string): void;
}

/** A person's own term over the importances; it counts once it is left or Enter is pressed, and is understood. */
export function FormulaField({ formula, onFormula }: Props) {
  const id = useId();
  const [text, setText] = useState(formula);
  const [fault, setFault] = useState<string | null>(null);
  const use = (): void => {
    const wrong = formulaFault(text);
    setFault(wrong);
    if (wrong === null && text !== formula) onFormula(text);
  };
  return (
    <div className="col-span-2 flex flex-col gap-1">
      <label htmlFor={id} className="text-11 text-ink-3">
        Formula
      </label>
      <span className="field">
        <input
          id={id}
          className="mono text-12"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={fault !== null}
          aria-describedby={`${id}-names${fault === null ? '' : ` ${id}-fault`}`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') use();
          }}
          onBlur={use}
        />
      </span>
      <p id={`${id}-names`} className="text-11 text-ink-3">
        of {formulaNames.join(', ')}; mean(x), sum(x) and largest(x) are over the group
      </p>
      {fault !== null && (
        <div id={`${id}-fault`}>
          <FaultLine>{fault}</FaultLine>
        </div>
      )}
    </div>
  );
}
