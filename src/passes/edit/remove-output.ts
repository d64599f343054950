import { editPass, refuse } from './edit-pass.ts';
import { textOption } from './targets.ts';
import { NO_NODE } from '../../rewrite/pass.ts';

/** An output goes; the nodes that computed it stay for the clean-up. */
export const removeOutput = editPass({
  id: 'remove-output',
  title: 'Remove an output',
  why: 'An output that nobody fetches keeps nodes alive.',
  options: { output: { type: 'text', default: '', label: 'Output', hint: 'its name' } },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the name of an output.',
  plan({ model, options }) {
    const name = textOption({ options }, 'output');
    if (name === '') return null;
    const { graph } = model;
    const index = graph.outputs.findIndex((id) => model.getValue(id).name === name);
    const names = graph.outputs.map((id) => model.getValue(id).name);
    const id = graph.outputs[index];
    if (id === undefined) return refuse(`There is no output "${name}". Outputs: ${names.join(', ')}.`);
    const producer = model.getValue(id).producer?.node;
    const nodes = producer === undefined ? [] : [producer];
    if (names.length === 1) refuse(`"${name}" is the only output; a model needs one.`, nodes);
    const alone = model.getValue(id).uses.length === 0;
    return {
      target: name,
      anchor: producer ?? NO_NODE,
      nodes,
      title: `Remove output ${name}`,
      what: `"${name}" is no output any more${alone ? '; what only it needed stays until dead nodes are removed' : ''}.`,
      apply: () => void graph.outputs.splice(index, 1),
    };
  },
});
