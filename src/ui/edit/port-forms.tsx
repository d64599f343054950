import { useState } from 'react';
import { formatShape } from '../../base/format.ts';
import type { IoSummary } from '../../analysis/summary.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { constantOfText, textOf } from './attribute-text.ts';
import type { FormProps } from './form.ts';
import { SelectField, TextField } from './fields.tsx';

const named = (ports: readonly IoSummary[]) => ports.map(({ name }) => ({ value: name, label: name }));
const textIn = (options: JsonObject, name: string): string => {
  const value = options[name];
  return typeof value === 'string' ? value : '';
};

export function RemoveOutputForm({ edit, summary, change }: FormProps) {
  return (
    <SelectField
      label="Output"
      value={textIn(edit.options, 'output')}
      choices={named(summary.outputs)}
      onChange={(output) => change({ output })}
    />
  );
}

export function RemoveInputForm({ edit, summary, change }: FormProps) {
  const name = textIn(edit.options, 'input');
  const port = summary.inputs.find((each) => each.name === name);
  return (
    <>
      <SelectField label="Input" value={name} choices={named(summary.inputs)} onChange={(input) => change({ input })} />
      <TextField
        label="Constant"
        value={textOf(edit.options['value'] ?? null)}
        hint={port ? `${port.dtype} ${formatShape(port.shape)}, or nothing` : 'a number, or nothing'}
        onChange={(text) => change({ value: constantOfText(text) })}
      />
    </>
  );
}

export function SetBatchForm({ edit, summary, change }: FormProps) {
  const now = summary.inputs.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(', ');
  return (
    <>
      <p className="edit-about">{now}</p>
      <TextField
        label="Batch"
        value={textIn(edit.options, 'batch')}
        hint="8, or a symbol such as N"
        onChange={(batch) => change({ batch })}
      />
    </>
  );
}

const shapesOf = (options: JsonObject): Readonly<Record<string, readonly Json[]>> =>
  (options['shapes'] ?? {}) as Readonly<Record<string, readonly Json[]>>;

/** One size in a row of sizes. */
function Size({ axis, value, onChange }: { axis: number; value: Json; onChange: (text: string) => void }) {
  return (
    <span className="field edit-size">
      <input
        aria-label={`Size of axis ${axis}`}
        className="mono"
        autoComplete="off"
        spellCheck={false}
        defaultValue={textOf(value)}
        onChange={(event) => onChange(event.target.value.trim())}
      />
    </span>
  );
}

/** A shape is sent only once it differs: what was not touched is not asked for. */
export function SetInputShapeForm({ edit, summary, change }: FormProps) {
  const shapes = shapesOf(edit.options);
  const [name, setName] = useState(() => Object.keys(shapes)[0] ?? summary.inputs[0]?.name ?? '');
  const shape = summary.inputs.find((each) => each.name === name)?.shape ?? [];
  const dims: readonly Json[] = shapes[name] ?? shape;
  const set = (axis: number, text: string): void => {
    const next = dims.map((dim, index) => (index === axis ? (text === '' ? '?' : text) : dim));
    change({ shapes: { ...shapes, [name]: next } });
  };
  return (
    <>
      <SelectField label="Input" value={name} choices={named(summary.inputs)} onChange={setName} />
      <fieldset className="edit-row">
        <legend className="sr-only">Shape of {name}</legend>
        <span aria-hidden="true">Shape</span>
        <span key={name} className="edit-sizes">
          {Array.from(shape.keys()).map((axis) => (
            <Size key={axis} axis={axis} value={dims[axis] ?? null} onChange={(text) => set(axis, text)} />
          ))}
        </span>
      </fieldset>
      <p className="edit-about">A number, a symbol such as N, or ? for any size. Several inputs can be set together.</p>
    </>
  );
}
