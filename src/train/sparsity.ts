import { defined } from '../base/assert.ts';
import type { TrainRequest } from '../engine/train/types.ts';

/** A tensor as matrices [rows, columns] behind one another, row-major, each cut into blocks; one weight: 1 × 1. */
export interface BlockShape {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
}

/** Slices along an axis of a tensor: `outer` is the product of the sizes before it, `inner` of those behind. */
export interface SparseSlices {
  /** Index among the trained tensors. */
  readonly tensor: number;
  readonly outer: number;
  readonly inner: number;
  /** By index along the axis: the unit that it belongs to; -1: none. */
  readonly units: Int32Array<ArrayBuffer>;
}

/** Units that are ranked together, a share of which becomes zero: blocks of a tensor, or slices that go together. */
export type SparseLayer =
  | { readonly kind: 'blocks'; readonly tensor: number; readonly blocks: BlockShape }
  | { readonly kind: 'slices'; readonly units: number; readonly members: readonly SparseSlices[] };

/**
 * `held`: what is zero at the start stays so. `magnitude`: those of least size go, at each step anew (Zhu & Gupta, To
 * prune or not to prune, 2018). `movement`: those whose scores are least; scores are learnt beside the weights (Sanh et
 * al., Movement Pruning, 2020): S ← S − rate·w·∂L/∂w. `soft`: those whose score's sigmoid lies below a threshold, with
 * a penalty on all scores.
 */
export interface SparsitySetup {
  readonly kind: 'held' | 'magnitude' | 'movement' | 'soft';
  readonly layers: readonly SparseLayer[];
  /** Share that is zero in the end. */
  readonly target: number;
  /** Steps: dense before `begin`, then 1 − (1 − t)³ of the way, and as it is in the end from `end` on. */
  readonly begin: number;
  readonly end: number;
  /** Of scores, as a multiple of the weights' rate. */
  readonly scoreRate: number;
  /** `soft`: threshold of the sigmoid, and factor of the penalty. */
  readonly threshold: number;
  readonly penalty: number;
}

interface Layer {
  readonly of: SparseLayer;
  readonly scores: Float32Array<ArrayBuffer>;
}

interface Masked {
  readonly weights: Float32Array<ArrayBuffer>;
  readonly mask: Float32Array<ArrayBuffer>;
  readonly buffer: Float32Array<ArrayBuffer>;
}

/** Share of the weights that is zero at a step: cubic from 0 to the target. */
export function sparsityAt(step: number, { begin, end, target, kind }: SparsitySetup): number {
  if (kind === 'held') return 0;
  const share = end <= begin ? 1 : Math.min(1, Math.max(0, (step - begin) / (end - begin)));
  return target * (1 - (1 - share) ** 3);
}

/** The step from which on as many weights are zero as shall be in the end: what was looked at before is no match for it. */
export const sparseFrom = ({ sparsity, steps }: Pick<TrainRequest, 'sparsity' | 'steps'>): number =>
  sparsity && sparsity.kind !== 'held' ? Math.round(sparsity.end * steps) : 0;

/** Units of a layer: blocks, or what the slices belong to. */
export const unitCount = (layer: SparseLayer): number => {
  if (layer.kind === 'slices') return layer.units;
  const { matrices, rows, columns, height, width } = layer.blocks;
  return matrices * Math.ceil(rows / height) * Math.ceil(columns / width);
};

/** How many of them are zero at a share; of slices one stays, for a layer without channels would give nothing. */
export function unitsGone(layer: SparseLayer, share: number): number {
  const units = unitCount(layer);
  // 0.7 of 10 are 7, whatever binary fractions make of it.
  const gone = Math.floor(share * units + 1e-9);
  return layer.kind === 'slices' ? Math.min(gone, units - 1) : gone;
}

/** Decides, while training goes on, which weights are zero. */
export class Sparsifier {
  private readonly setup: SparsitySetup;
  private readonly layers: readonly Layer[];
  /** By index of the tensor. */
  private readonly tensors = new Map<number, Masked>();

  constructor(tensors: readonly { readonly data: Float32Array<ArrayBuffer> }[], setup: SparsitySetup) {
    this.setup = setup;
    this.layers = setup.layers.map((of) => ({ of, scores: new Float32Array(unitCount(of)) }));
    for (const tensor of setup.layers.flatMap(tensorsOf)) {
      const weights = defined(tensors[tensor], 'a tensor that is pruned').data;
      const mask = setup.kind === 'held' ? weights.map((w) => (w === 0 ? 0 : 1)) : weights.map(() => 1);
      this.tensors.set(tensor, { weights, mask, buffer: new Float32Array(weights.length) });
    }
    if (setup.kind !== 'held') this.hold(0);
  }

  /** The weights with their zeros; null where a tensor has none. The array is used again at the next call. */
  masked(tensor: number, data: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> | null {
    const known = this.tensors.get(tensor);
    if (!known) return null;
    const { mask, buffer } = known;
    for (let i = 0; i < data.length; i++) buffer[i] = data[i]! * mask[i]!;
    return buffer;
  }

  /** By index of the tensor: 1 where a weight stays. */
  masks(): ReadonlyMap<number, Float32Array<ArrayBuffer>> {
    return new Map([...this.tensors].map(([tensor, { mask }]) => [tensor, mask]));
  }

  /** Scores follow −w·∂L/∂w, the sum over a unit; `gradients` are those by the masked weights. */
  learn(gradients: readonly Float32Array[], rate: number): void {
    const { kind, scoreRate, penalty } = this.setup;
    if (kind !== 'movement' && kind !== 'soft') return;
    const pull = rate * scoreRate;
    for (const { of, scores } of this.layers) {
      for (const tensor of tensorsOf(of)) {
        const gradient = gradients[tensor];
        if (!gradient || gradient.length === 0) continue;
        const { weights } = this.of(tensor);
        eachElement(of, tensor, (unit, at) => {
          scores[unit] = scores[unit]! - pull * weights[at]! * gradient[at]!;
        });
      }
      if (kind !== 'soft') continue;
      for (let i = 0; i < scores.length; i++) {
        const sigmoid = 1 / (1 + Math.exp(-scores[i]!));
        scores[i] = scores[i]! - (pull * penalty * sigmoid * (1 - sigmoid)) / scores.length;
      }
    }
  }

  /**
   * Gradients as the weights get them: all of them where what is zero may come back (straight through, Bengio et al.,
   * 2013), none at zeros that stay.
   */
  through(gradients: readonly Float32Array[]): readonly Float32Array[] {
    if (this.setup.kind !== 'held') return gradients;
    return gradients.map((gradient, tensor) => {
      const mask = this.tensors.get(tensor)?.mask;
      return mask && gradient.length > 0 ? gradient.map((each, i) => each * mask[i]!) : gradient;
    });
  }

  /** Decides anew which weights are zero at a step. */
  hold(step: number): void {
    const { kind, threshold } = this.setup;
    if (kind === 'held') {
      for (const { weights, mask } of this.tensors.values())
        for (let i = 0; i < mask.length; i++) weights[i] = weights[i]! * mask[i]!;
      return;
    }
    for (const { mask } of this.tensors.values()) mask.fill(1);
    // sigmoid(s) ≥ τ is s ≥ logit(τ); scores start at 0.
    const bound = Math.log(threshold / (1 - threshold));
    const share = sparsityAt(step, this.setup);
    for (const layer of this.layers) {
      const { scores } = layer;
      if (kind === 'magnitude') this.sizes(layer);
      const stays =
        kind === 'soft'
          ? Uint8Array.from(scores, (each) => Number(each >= bound))
          : highest(scores, unitsGone(layer.of, share));
      this.zero(layer, stays);
    }
  }

  state(): { scores: Float32Array<ArrayBuffer>[]; masks: Float32Array<ArrayBuffer>[] } {
    return {
      scores: this.layers.map(({ scores }) => scores.slice()),
      masks: [...this.tensors.values()].map(({ mask }) => mask.slice()),
    };
  }
  restore(state: ReturnType<Sparsifier['state']>): void {
    this.layers.forEach(({ scores }, index) => scores.set(state.scores[index] ?? []));
    [...this.tensors.values()].forEach(({ mask }, index) => mask.set(state.masks[index] ?? []));
  }

  private of = (tensor: number): Masked => defined(this.tensors.get(tensor), 'a tensor that is pruned');

  private zero({ of }: Layer, stays: Uint8Array): void {
    // A layer without channels would give nothing.
    if (of.kind === 'slices' && !stays.includes(1)) stays[0] = 1;
    for (const tensor of tensorsOf(of)) {
      const { mask } = this.of(tensor);
      eachElement(of, tensor, (unit, at) => {
        if (stays[unit] === 0) mask[at] = 0;
      });
    }
  }

  /** Scores by size: the root mean square of a unit, so that blocks cut off at an edge are not taken for small ones. */
  private sizes({ of, scores }: Layer): void {
    const counts = new Float32Array(scores.length);
    scores.fill(0);
    for (const tensor of tensorsOf(of)) {
      const { weights } = this.of(tensor);
      eachElement(of, tensor, (unit, at) => {
        scores[unit] = scores[unit]! + weights[at]! * weights[at]!;
        counts[unit] = counts[unit]! + 1;
      });
    }
    for (let i = 0; i < scores.length; i++) scores[i] = Math.sqrt(scores[i]! / Math.max(1, counts[i]!));
  }
}

const tensorsOf = (layer: SparseLayer): readonly number[] =>
  layer.kind === 'blocks' ? [layer.tensor] : [...new Set(layer.members.map(({ tensor }) => tensor))];

/** 1 for each but so many of the least; of equal ones the first go, so that the number is met exactly. */
function highest(scores: Float32Array, gone: number): Uint8Array<ArrayBuffer> {
  if (gone === 0) return new Uint8Array(scores.length).fill(1);
  const bound = nth(scores, gone);
  let equal = gone - scores.reduce((count, each) => count + Number(each < bound), 0);
  return Uint8Array.from(scores, (each) => (each > bound || (each === bound && equal-- <= 0) ? 1 : 0));
}

/** The `count`th least of all, counted from 1 (Hoare, Find, 1961: each turn leaves the part that it lies in). */
function nth(values: Float32Array, count: number): number {
  const rest = values.slice();
  let [low, high] = [0, rest.length - 1];
  while (low < high) {
    const pivot = rest[(low + high) >> 1]!;
    let [left, right] = [low, high];
    while (left <= right) {
      while (rest[left]! < pivot) left++;
      while (rest[right]! > pivot) right--;
      if (left > right) break;
      [rest[left], rest[right]] = [rest[right]!, rest[left]!];
      left++;
      right--;
    }
    if (count - 1 <= right) high = right;
    else if (count - 1 >= left) low = left;
    else break;
  }
  return rest[count - 1] ?? -Infinity;
}

/** Every element of a tensor that belongs to a unit of the layer. */
function eachElement(layer: SparseLayer, tensor: number, visit: (unit: number, at: number) => void): void {
  if (layer.kind === 'blocks') return eachBlock(layer.blocks, visit);
  for (const member of layer.members) if (member.tensor === tensor) eachSlice(member, visit);
}

function eachSlice({ inner, units, outer }: SparseSlices, visit: (unit: number, at: number) => void): void {
  let at = 0;
  for (let turn = 0; turn < outer; turn++) {
    for (const unit of units) {
      if (unit < 0) at += inner;
      else for (const end = at + inner; at < end; at++) visit(unit, at);
    }
  }
}

function eachBlock(shape: BlockShape, visit: (block: number, at: number) => void): void {
  const { matrices, rows, columns, height, width } = shape;
  const [across, down] = [Math.ceil(columns / width), Math.ceil(rows / height)];
  for (let row = 0, at = 0; row < matrices * rows; row++) {
    const matrix = Math.floor(row / rows);
    const first = (matrix * down + Math.floor((row - matrix * rows) / height)) * across;
    for (let column = 0; column < columns; column++, at++) visit(first + Math.floor(column / width), at);
  }
}
