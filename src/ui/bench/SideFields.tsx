import { useId } from 'react';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { StopView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { FileButton } from '../kit/FileButton.tsx';
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

/** Opens a model beside the document, to time it too. */
export function SecondFileButton({ app, onOpened }: { readonly app: App; onOpened(): void }) {
  const has = useCompare(app, (state) => state.second !== null);
  return (
    <FileButton
      label="Second model files"
      multiple
      onFiles={(files) =>
        void app.actions.openBeside(files.map(({ file }) => file)).then((opened) => (opened ? onOpened() : undefined))
      }
    >
      {has ? 'Another second file' : 'Second file'}
    </FileButton>
  );
}
