import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, opsOf, refused } from '../../testing/edits.ts';
import { removeOutput } from './remove-output.ts';

const model = () =>
  buildModel({}, (g) => {
    const x = g.input('x', [1, 4]);
    const r = g.op('Relu', [x]);
    g.output(r, 'r');
    g.output(g.op('Neg', [r]), 'y');
  });

describe('remove-output', () => {
  it('takes the output and leaves the nodes', async () => {
    const { model: after, site } = await edited(model(), removeOutput, { output: 'y' });
    expect(namesOf(after, 'outputs')).toEqual(['r']);
    expect(opsOf(after)).toEqual(['Relu', 'Neg']);
    expect(site.what).toMatch(/stays until dead nodes are removed/);
  });

  it('says nothing of leftovers where the value is read', async () => {
    expect((await edited(model(), removeOutput, { output: 'r' })).site.what).not.toMatch(/stays/);
  });

  it('refuses the last one, and one that is not there', async () => {
    const { model: one } = await edited(model(), removeOutput, { output: 'r' });
    expect((await refused(one, removeOutput, { output: 'y' })).reason).toMatch(/only output/);
    expect((await refused(model(), removeOutput, { output: 'x' })).reason).toMatch(/no output "x". Outputs: r, y/);
  });
});
