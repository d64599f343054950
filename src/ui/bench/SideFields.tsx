import { useId } from 'react';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { StopView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useCompare, useDocument } from '../kit/use-store.ts';

const stopLabel = (stop: StopView): string => (stop.index === 0 ? 'Original' : `${stop.index} ${stop.title}`);

interface FieldProps {
  readonly app: App;
  readonly label: string;
  readonly value: CompareSide | null;
  /** What stands for null; left out: one has to be chosen. */
  readonly none?: string;
  readonly disabled: boolean;
  onChange(side: CompareSide | null): void;
}

const read = (value: string): CompareSide | null =>
  value === 'none' ? null : value === 'second' ? 'second' : Number(value);

/** A stop of the recipe, or the second file. */
export function SideField({ app, label, value, none, disabled, onChange }: FieldProps) {
  const id = useId();
  const stops = useDocument(app, (state) => state.document?.stops);
  const second = useCompare(app, (state) => state.second?.name);
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <select
        id={id}
        className="select max-w-44"
        value={String(value ?? 'none')}
        disabled={disabled}
        onChange={(event) => onChange(read(event.target.value))}
      >
        {none !== undefined && <option value="none">{none}</option>}
        {stops?.map((stop) => (
          <option key={stop.index} value={stop.index}>
            {stopLabel(stop)}
          </option>
        ))}
        {second !== undefined && <option value="second">{second}</option>}
      </select>
    </span>
  );
}

interface ButtonProps {
  readonly app: App;
  readonly disabled?: boolean;
  onOpened(): void;
}

/** Opens a model beside the document, to be measured too. */
export function SecondFileButton({ app, disabled = false, onOpened }: ButtonProps) {
  const has = useCompare(app, (state) => state.second !== null);
  return (
    <FileButton
      label="Second model files"
      multiple
      disabled={disabled}
      onFiles={(files) =>
        void app.actions.openBeside(files.map(({ file }) => file)).then((opened) => (opened ? onOpened() : undefined))
      }
    >
      {has ? 'Another second file' : 'Second file'}
    </FileButton>
  );
}

/** Why the second file did not open, said in every lab that offers one. */
export function SecondProblem({ app }: { readonly app: App }) {
  const problem = useCompare(app, (state) => state.secondError);
  if (!problem) return null;
  return (
    <Problem error={problem.error} what={`Opening ${problem.name}`}>
      <Button size="small" onClick={app.actions.dismissSecondError}>
        Dismiss
      </Button>
    </Problem>
  );
}
