import type { Json } from '../../base/json.ts';
import { cutLeft, plural } from '../../base/format.ts';
import { Button } from '../kit/controls.tsx';
import { textOf, valueOfText } from './attribute-text.ts';
import type { FormProps } from './form.ts';
import { SelectField, TextField } from './fields.tsx';

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const list = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/** Separates what is renamed from its name in a choice: names may hold anything but this. */
const BAR = '\n';

/** What can be renamed here: the node and what it gives, or the model's inputs and outputs. */
function renameChoices({ edit, summary }: FormProps) {
  const value = (name: string, what: string) => ({
    value: `value${BAR}${name}`,
    label: `${what} ${cutLeft(name, 28)}`,
  });
  const [target] = edit.targets;
  if (!target) {
    return [
      ...summary.inputs.map(({ name }) => value(name, 'Input')),
      ...summary.outputs.map(({ name }) => value(name, 'Output')),
    ];
  }
  const node = { value: `node${BAR}${target.ref}`, label: `Node ${cutLeft(target.ref, 28)}` };
  return [node, ...target.outputs.map(({ name, isOutput }) => value(name, isOutput ? 'Output' : 'Value'))];
}

export function RenameForm(props: FormProps) {
  const { edit, change } = props;
  const { options } = edit;
  return (
    <>
      <SelectField
        label="What"
        value={`${text(options['kind'])}${BAR}${text(options['from'])}`}
        choices={renameChoices(props)}
        onChange={(chosen) => {
          const [kind = 'value', from = ''] = chosen.split(BAR);
          change({ kind, from });
        }}
      />
      <TextField label="New name" value={text(options['to'])} onChange={(to) => change({ to })} />
    </>
  );
}

const MOST = 4;

/** The names of the nodes that were chosen. */
function Chosen({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <p className="edit-about">Select a node on the graph; shift-click chooses more.</p>;
  return (
    <ul className="edit-names" aria-label={plural(names.length, 'node')}>
      {names.slice(0, MOST).map((name) => (
        <li key={name} className="mono ell-left" title={name}>
          {name}
        </li>
      ))}
      {names.length > MOST && <li className="text-ink-3">and {names.length - MOST} more</li>}
    </ul>
  );
}

export function DeleteForm({ edit, change }: FormProps) {
  const entries = [...new Set(edit.targets.flatMap((target) => target.inputs))];
  const through = text(edit.options['through']);
  const choices = [{ value: '', label: 'The one that fits' }, ...entries.map((name) => ({ value: name, label: name }))];
  return (
    <>
      <Chosen names={list(edit.options['nodes'])} />
      {entries.length > 1 && (
        <SelectField
          label="Readers get"
          value={through}
          choices={choices}
          onChange={(value) => change({ through: value })}
        />
      )}
    </>
  );
}

export function AddOutputForm({ edit, change }: FormProps) {
  const values = edit.targets.flatMap((target) => target.outputs.filter(({ isOutput }) => !isOutput));
  const value = text(edit.options['value']);
  if (values.length === 0) {
    return <TextField label="Value" value={value} hint="its name" onChange={(name) => change({ value: name })} />;
  }
  const choices = values.map(({ name }) => ({ value: name, label: name }));
  return <SelectField label="Value" value={value} choices={choices} onChange={(name) => change({ value: name })} />;
}

export function AttributeForm({ edit, change }: FormProps) {
  const [target] = edit.targets;
  const name = text(edit.options['attribute']);
  const attribute = target?.attributes.find((each) => each.name === name);
  if (!target) return <p className="edit-about">Select a node on the graph first.</p>;
  if (target.attributes.length === 0)
    return <p className="edit-about">This node has no attribute that can be typed in.</p>;
  return (
    <>
      <SelectField
        label="Attribute"
        value={name}
        choices={target.attributes.map((each) => ({
          value: each.name,
          label: each.given ? each.name : `${each.name}, default`,
        }))}
        onChange={(chosen) => {
          const next = target.attributes.find((each) => each.name === chosen);
          change({ attribute: chosen, value: next?.value ?? null });
        }}
      />
      {attribute && (
        <TextField
          key={name}
          label={attribute.type}
          value={textOf(edit.options['value'] ?? null)}
          hint={textOf(attribute.value)}
          onChange={(typed) => change({ value: valueOfText(attribute.type, typed) })}
        />
      )}
      {attribute?.given && (
        <button type="button" className="link self-start" onClick={() => change({ value: null })}>
          Take it away: the operator’s default
        </button>
      )}
    </>
  );
}

export function ExtractForm({ app, edit }: FormProps) {
  const [inputs, outputs] = [list(edit.options['inputs']), list(edit.options['outputs'])];
  const between = inputs.length + outputs.length > 0;
  return (
    <>
      {between ? (
        <dl className="kv">
          <dt>From</dt>
          <dd className="mono">{inputs.join(', ') || 'the inputs'}</dd>
          <dt>To</dt>
          <dd className="mono">{outputs.join(', ') || 'the outputs'}</dd>
        </dl>
      ) : (
        <Chosen names={list(edit.options['nodes'])} />
      )}
      {edit.picking && <p className="edit-about">Select the node where the part ends.</p>}
      {edit.targets.length > 0 && (
        <Button
          size="small"
          aria-pressed={edit.picking}
          className="self-start"
          onClick={() => app.actions.pickEnd(!edit.picking)}
        >
          {edit.picking ? 'Choose no end' : 'From here to another node'}
        </Button>
      )}
    </>
  );
}
