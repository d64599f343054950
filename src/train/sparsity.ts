import { defined } from '../base/assert.ts';

/** Which weights of a tensor go together: one by one, blocks of a matrix, or whole rows (channels, heads). */
export interface BlockShape {
  /** The tensor as a matrix [rows, columns], row-major. */
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
}

export interface SparseTensor {
  /** Index among the trained tensors. */
  readonly tensor: number;
  readonly blocks: BlockShape;
}

/**
 * `held`: what is zero at the start stays so. `magnitude`: those of least size go, at each step anew (Zhu & Gupta, To
 * prune or not to prune, 2018). `movement`: those whose scores are least; scores are learnt beside the weights (Sanh et
 * al., Movement Pruning, 2020): S ← S − rate·w·∂L/∂w. `soft`: those whose score's sigmoid lies below a threshold, with
 * a penalty on all scores.
 */
export interface SparsitySetup {
  readonly kind: 'held' | 'magnitude' | 'movement' | 'soft';
  readonly tensors: readonly SparseTensor[];
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

interface Layer extends SparseTensor {
  readonly weights: Float32Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
  readonly mask: Float32Array<ArrayBuffer>;
  readonly buffer: Float32Array<ArrayBuffer>;
}

/** Share of the weights that is zero at a step: cubic from 0 to the target. */
export function sparsityAt(step: number, { begin, end, target, kind }: SparsitySetup): number {
  if (kind === 'held') return 0;
  const share = end <= begin ? 1 : Math.min(1, Math.max(0, (step - begin) / (end - begin)));
  return target * (1 - (1 - share) ** 3);
}

const blockCount = ({ rows, columns, height, width }: BlockShape): number =>
  Math.ceil(rows / height) * Math.ceil(columns / width);

/** Decides, while training goes on, which weights are zero. */
export class Sparsifier {
  private readonly setup: SparsitySetup;
  private readonly layers: readonly Layer[];
  private readonly byTensor = new Map<number, Layer>();

  constructor(tensors: readonly { readonly data: Float32Array<ArrayBuffer> }[], setup: SparsitySetup) {
    this.setup = setup;
    this.layers = setup.tensors.map((each): Layer => {
      const weights = defined(tensors[each.tensor], 'a tensor that is pruned').data;
      const mask = setup.kind === 'held' ? weights.map((w) => (w === 0 ? 0 : 1)) : weights.map(() => 1);
      return {
        ...each,
        weights,
        mask,
        scores: new Float32Array(blockCount(each.blocks)),
        buffer: new Float32Array(weights.length),
      };
    });
    for (const layer of this.layers) this.byTensor.set(layer.tensor, layer);
    if (setup.kind !== 'held') this.hold(0);
  }

  /** The weights with their zeros; null where a tensor has none. The array is used again at the next call. */
  masked(tensor: number, data: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> | null {
    const layer = this.byTensor.get(tensor);
    if (!layer) return null;
    const { mask, buffer } = layer;
    for (let i = 0; i < data.length; i++) buffer[i] = data[i]! * mask[i]!;
    return buffer;
  }

  /** The masks, by index of the tensor: 1 where a weight stays. */
  masks(): ReadonlyMap<number, Float32Array<ArrayBuffer>> {
    return new Map(this.layers.map(({ tensor, mask }) => [tensor, mask]));
  }

  /** Scores follow −w·∂L/∂w, the sum over a block; `gradients` are those by the masked weights. */
  learn(gradients: readonly Float32Array[], rate: number): void {
    const { kind, scoreRate, penalty } = this.setup;
    if (kind !== 'movement' && kind !== 'soft') return;
    for (const { tensor, weights, scores, blocks } of this.layers) {
      const gradient = gradients[tensor];
      if (!gradient || gradient.length === 0) continue;
      const pull = rate * scoreRate;
      eachBlock(blocks, (block, at) => {
        scores[block] = scores[block]! - pull * weights[at]! * gradient[at]!;
      });
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
      const mask = this.byTensor.get(tensor)?.mask;
      return mask && gradient.length > 0 ? gradient.map((each, i) => each * mask[i]!) : gradient;
    });
  }

  /** Decides anew which weights are zero at a step. */
  hold(step: number): void {
    const { kind, threshold } = this.setup;
    if (kind === 'held') {
      for (const { weights, mask } of this.layers)
        for (let i = 0; i < mask.length; i++) weights[i] = weights[i]! * mask[i]!;
      return;
    }
    if (kind === 'soft') {
      // sigmoid(s) ≥ τ is s ≥ logit(τ); scores start at 0.
      const bound = Math.log(threshold / (1 - threshold));
      for (const { blocks, scores, mask } of this.layers)
        eachBlock(blocks, (block, at) => (mask[at] = Number(scores[block]! >= bound)));
      return;
    }
    const share = sparsityAt(step, this.setup);
    if (kind === 'magnitude') for (const layer of this.layers) sizes(layer);
    this.cut(share);
  }

  state(): readonly { scores: Float32Array<ArrayBuffer>; mask: Float32Array<ArrayBuffer> }[] {
    return this.layers.map(({ scores, mask }) => ({ scores: scores.slice(), mask: mask.slice() }));
  }
  restore(state: ReturnType<Sparsifier['state']>): void {
    this.layers.forEach(({ scores, mask }, index) => {
      const kept = state[index];
      if (!kept) return;
      scores.set(kept.scores);
      mask.set(kept.mask);
    });
  }

  /** Of each tensor the blocks of least score, so many of them. */
  private cut(share: number): void {
    for (const { scores, blocks, mask } of this.layers) {
      const gone = Math.floor(share * scores.length);
      const bound = gone === 0 ? -Infinity : nth(scores, gone);
      let equal = gone - scores.reduce((count, each) => count + Number(each < bound), 0);
      // Of equal scores the first go, so that the share is met exactly.
      const stays = Uint8Array.from(scores, (each) => (each > bound || (each === bound && equal-- <= 0) ? 1 : 0));
      eachBlock(blocks, (block, at) => (mask[at] = gone === 0 ? 1 : stays[block]!));
    }
  }
}

/** Scores by size: the root mean square of a block, so that cut blocks at an edge are not taken for small ones. */
function sizes({ blocks, scores, weights }: Layer): void {
  const counts = new Float32Array(scores.length);
  scores.fill(0);
  eachBlock(blocks, (block, at) => {
    scores[block] = scores[block]! + weights[at]! * weights[at]!;
    counts[block] = counts[block]! + 1;
  });
  for (let i = 0; i < scores.length; i++) scores[i] = Math.sqrt(scores[i]! / Math.max(1, counts[i]!));
}

/** The `count`th least of all, counted from 1. */
function nth(values: Float32Array, count: number): number {
  return values.slice().sort()[count - 1] ?? -Infinity;
}

function eachBlock({ rows, columns, height, width }: BlockShape, visit: (block: number, at: number) => void): void {
  const across = Math.ceil(columns / width);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / height) * across;
    for (let column = 0; column < columns; column++) visit(first + Math.floor(column / width), row * columns + column);
  }
}
