import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { analyze } from '../../analysis/analyze.ts';
import { buildModel } from '../../testing/build.ts';
import { edited, refused } from '../../testing/edits.ts';
import { setInputShape } from './set-input-shape.ts';

/** Convolution, a Reshape whose batch is `batch`, and a product; the file declares the shapes in between. */
const model = (batch: number) =>
  buildModel({}, (g) => {
    const x = g.input('x', ['N', 3, 8, 8]);
    const c = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3])], { pads: [1, 1, 1, 1] }, { outputs: ['c'] });
    g.model.getValue(c).type = { kind: 'tensor', dtype: 'float32', shape: ['N', 4, 8, 8] };
    const flat = g.op('Reshape', [c, g.int64s('to', [batch, 256])], {}, { name: 'flatten' });
    g.output(g.op('MatMul', [flat, g.weight('m', [256, 5])]), 'y', { shape: ['N', 5] });
  });

const shapeOf = (after: Model, name: string) => {
  const value = [...after.values.values()].find((each) => each.name === name)!;
  return value.type?.kind === 'tensor' ? value.type.shape : undefined;
};

describe('set-input-shape', () => {
  it('sets sizes, and what was declared of other values follows', async () => {
    const { model: after, site } = await edited(model(-1), setInputShape, { shapes: { x: [2, 3, 8, 8] } });
    expect(shapeOf(after, 'x')).toEqual([2, 3, 8, 8]);
    expect(shapeOf(after, 'c')).toEqual([2, 4, 8, 8]);
    expect(shapeOf(after, 'y')).toEqual([2, 5]);
    expect(analyze(after).warnings).toEqual([]);
    expect(site.title).toBe('Set x to 2×3×8×8');
  });

  it('takes symbols and free sizes', async () => {
    const { model: after } = await edited(model(-1), setInputShape, { shapes: { x: ['B', 3, 8, 8] } });
    expect(shapeOf(after, 'y')).toEqual(['B', 5]);
    const free = await edited(model(-1), setInputShape, { shapes: { x: ['?', 3, 8, 8] } });
    expect(shapeOf(free.model, 'x')).toEqual([null, 3, 8, 8]);
    expect(shapeOf(free.model, 'y')).toEqual([null, 5]);
  });

  it('gives symbols a size wherever they stand', async () => {
    const { model: after, site } = await edited(model(-1), setInputShape, { symbols: { N: 4 } });
    expect(shapeOf(after, 'x')).toEqual([4, 3, 8, 8]);
    expect(site.title).toBe('Set N to 4');
  });

  it('refuses where a Reshape has another shape built in, and names it', async () => {
    const { reason, at } = await refused(model(1), setInputShape, { shapes: { x: [2, 3, 8, 8] } });
    expect(reason).toMatch(/Reshape 1 does not fit: 512 elements.*built in: \[1, 256\]/);
    expect(at).toEqual(['Reshape']);
  });

  it('refuses at the first node that does not fit', async () => {
    const wide = await refused(model(-1), setInputShape, { shapes: { x: ['N', 4, 8, 8] } });
    expect(wide).toMatchObject({ at: ['Conv'] });
    expect(wide.reason).toMatch(/Conv 1 does not fit: 4 input channels against weights for 3/);
  });

  it.each([
    [{ shapes: { x: [1, 3, 8] } }, /4 dimensions; 3 sizes/],
    [{ shapes: { x: [0, 3, 8, 8] } }, /whole number from 1/],
    [{ shapes: { x: ['N', 3, 8, 8] } }, /this shape already/],
    [{ shapes: { gone: [1] } }, /no input "gone"/],
    [{ shapes: [1] }, /must be an object/],
    [{ symbols: { M: 4 } }, /No input has the symbol "M". Symbols: N/],
  ])('refuses %j', async (options, reason) => {
    expect((await refused(model(-1), setInputShape, options)).reason).toMatch(reason);
  });
});
