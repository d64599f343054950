import { numberToFloat16 } from '../../ir/float.ts';
import { floats, tensorOf, type Tensor } from '../../ir/tensor.ts';
import type { Cutter } from '../cut.ts';
import { mixWeights, shiftOf } from './compensate.ts';
import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/** Lets the weights that read a group make up for channels that are about to go; then the group may be cut. */
export function repair(cutter: Cutter, target: RepairTarget, substitute: Substitute): void {
  const before = cutter.uncut(target.weight);
  const weights = Float64Array.from(before.numbers());
  const shift = shiftOf(weights, target, substitute);
  mixWeights(weights, target, substitute);
  if (substitute.mix || substitute.copies) cutter.rebase(target.weight, like(before, weights));
  const { bias } = target;
  if (!bias || !shift.some((each) => each !== 0)) return;
  if (bias.kind === 'new') cutter.addBias(bias.node, target.weight.axes[target.outDim] ?? -1, shift);
  else {
    const constant = cutter.uncut(bias.place);
    const moved = Float64Array.from(constant.numbers(), (each, i) => each + (shift[i] ?? 0));
    cutter.rebase(bias.place, like(constant, moved));
  }
}

const like = ({ dtype, shape }: Tensor, numbers: Float64Array): Tensor =>
  dtype === 'float16'
    ? tensorOf('float16', shape, Uint16Array.from(numbers, numberToFloat16))
    : floats(shape, Float32Array.from(numbers));
