import { defined } from '../../base/assert.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { fnv1a } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type Site } from '../../rewrite/pass.ts';

const RULE = 'default-input';

/**
 * From IR version 4 on, an initializer that is also a graph input is a default that the caller may override, so that no
 * pass may take it for a constant. Older files have none left: there the reader takes them off the inputs.
 */
function find(model: Model): Findings {
  const { graph } = model;
  const sites = graph.inputs.filter((input) => graph.initializers.has(input)).map((input) => toSite(model, input));
  return { sites, refusals: [] };
}

function toSite(model: Model, input: ValueId): Site {
  const value = model.getValue(input);
  const readers: NodeId[] = [...new Set(value.uses.map((use) => use.node))];
  const tensor = defined(model.graph.initializers.get(input), 'the default of an input');
  return {
    key: `${RULE}:${value.name}:${fnv1a(`${tensor.dtype}[${tensor.shape.join()}]`)}`,
    rule: RULE,
    anchor: readers[0] ?? NO_NODE,
    nodes: readers,
    what: `Makes input ${value.name} the constant that is its default.`,
  };
}

const nameOf = (site: Site): string => site.key.slice(RULE.length + 1, site.key.lastIndexOf(':'));

/** Inputs that have a default become constants. */
export const freezeInitializers: Pass = {
  id: 'freeze-initializers',
  group: 'cleanup',
  title: 'Freeze initializers',
  why: 'Weights that are listed as overridable inputs block every other pass; frozen, they are constants.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  changesInterface: true,
  find: ({ model }) => find(model),
  apply: ({ model }, site) => {
    const { graph } = model;
    const index = graph.inputs.findIndex(
      (input) => graph.initializers.has(input) && model.getValue(input).name === nameOf(site),
    );
    if (index < 0) return false;
    graph.inputs.splice(index, 1);
    return true;
  },
};
