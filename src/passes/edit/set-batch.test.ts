import { describe, expect, it } from 'vitest';
import type { Shape } from '../../ir/types.ts';
import { buildModel } from '../../testing/build.ts';
import { edited, refused } from '../../testing/edits.ts';
import { setBatch } from './set-batch.ts';

/** Two inputs of this batch, one that has none, and a default that is a constant to callers. */
const model = (batch: number | string | null) =>
  buildModel({}, (g) => {
    const x = g.input('x', [batch, 4]);
    const mask = g.input('mask', [batch, 4]);
    const table = g.input('table', [7, 4]);
    const scale = g.weight('scale', [1, 4]);
    g.graph.inputs.push(scale);
    g.output(g.op('Mul', [g.op('Mul', [x, mask]), scale]), 'y');
    g.output(g.op('Neg', [table]), 'z');
  });

async function shapesAfter(batch: number | string | null, wanted: string): Promise<Shape[]> {
  const { model: after } = await edited(model(batch), setBatch, { batch: wanted });
  return after.graph.inputs.map((id) => {
    const { type } = after.getValue(id);
    return type?.kind === 'tensor' ? type.shape : null;
  });
}

const REST = [
  [7, 4],
  [1, 4],
];

describe('set-batch', () => {
  it('sets every input of the same batch, and no other', async () => {
    expect(await shapesAfter('N', '8')).toEqual([[8, 4], [8, 4], ...REST]);
    expect(await shapesAfter(1, '8')).toEqual([[8, 4], [8, 4], ...REST]);
    expect(await shapesAfter(null, '8')).toEqual([[8, 4], [8, 4], ...REST]);
  });

  it('frees the batch: a symbol, or any size', async () => {
    expect(await shapesAfter(1, 'N')).toEqual([['N', 4], ['N', 4], ...REST]);
    expect(await shapesAfter(1, '?')).toEqual([[null, 4], [null, 4], ...REST]);
  });

  it('follows a symbol to other axes', async () => {
    const turned = buildModel({}, (g) => {
      const x = g.input('x', ['N', 4]);
      const past = g.input('past', [2, 'N', 4]);
      g.output(g.op('Add', [x, past]), 'y');
    });
    const { model: after, site } = await edited(turned, setBatch, { batch: '8' });
    expect(after.getValue(after.graph.inputs[1]!).type).toMatchObject({ shape: [2, 8, 4] });
    expect(site.title).toBe('Set batch to 8');
    expect(site.what).toMatch(/x N×4 → 8×4; past 2×N×4 → 2×8×4. Outputs: y 2×8×4\./);
  });

  it('is refused where the graph then contradicts itself', async () => {
    const fixed = buildModel({}, (g) => {
      g.output(g.op('Add', [g.input('x', [2, 4]), g.weight('w', [2, 4])]), 'y');
    });
    expect(await refused(fixed, setBatch, { batch: '3' })).toMatchObject({ at: ['Add'] });
  });

  it('takes whole numbers from 1, and no others', async () => {
    for (const batch of ['0', '1.5', '-2', 'a b']) {
      expect((await refused(model('N'), setBatch, { batch })).reason).toMatch(/The batch must be/);
    }
  });
});
