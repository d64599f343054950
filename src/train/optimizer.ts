import { defined } from '../base/assert.ts';

/** How weights follow their gradients. */
export interface OptimizerSettings {
  readonly kind: 'sgd' | 'adamw';
  /** SGD: share of the last step that goes on (heavy ball). */
  readonly momentum: number;
  /** AdamW: decay of the mean and of the mean square. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled from the gradient (Loshchilov & Hutter, 2019): each step takes `rate · decay` of the weights away. */
  readonly weightDecay: number;
  /** Largest length of all gradients together; longer ones are scaled to it (Pascanu et al., 2013). Null: none. */
  readonly clip: number | null;
  /** Decay of a running average of the weights (Polyak & Juditsky, 1992). Null: none is kept. */
  readonly average: number | null;
}

export const OPTIMIZER: OptimizerSettings = {
  kind: 'adamw',
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clip: 1,
  average: null,
};

/** What the formulas take that changes from step to step. Made of doubles: float32 could take no powers of β₂. */
export interface StepFactors {
  /** Of AdamW divided by 1 − β₁ᵗ, for the mean began at 0. */
  readonly rate: number;
  /** AdamW: 1/(1 − β₂ᵗ). */
  readonly correction: number;
  /** 1 − rate·λ: share of the weights that decay leaves. */
  readonly stays: number;
  /** 1 − decay of the running average. */
  readonly gain: number;
}

/** @param step counted from 1 */
export function factorsAt(settings: OptimizerSettings, step: number, rate: number): StepFactors {
  const { kind, beta1, beta2, weightDecay, average } = settings;
  return {
    rate: kind === 'adamw' ? rate / (1 - beta1 ** step) : rate,
    correction: 1 / (1 - beta2 ** step),
    stays: 1 - rate * weightDecay,
    // Young averages would be mostly of where training began.
    gain: 1 - Math.min(average ?? 0, (1 + step) / (10 + step)),
  };
}

/** A tensor that is moved; the array is changed in place. */
export interface Moved {
  readonly name: string;
  readonly data: Float32Array<ArrayBuffer>;
  /** Weight decay is for what multiplies, not for biases and the scales of norms. */
  readonly decays: boolean;
}

/** What an optimizer remembers of one tensor, beside its weights. */
export interface Moments {
  readonly first: Float32Array<ArrayBuffer>;
  /** AdamW only. */
  readonly second: Float32Array<ArrayBuffer> | null;
  readonly average: Float32Array<ArrayBuffer> | null;
}

/** SGD with momentum, or AdamW, over arrays: in a graph of its own it takes three times as long on WASM. */
export class Optimizer {
  private readonly settings: OptimizerSettings;
  private readonly moved: readonly Moved[];
  private readonly moments: readonly Moments[];
  private steps = 0;

  constructor(moved: readonly Moved[], settings: OptimizerSettings) {
    this.settings = settings;
    this.moved = moved;
    this.moments = moved.map(({ data }) => ({
      first: new Float32Array(data.length),
      second: settings.kind === 'adamw' ? new Float32Array(data.length) : null,
      average: settings.average === null ? null : data.slice(),
    }));
  }

  /**
   * One step.
   *
   * @param gradients in the order of the tensors; an empty one leaves its tensor as it is
   * @returns the length of all gradients together, before clipping
   */
  step(gradients: readonly Float32Array[], rate: number): number {
    this.steps += 1;
    const norm = lengthOf(gradients);
    const { clip } = this.settings;
    const scale = clip !== null && norm > clip ? clip / norm : 1;
    // Not a number says nothing of where to go: the weights stay.
    if (!Number.isFinite(norm)) return norm;
    const factors = factorsAt(this.settings, this.steps, rate);
    gradients.forEach((gradient, index) => {
      if (gradient.length === 0) return;
      const moved = defined(this.moved[index], 'a tensor for each gradient');
      const moments = defined(this.moments[index], 'moments for each tensor');
      if (this.settings.kind === 'sgd') this.descend(moved, moments, gradient, factors, scale);
      else this.adapt(moved, moments, gradient, factors, scale);
      if (moments.average) follow(moments.average, moved.data, factors.gain);
    });
    return norm;
  }

  /** The running average of a tensor; the tensor itself where none is kept. */
  averaged(index: number): Float32Array<ArrayBuffer> {
    return this.moments[index]?.average ?? defined(this.moved[index], 'a tensor').data;
  }

  state(): { steps: number; moments: readonly Moments[] } {
    const copy = (each: Float32Array<ArrayBuffer> | null) => each?.slice() ?? null;
    const moments = this.moments.map(({ first, second, average }) => {
      return { first: first.slice(), second: copy(second), average: copy(average) };
    });
    return { steps: this.steps, moments };
  }

  restore({ steps, moments }: ReturnType<Optimizer['state']>): void {
    this.steps = steps;
    this.moments.forEach(({ first, second, average }, index) => {
      const from = moments[index];
      if (!from) return;
      first.set(from.first);
      if (second && from.second) second.set(from.second);
      if (average && from.average) average.set(from.average);
    });
  }

  /** v ← μ·v + g; w ← w − rate·(v + λ·w). */
  private descend(
    { data, decays }: Moved,
    { first }: Moments,
    gradient: Float32Array,
    { rate, stays }: StepFactors,
    scale: number,
  ): void {
    const { momentum } = this.settings;
    const decay = decays ? stays : 1;
    for (let i = 0; i < data.length; i++) {
      const velocity = momentum * first[i]! + scale * gradient[i]!;
      first[i] = velocity;
      data[i] = data[i]! * decay - rate * velocity;
    }
  }

  /** Loshchilov & Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2. */
  private adapt(
    { data, decays }: Moved,
    moments: Moments,
    gradient: Float32Array,
    { rate, correction, stays }: StepFactors,
    scale: number,
  ): void {
    const { beta1, beta2, epsilon } = this.settings;
    const { first } = moments;
    const second = defined(moments.second, 'the mean square');
    const decay = decays ? stays : 1;
    for (let i = 0; i < data.length; i++) {
      const g = scale * gradient[i]!;
      const mean = beta1 * first[i]! + (1 - beta1) * g;
      const square = beta2 * second[i]! + (1 - beta2) * g * g;
      first[i] = mean;
      second[i] = square;
      data[i] = data[i]! * decay - (rate * mean) / (Math.sqrt(square * correction) + epsilon);
    }
  }
}

function follow(average: Float32Array, data: Float32Array, gain: number): void {
  for (let i = 0; i < data.length; i++) average[i] = average[i]! + gain * (data[i]! - average[i]!);
}

function lengthOf(gradients: readonly Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  return Math.sqrt(sum);
}
