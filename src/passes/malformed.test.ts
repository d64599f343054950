import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model, Node } from '../ir/model.ts';
import { readModel } from '../onnx/read.ts';
import { findSites } from '../rewrite/run.ts';
import { encoder } from '../samples/encoder.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { tinyModel } from '../testing/tiny.ts';
import { PASSES } from './index.ts';

/** What an exporter with a fault, or a hostile hand, leaves of a node; false where the node is whole all the same. */
const FAULTS: readonly { readonly name: string; spoil(model: Model, node: Node): boolean }[] = [
  { name: 'no first input', spoil: (model, node) => drop(model, node, 0) },
  { name: 'no second input', spoil: (model, node) => drop(model, node, 1) },
  {
    name: 'no inputs',
    spoil(model, node) {
      const had = node.inputs.length > 0;
      node.inputs.forEach((_, i) => model.setInput(node, i, null));
      node.inputs.length = 0;
      return had;
    },
  },
  {
    name: 'no attributes',
    spoil(_, node) {
      // Subgraphs hang on attributes: without them their nodes would be left over.
      if ([...node.attributes.values()].some(({ type }) => type === 'graph')) return false;
      const had = node.attributes.size > 0;
      node.attributes.clear();
      return had;
    },
  },
];

function drop(model: Model, node: Node, index: number): boolean {
  if ((node.inputs[index] ?? null) === null) return false;
  model.setInput(node, index, null);
  return true;
}

interface Looked {
  readonly looks: number;
  readonly stopped: readonly string[];
}

/** Every pass looks at the model with one node spoilt, node by node. */
async function lookEverywhere(pristine: Model): Promise<Looked> {
  const stopped: string[] = [];
  let looks = 0;
  for (const id of pristine.nodes.keys()) {
    for (const fault of FAULTS) {
      const model = pristine.clone();
      const node = model.getNode(id);
      if (!fault.spoil(model, node)) continue;
      const analysis = analyze(model);
      for (const pass of PASSES) {
        looks += 1;
        try {
          await findSites(model, pass, { backend: pass.backends[0]!, analysis });
        } catch (error) {
          stopped.push(`${pass.id}, ${node.opType} with ${fault.name}: ${String(error)}`);
        }
      }
    }
  }
  return { looks, stopped };
}

describe('a node that is not whole', () => {
  it.each([
    ['the tiny model', tinyModel, 50],
    // One layer holds every kind of node that more of them would.
    ['an encoder', () => encoder({ width: 32, heads: 2, layers: 1, length: 16 }), 500],
  ])('stops no pass from looking at the rest, in %s', async (_, made, least) => {
    const { looks, stopped } = await lookEverywhere(made());
    expect(stopped).toEqual([]);
    expect(looks).toBeGreaterThan(least);
  });

  it.skipIf(!haveShared())('stops no pass from looking at the rest, in the pattern and trap models', async () => {
    let looked = 0;
    for (const file of sharedModels('micro')) {
      const { looks, stopped } = await lookEverywhere(readModel(sharedFile(file)).model);
      expect(stopped, file).toEqual([]);
      looked += looks;
    }
    expect(looked).toBeGreaterThan(1000);
  });
});
