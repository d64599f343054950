import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { foldBatchNorm } from '../fusion/fold-batch-norm.ts';
import { freezeInitializers } from './freeze-initializers.ts';

const model = () =>
  buildModel({}, (g) => {
    const x = g.input('x', [1, 3, 4, 4]);
    const w = g.weight('w', [2, 3, 1, 1]);
    const b = g.weight('b', [2]);
    g.graph.inputs.push(w, b);
    const y = g.op('Conv', [x, w, b]);
    const [one, zero] = [g.floats('one', [2], 1), g.floats('zero', [2], 0)];
    g.output(g.op('BatchNormalization', [y, one, zero, zero, one]), 'y');
  });

const inputs = (before: ReturnType<typeof model>): string[] =>
  before.graph.inputs.map((id) => before.getValue(id).name);

describe('freeze-initializers', () => {
  it('makes each input that has a default a constant, and leaves the others', async () => {
    const before = model();
    const { model: after, result } = await afterPass(before, freezeInitializers);
    expect(inputs(before)).toEqual(['x', 'w', 'b']);
    expect(inputs(after)).toEqual(['x']);
    expect(result).toMatchObject({ removed: 0, added: 0, changed: true });
    expect(result.applied.map((each) => each.key)).toEqual([
      expect.stringMatching(/^default-input:w:/),
      expect.stringMatching(/^default-input:b:/),
    ]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('shows who reads the input', async () => {
    const { sites } = await sitesOf(model(), freezeInitializers);
    expect(sites.map((site) => site.nodes.length)).toEqual([1, 1]);
  });

  it('opens the way for the passes that need constants', async () => {
    const before = model();
    expect((await afterPass(before, foldBatchNorm)).result.changed).toBe(false);
    const frozen = (await afterPass(before, freezeInitializers)).model;
    expect((await afterPass(frozen, foldBatchNorm)).result.changed).toBe(true);
  });

  it('says that it changes the interface', () => {
    expect(freezeInitializers.changesInterface).toBe(true);
  });
});
