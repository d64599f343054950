import type { Value } from '../../ir/model.ts';
import type { ValueType } from '../../ir/types.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { declarable } from './declare.ts';
import { editPass, refuse } from './edit-pass.ts';
import { nodeNamed, shortTitle, textOption, valueNamed } from './targets.ts';

/** The type that the new output is declared with. */
function typeOf(context: PassContext, value: Value): ValueType {
  const type = declarable(context.analysis.type(value.id));
  return (
    type ?? refuse(`The type of "${value.name}" is not known, so it cannot be declared as an output.`, nodesOf(value))
  );
}

const nodesOf = ({ producer }: Value) => (producer ? [producer.node] : []);

function check({ model }: PassContext, value: Value): void {
  if (model.graph.outputs.includes(value.id)) refuse(`"${value.name}" is an output already.`, nodesOf(value));
  if (value.graph !== model.graph.id) {
    refuse(`"${value.name}" lies inside a subgraph; only values of the main graph can be outputs.`, nodesOf(value));
  }
  if (!value.producer) refuse(`"${value.name}" is computed by no node: it is an input or a constant.`);
}

/** An intermediate value can be fetched from outside. */
export const addOutput = editPass({
  id: 'add-output',
  title: 'Make a value an output',
  why: 'An intermediate value can be looked at, or used, from outside the model.',
  options: { value: { type: 'text', default: '', label: 'Value', hint: 'its name' } },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the name of a value.',
  plan(context) {
    const { model } = context;
    const name = textOption(context, 'value');
    if (name === '') return null;
    const value = valueNamed(model, name);
    check(context, value);
    const type = typeOf(context, value);
    const producer = nodeNamed(model, name);
    return {
      target: name,
      anchor: producer.id,
      nodes: [producer.id],
      title: `Make ${name} an output`,
      what: `The result of ${shortTitle(context, producer)} becomes the output "${name}".`,
      apply() {
        value.type ??= type;
        model.graph.outputs.push(value.id);
      },
    };
  },
});
