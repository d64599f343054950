import { defined } from '../../base/assert.ts';
import { getFloat, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { constantInts, rankOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** What a Pad puts around the spatial axes of [N, C, …]: begins, then ends, as Conv and the pools have it. */
export interface SpatialPadding {
  readonly pads: readonly number[];
  readonly value: number;
}

/** The padding, or what is missing for it to be that of a window operator. */
export function spatialPadding(context: PassContext, pad: Node): SpatialPadding | string {
  const mode = getString(pad, 'mode', 'constant');
  if (mode !== 'constant') return `its mode is ${mode}`;
  const pads = allPads(context, pad);
  if (typeof pads === 'string') return pads;
  const value = valueOf(context, pad);
  if (value === null) return 'the value that it pads with is not constant';
  const rank = pads.length / 2;
  if (rank < 3) return 'it pads no spatial axes';
  if (pads.some((each) => each < 0)) return 'it cuts off elements (negative pads)';
  if ([0, 1, rank, rank + 1].some((at) => pads[at] !== 0)) return 'it pads the batch or the channels';
  return { pads: [...pads.slice(2, rank), ...pads.slice(rank + 2)], value };
}

/** Begins of all axes, then ends. Attributes before version 11, inputs from then on, which may name axes from 18 on. */
function allPads(context: PassContext, pad: Node): readonly number[] | string {
  const opset = context.model.opset();
  if (opset < 11) {
    return getInts(pad, 'pads', null) ?? getInts(pad, 'paddings', null) ?? 'its pads are missing';
  }
  const input = pad.inputs[1] ?? null;
  const pads = input === null ? null : constantInts(context, input);
  if (!pads) return 'its pads are not constant';
  const axesInput = pad.inputs[3] ?? null;
  if (axesInput === null) return pads;
  const axes = constantInts(context, axesInput);
  const rank = rankOf(context, defined(pad.inputs[0], 'the input of Pad'));
  if (!axes || rank === null) return 'the axes that it pads are not known';
  const all = Array.from({ length: 2 * rank }, () => 0);
  axes.forEach((axis, i) => {
    const at = axis < 0 ? axis + rank : axis;
    all[at] = pads[i] ?? 0;
    all[at + rank] = pads[i + axes.length] ?? 0;
  });
  return all;
}

function valueOf(context: PassContext, pad: Node): number | null {
  if (context.model.opset() < 11) return getFloat(pad, 'value', 0);
  const input = pad.inputs[2] ?? null;
  if (input === null) return 0;
  const tensor = constantOf(context, input);
  return tensor?.size === 1 && tensor.dtype !== 'string' ? (tensor.numbers()[0] ?? null) : null;
}

/** The pads of a window operator, begins then ends; or why they depend on sizes. */
export function windowPads(node: Node, spatial: number): readonly number[] | string {
  const auto = getString(node, 'auto_pad', 'NOTSET');
  const none = Array.from({ length: 2 * spatial }, () => 0);
  if (auto === 'VALID') return none;
  if (auto !== 'NOTSET' && auto !== '') return `its auto_pad ${auto} depends on the size of its input`;
  return getInts(node, 'pads', null) ?? none;
}
