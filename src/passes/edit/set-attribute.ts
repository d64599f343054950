import { formatShape } from '../../base/format.ts';
import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import { analyze } from '../../analysis/analyze.ts';
import type { Attribute, AttributeType, Node } from '../../ir/model.ts';
import type { Model } from '../../ir/model.ts';
import { attributeFrom, typeOfAttribute, valueOf, EDITABLE, type EditableType } from './attribute-value.ts';
import { tryChange } from './consistency.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { editPass, refuse } from './edit-pass.ts';
import { nodeNamed, shortTitle, textOption } from './targets.ts';

const isEditable = (type: AttributeType): type is EditableType => EDITABLE.some((each) => each === type);

/** What the attribute has to be: what it is, what the operator says, or what the person says where neither knows. */
function wantedType(context: PassContext, node: Node, name: string): EditableType {
  const given = textOption(context, 'type');
  const known = typeOfAttribute(context.model, node, name);
  const place = `${name} of ${shortTitle(context, node)}`;
  if (known === null && given === 'auto') {
    return refuse(`${node.opType} is not known to have an attribute "${name}". Give its type if it is right.`, [
      node.id,
    ]);
  }
  const type = known ?? (given as EditableType);
  if (known !== null && given !== 'auto' && given !== known)
    refuse(`${place} is of type ${known}, not ${given}.`, [node.id]);
  return isEditable(type) ? type : refuse(`${place} is of type ${type}, which cannot be typed in.`, [node.id]);
}

/** The new attribute; null: it goes, and the operator's default counts. */
function wanted(context: PassContext, node: Node, name: string): Attribute | null {
  const value = context.options['value'] ?? null;
  const old = node.attributes.get(name);
  if (value === null)
    return old ? null : refuse(`${shortTitle(context, node)} has no attribute "${name}" to take away.`, [node.id]);
  const type = wantedType(context, node, name);
  const attribute = attributeFrom(type, value);
  if (!attribute) return refuse(`"${name}" is of type ${type}; ${JSON.stringify(value)} is not.`, [node.id]);
  if (old && JSON.stringify(valueOf(old)) === JSON.stringify(valueOf(attribute))) {
    refuse(`"${name}" has this value already.`, [node.id]);
  }
  return attribute;
}

function setOn(model: Model, node: Node, name: string, attribute: Attribute | null): void {
  const target = model.getNode(node.id);
  if (attribute) target.attributes.set(name, attribute);
  else target.attributes.delete(name);
}

/** `Its result becomes 1×64×56×56, from 1×64×112×112.` */
function resultText({ analysis }: PassContext, trial: Model, node: Node): string {
  const after = analyze(trial);
  const id = node.outputs.find((each) => each !== null) ?? null;
  if (id === null) return '';
  const [before, now] = [formatShape(analysis.shape(id)), formatShape(after.shape(id))];
  return before === now ? 'Its result keeps its shape.' : `Its result becomes ${now}, from ${before}.`;
}

const shown = (value: Json): string => {
  const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
};

function edited(context: PassContext, node: Node, name: string) {
  const attribute = wanted(context, node, name);
  const outputs = node.outputs.filter((id) => id !== null);
  try {
    return { attribute, ...tryChange(context, outputs, (model) => setOn(model, node, name, attribute)) };
  } catch (error) {
    // Inference found an attribute of a type that it cannot work with.
    if (error instanceof CodedError) return refuse(error.message, [node.id]);
    throw error;
  }
}

/** One attribute of one node. */
export const setAttribute = editPass({
  id: 'set-attribute',
  title: 'Change an attribute',
  why: 'What an exporter fixed can be tried otherwise.',
  options: {
    node: { type: 'text', default: '', label: 'Node', hint: 'its name' },
    attribute: { type: 'text', default: '', label: 'Attribute' },
    value: { type: 'json', default: null, label: 'Value' },
    type: {
      type: 'choice',
      default: 'auto',
      choices: [
        { value: 'auto', label: 'As the operator has it' },
        ...EDITABLE.map((value) => ({ value, label: value })),
      ],
      label: 'Type',
    },
  },
  preserves: 'approximation',
  changesInterface: true,
  ask: 'Give the node, the attribute and its value; null takes it away.',
  plan(context) {
    const [name, attributeName] = [textOption(context, 'node'), textOption(context, 'attribute')];
    if (name === '' || attributeName === '') return null;
    const node = nodeNamed(context.model, name);
    const { attribute, trial, apply } = edited(context, node, attributeName);
    const short = shortTitle(context, node);
    const now = attribute ? `to ${shown(valueOf(attribute))}` : 'to its default';
    return {
      target: name,
      anchor: node.id,
      nodes: [node.id],
      title: `Set ${attributeName} of ${short} ${now}`,
      what: `${attributeName} of ${short} is set ${now}. ${resultText(context, trial, node)}`,
      apply,
    };
  },
});
