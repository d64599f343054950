import { describe, expect, it } from 'vitest';
import type { AttributeInit, GraphBuilder } from '../../testing/build.ts';
import { checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { CONV_RULES } from './conv.ts';

interface Case {
  readonly what: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeInit>>;
}

const layer =
  (opType: string, { x, w, attributes = {} }: Case) =>
  (g: GraphBuilder): void => {
    const outputs = opType === 'Conv' ? (w[0] ?? 1) : (w[1] ?? 1) * Number(attributes['group'] ?? 1);
    const bias = g.weight('b', [outputs]);
    g.output(g.op(opType, [g.input('x', x), g.weight('w', w), bias], attributes), 'y');
  };

const CONVOLUTIONS: readonly Case[] = [
  { what: '3×3', x: [2, 3, 6, 5], w: [4, 3, 3, 3] },
  { what: '3×3 with padding', x: [2, 3, 6, 5], w: [4, 3, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  {
    what: 'many channels, asymmetric padding, strides and dilations',
    x: [2, 9, 7, 6],
    w: [5, 9, 3, 2],
    attributes: { pads: [1, 0, 2, 1], strides: [2, 1], dilations: [1, 2] },
  },
  {
    what: 'two groups of many channels',
    x: [2, 16, 4, 5],
    w: [6, 8, 3, 3],
    attributes: { group: 2, pads: [1, 1, 1, 1] },
  },
  { what: '1×1', x: [3, 4, 4, 3], w: [5, 4, 1, 1] },
  { what: '1×1 with strides', x: [2, 3, 5, 6], w: [4, 3, 1, 1], attributes: { strides: [2, 2] } },
  { what: 'strides that leave a rest', x: [2, 3, 8, 7], w: [4, 3, 3, 3], attributes: { strides: [3, 2] } },
  { what: 'asymmetric padding', x: [1, 2, 6, 6], w: [3, 2, 3, 2], attributes: { pads: [2, 0, 1, 3], strides: [2, 1] } },
  { what: 'dilations', x: [1, 2, 9, 8], w: [3, 2, 3, 3], attributes: { dilations: [2, 3], pads: [1, 2, 0, 1] } },
  {
    what: 'dilations and strides',
    x: [2, 2, 9, 9],
    w: [3, 2, 3, 3],
    attributes: { dilations: [2, 2], strides: [2, 3] },
  },
  { what: 'two groups', x: [2, 4, 5, 5], w: [6, 2, 3, 3], attributes: { group: 2, pads: [1, 1, 1, 1] } },
  { what: 'four groups with strides', x: [2, 8, 5, 5], w: [4, 2, 3, 3], attributes: { group: 4, strides: [2, 2] } },
  { what: 'depthwise', x: [2, 3, 5, 6], w: [3, 1, 3, 3], attributes: { group: 3, pads: [1, 1, 1, 1] } },
  {
    what: 'depthwise, 5×5 dilated',
    x: [1, 2, 10, 9],
    w: [2, 1, 5, 5],
    attributes: { group: 2, dilations: [2, 1], pads: [2, 2, 2, 2] },
  },
  {
    what: 'depthwise with strides',
    x: [2, 3, 7, 6],
    w: [3, 1, 3, 3],
    attributes: { group: 3, pads: [1, 1, 1, 1], strides: [2, 2] },
  },
  {
    what: 'depthwise, asymmetric, strides 3 and 2',
    x: [2, 2, 9, 8],
    w: [2, 1, 3, 2],
    attributes: { group: 2, pads: [0, 1, 2, 0], strides: [3, 2] },
  },
  { what: 'two filters a channel', x: [2, 3, 5, 5], w: [6, 1, 3, 3], attributes: { group: 3, pads: [1, 1, 1, 1] } },
  {
    what: 'two filters a channel with strides',
    x: [2, 3, 7, 7],
    w: [6, 1, 3, 3],
    attributes: { group: 3, strides: [2, 2] },
  },
  {
    what: 'depthwise, strides and dilations',
    x: [1, 2, 9, 9],
    w: [2, 1, 3, 3],
    attributes: { group: 2, strides: [2, 2], dilations: [2, 2], pads: [1, 1, 1, 1] },
  },
  { what: 'one axis', x: [2, 3, 9], w: [4, 3, 3], attributes: { strides: [2], pads: [1, 2] } },
  { what: 'one axis, depthwise', x: [2, 3, 9], w: [3, 1, 4], attributes: { group: 3, pads: [2, 1] } },
  {
    what: 'three axes',
    x: [1, 2, 4, 5, 4],
    w: [3, 2, 2, 3, 2],
    attributes: { pads: [0, 1, 0, 1, 1, 0], strides: [1, 2, 1] },
  },
  { what: 'SAME_UPPER', x: [1, 2, 6, 7], w: [3, 2, 3, 4], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
  { what: 'SAME_LOWER', x: [1, 2, 6, 7], w: [3, 2, 2, 4], attributes: { auto_pad: 'SAME_LOWER', strides: [2, 3] } },
  { what: 'VALID', x: [1, 2, 6, 7], w: [3, 2, 3, 3], attributes: { auto_pad: 'VALID', strides: [2, 3] } },
];

const TRANSPOSED: readonly Case[] = [
  { what: 'strides 2', x: [2, 3, 4, 3], w: [3, 4, 3, 3], attributes: { strides: [2, 2] } },
  {
    what: 'padding and output padding',
    x: [2, 3, 4, 3],
    w: [3, 4, 3, 3],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  },
  { what: 'groups', x: [2, 4, 4, 3], w: [4, 3, 3, 3], attributes: { strides: [2, 1], group: 2 } },
  { what: 'depthwise', x: [2, 4, 4, 3], w: [4, 1, 3, 3], attributes: { strides: [2, 2], group: 4 } },
  { what: 'dilations', x: [1, 2, 4, 3], w: [2, 3, 2, 3], attributes: { dilations: [2, 2], pads: [0, 1, 1, 0] } },
  { what: 'one axis', x: [1, 2, 5], w: [2, 3, 4], attributes: { strides: [3] } },
];

describe('the gradient of a convolution', () => {
  it.each(CONVOLUTIONS)('agrees with differences: $what', async (each) => {
    await checkGradients(layer('Conv', each));
  });

  it.each(TRANSPOSED)('agrees with differences, transposed: $what', async (each) => {
    await checkGradients(layer('ConvTranspose', each));
  });

  it('is refused where padding follows from output_shape', () => {
    const each = {
      what: '',
      x: [1, 2, 4, 4],
      w: [2, 2, 3, 3],
      attributes: { output_shape: [10, 10], strides: [2, 2] },
    };
    expectRefusal(layer('ConvTranspose', each), /output_shape/);
  });

  it('has a test for every operator', () => expect(Object.keys(CONV_RULES)).toEqual(['Conv', 'ConvTranspose']));
});
