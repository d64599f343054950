import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { AttributeInit, GraphBuilder } from '../../testing/build.ts';
import { checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { RESIZE_RULES } from './resize.ts';

type Attributes = Readonly<Record<string, AttributeInit>>;
interface To {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
}
const resized =
  ({ scales, sizes }: To, attributes: Attributes, shape: readonly number[] = [1, 2, 4, 5]) =>
  (g: GraphBuilder): void => {
    const list = scales ? g.floats('scales', [scales.length], scales) : null;
    const inputs = [g.input('x', shape), null, list, ...(sizes ? [g.int64s('sizes', sizes)] : [])];
    g.output(g.op('Resize', inputs, attributes), 'y');
  };

const LARGER: To = { sizes: [1, 2, 9, 8] };
const SMALLER: To = { sizes: [1, 2, 3, 3] };
const MODES = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];

/** Factors are no weights. */
const GIVEN = { fixed: ['scales'] };

describe('the gradient of Resize', () => {
  it.each(MODES)('agrees with differences, linear and cubic, coordinates %s', async (mode) => {
    const coordinate_transformation_mode = mode;
    for (const to of [LARGER, SMALLER]) {
      await checkGradients(resized(to, { mode: 'linear', coordinate_transformation_mode }));
      await checkGradients(resized(to, { mode: 'cubic', coordinate_transformation_mode }));
    }
  });

  it.each(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'])(
    'agrees, nearest, rounded by %s',
    async (nearest_mode) => {
      const attributes = { mode: 'nearest', nearest_mode, coordinate_transformation_mode: 'asymmetric' };
      await checkGradients(resized(LARGER, attributes));
      await checkGradients(resized(SMALLER, attributes));
    },
  );

  it('agrees for whole factors, of some axes, and with what lies outside left out', async () => {
    await checkGradients(
      resized(
        { scales: [1, 1, 2, 3] },
        { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      ),
      GIVEN,
    );
    await checkGradients(resized({ scales: [2, 2] }, { mode: 'linear', axes: [2, 3] }), GIVEN);
    await checkGradients(resized({ scales: [1, 1, 0.6, 1.7] }, { mode: 'linear' }), GIVEN);
    await checkGradients(resized(LARGER, { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: float(-0.5) }), GIVEN);
  });

  it('is refused where it smooths, and where it crops', () => {
    expectRefusal(resized(SMALLER, { mode: 'linear', antialias: 1 }), /antialias/);
    const crop = { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' };
    expectRefusal((g) => {
      const roi = g.floats('roi', [8], [0, 0, 0, 0, 1, 1, 1, 1]);
      g.output(g.op('Resize', [g.input('x', [1, 2, 4, 5]), roi, null, g.int64s('sizes', [1, 2, 3, 3])], crop), 'y');
    }, /tf_crop_and_resize/);
  });

  it('has a test for every operator', () => expect(Object.keys(RESIZE_RULES)).toEqual(['Resize']));
});
