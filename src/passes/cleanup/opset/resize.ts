import { string } from '../../../ir/attribute.ts';
import { floats } from '../../../ir/tensor.ts';
import { floatsOf, stringOf, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable, Draft, Facts } from './types.ts';

/** `scales` becomes input 1. */
const scalesToInput: Adapter = (draft) => {
  const scales = floatsOf(draft, 'scales') ?? [];
  return withInput(withAttributes(draft, { scales: null }), 1, floats([scales.length], scales));
};

/** Version 10 knows Upsample by the name of Resize. */
const toResize: Adapter = (draft) => ({ ...draft, opType: 'Resize' });

/**
 * Version 11 asks for `roi`, before the scales, and takes the centres of pixels for their places unless it is told
 * otherwise. Before, places were x / scale, and the nearest pixel of a place was the one before it where the axis grows
 * and the one after it where it shrinks.
 */
const sayHow: Adapter = (draft, facts) => {
  const [x = null, scales = null] = draft.inputs;
  const asked = { ...draft, inputs: [x, floats([0], []), scales] };
  const placed = withAttributes(asked, { coordinate_transformation_mode: string('asymmetric') });
  if (stringOf(draft, 'mode', 'nearest') !== 'nearest') return placed;
  const rounding = roundingOf(draft, facts);
  if (rounding === null) return 'its scales are not constant, so that it is not known whether it grows or shrinks';
  if (rounding === 'mixed') return 'some of its axes grow and others shrink, which version 11 rounds alike';
  return withAttributes(placed, { nearest_mode: string(rounding) });
};

/** Upsample never shrinks. */
function roundingOf(draft: Draft, facts: Facts): 'floor' | 'ceil' | 'mixed' | null {
  if (draft.origin === 'Upsample') return 'floor';
  const scales = facts.constant(draft.inputs[1]);
  if (!scales) return null;
  const numbers = Array.from(scales.numbers());
  if (numbers.every((scale) => scale >= 1)) return 'floor';
  return numbers.every((scale) => scale <= 1) ? 'ceil' : 'mixed';
}

const keptModes: Adapter = (draft) =>
  stringOf(draft, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn'
    ? 'version 13 has no coordinate transformation tf_half_pixel_for_nn'
    : draft;

/** Coordinates that are centres of pixels are the default from version 16 on; before, there was no choice. */
const roiAlign: Adapter = (draft) =>
  withAttributes(draft, { coordinate_transformation_mode: string('output_half_pixel') });

const SAMPLING: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

/** More than two spatial axes need other names. */
const gridSample: Adapter = (draft) => {
  const renamed = SAMPLING[stringOf(draft, 'mode', '')];
  return renamed === undefined ? draft : withAttributes(draft, { mode: string(renamed) });
};

export const RESIZE: AdapterTable = {
  Upsample: { 9: scalesToInput, 10: toResize },
  Resize: { 11: sayHow, 13: keptModes },
  RoiAlign: { 16: roiAlign },
  GridSample: { 20: gridSample },
};
