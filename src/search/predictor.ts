import { normal, seeded } from '../base/random.ts';
import { Optimizer, OPTIMIZER } from '../train/optimizer.ts';
import type { Gene, Genome } from './genome.ts';

export interface PredictorOptions {
  readonly seed: number;
  /** Width of both hidden layers. */
  readonly width: number;
  /** Networks whose mean is the answer. */
  readonly members: number;
  readonly steps: number;
}
export const PREDICTOR: PredictorOptions = { seed: 0, width: 32, members: 3, steps: 400 };

/** What a genome will come to, without looking. */
export interface Predictor {
  /** The mean of its members, and their standard deviation: how much they disagree. */
  predict(genome: Genome): { readonly value: number; readonly spread: number };
}

/**
 * Learns one objective from measured genomes: a few networks of two hidden layers over what the genes take away (after the
 * accuracy predictor of Once-for-all, Cai et al. 2020, at small scale).
 *
 * @param samples at least two
 */
export function learnPredictor(
  genes: readonly Gene[],
  samples: readonly { readonly genome: Genome; readonly value: number }[],
  options: Partial<PredictorOptions> = {},
): Predictor {
  const { seed, width, members, steps } = { ...PREDICTOR, ...options };
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
  const deviation = Math.sqrt(samples.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / samples.length) || 1;
  const inputs = samples.map(({ genome }) => encoded(genes, genome));
  const targets = samples.map(({ value }) => (value - mean) / deviation);
  const networks = Array.from({ length: members }, (_, member) => {
    const network = new Network(inputs[0]?.length ?? 0, width, seed * 31 + member);
    network.learn(inputs, targets, steps);
    return network;
  });
  return {
    predict(genome) {
      const input = encoded(genes, genome);
      const answers = networks.map((network) => mean + deviation * network.answer(input));
      const value = answers.reduce((sum, each) => sum + each, 0) / answers.length;
      const spread = Math.sqrt(answers.reduce((sum, each) => sum + (each - value) ** 2, 0) / answers.length);
      return { value, spread };
    },
  };
}

/** Of what a gene takes away, a smaller share than this is as good as nothing left. */
const LEAST = 0.05;

/**
 * For each gene how much it takes away, as a share and as a logarithm. Which choice it is, one-hot, would tell more and
 * generalise far worse from as few samples as there are: that less is worse had to be learnt for each choice anew.
 */
function encoded(genes: readonly Gene[], genome: Genome): Float32Array {
  const kept = genes.map(({ choices }, i) => (choices[genome[i] ?? 0] ?? 1) / (choices.at(-1) || 1));
  return Float32Array.from([
    ...kept.map((share) => 1 - share),
    ...kept.map((share) => -Math.log(Math.max(LEAST, share))),
  ]);
}

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** [outputs, inputs], and [outputs]. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
}

/** Dense layers with ReLU between them, to one number. */
class Network {
  private readonly layers: readonly Layer[];

  constructor(inputs: number, width: number, seed: number) {
    const draw = normal(seeded(seed));
    const sizes = [inputs, width, width, 1];
    this.layers = sizes.slice(1).map((outputs, i): Layer => {
      const fan = sizes[i] ?? 1;
      const scale = Math.sqrt((i === 2 ? 1 : 2) / Math.max(1, fan));
      const weight = Float32Array.from({ length: outputs * fan }, () => scale * draw());
      return { inputs: fan, outputs, weight, bias: new Float32Array(outputs) };
    });
  }

  answer = (input: Float32Array): number => this.forward(input).at(-1)?.[0] ?? 0;

  /** Mean squared error over all samples at once, with AdamW. */
  learn(inputs: readonly Float32Array[], targets: readonly number[], steps: number): void {
    const moved = this.layers.flatMap(({ weight, bias }, i) => [
      { name: `weight ${i}`, data: weight, decays: true },
      { name: `bias ${i}`, data: bias, decays: false },
    ]);
    const optimizer = new Optimizer(moved, { ...OPTIMIZER, weightDecay: 0.05 });
    for (let step = 0; step < steps; step++) {
      const gradients = moved.map(({ data }) => new Float32Array(data.length));
      inputs.forEach((input, i) => this.backward(input, targets[i] ?? 0, gradients, inputs.length));
      optimizer.step(gradients, 0.01 * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps)));
    }
  }

  /** What each layer gives, the input first. */
  private forward(input: Float32Array): Float32Array[] {
    const found = [input];
    this.layers.forEach(({ inputs, outputs, weight, bias }, i) => {
      const x = found[i] as Float32Array;
      const y = new Float32Array(outputs);
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o]!;
        for (let k = 0; k < inputs; k++) sum += weight[o * inputs + k]! * x[k]!;
        y[o] = i < this.layers.length - 1 ? Math.max(0, sum) : sum;
      }
      found.push(y);
    });
    return found;
  }

  private backward(input: Float32Array, target: number, gradients: readonly Float32Array[], count: number): void {
    const values = this.forward(input);
    let dy = Float32Array.of((2 * ((values.at(-1)?.[0] ?? 0) - target)) / count);
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const { inputs, outputs, weight } = this.layers[i]!;
      const [x, dw, db] = [values[i]!, gradients[2 * i]!, gradients[2 * i + 1]!];
      const dx = new Float32Array(inputs);
      for (let o = 0; o < outputs; o++) {
        const d = dy[o]!;
        if (d === 0) continue;
        db[o] = db[o]! + d;
        for (let k = 0; k < inputs; k++) {
          dw[o * inputs + k] = dw[o * inputs + k]! + d * x[k]!;
          dx[k] = dx[k]! + d * weight[o * inputs + k]!;
        }
      }
      // What ReLU held back learns nothing.
      for (let k = 0; k < inputs; k++) if (i > 0 && x[k]! <= 0) dx[k] = 0;
      dy = dx;
    }
  }
}
