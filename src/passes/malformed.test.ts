import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model, Node } from '../ir/model.ts';
import { readModel } from '../onnx/read.ts';
import { findSites } from '../rewrite/run.ts';
import { buildSample } from '../samples/catalogue.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { tinyModel } from '../testing/tiny.ts';
import { PASSES } from './index.ts';

/** What an exporter with a fault, or a hostile hand, leaves of a node. */
const FAULTS: readonly { readonly name: string; spoil(model: Model, node: Node): void }[] = [
  { name: 'no first input', spoil: (model, node) => node.inputs.length > 0 && model.setInput(node, 0, null) },
  { name: 'no second input', spoil: (model, node) => node.inputs.length > 1 && model.setInput(node, 1, null) },
  {
    name: 'no inputs',
    spoil(model, node) {
      node.inputs.forEach((_, i) => model.setInput(node, i, null));
      node.inputs.length = 0;
    },
  },
  { name: 'no attributes', spoil: (_, node) => node.attributes.clear() },
];

/** Every pass looks at the model with one node spoilt, node by node. */
async function lookEverywhere(pristine: Model): Promise<number> {
  let looked = 0;
  for (const id of pristine.nodes.keys()) {
    for (const fault of FAULTS) {
      const model = pristine.clone();
      const node = model.getNode(id);
      // Subgraphs hang on attributes: without them their nodes would be left over.
      if (fault.name === 'no attributes' && [...node.attributes.values()].some(({ type }) => type === 'graph'))
        continue;
      fault.spoil(model, node);
      const analysis = analyze(model);
      for (const pass of PASSES) {
        const found = findSites(model, pass, { backend: pass.backends[0]!, analysis });
        await expect(found, `${pass.id}, ${node.opType} with ${fault.name}`).resolves.toBeDefined();
        looked++;
      }
    }
  }
  return looked;
}

describe('a node that is not whole', () => {
  it('stops no pass from looking at the rest, in the made models', async () => {
    expect(await lookEverywhere(tinyModel())).toBeGreaterThan(50);
    expect(await lookEverywhere(buildSample('encoder'))).toBeGreaterThan(500);
  });

  it.skipIf(!haveShared())('stops no pass from looking at the rest, in the pattern and trap models', async () => {
    let looked = 0;
    for (const file of sharedModels('micro')) looked += await lookEverywhere(readModel(sharedFile(file)).model);
    expect(looked).toBeGreaterThan(1000);
  });
});
