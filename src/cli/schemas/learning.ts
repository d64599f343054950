import { anything, count, described, flag, list, number, object, orNull, text, type Schema } from './schema.ts';

const evaluation = object({
  step: count,
  samples: count,
  top1: number,
  agreement: described('share of samples with the top class of the teacher', number),
  crossEntropy: number,
  divergence: number,
  perplexity: number,
  error: number,
});

const trained = object(
  {
    steps: count,
    loss: described('of each step', list(number)),
    terms: list(text),
    metrics: orNull(evaluation),
    before: orNull(evaluation),
    evaluations: list(evaluation),
    teacher: orNull(evaluation),
    parameters: object({ trained: count, all: count }),
    test: anything,
    notes: list(text),
    ms: number,
    output: text,
  },
  { sparse: anything },
);

const quality = object({
  agreement: number,
  information: number,
  cosine: number,
  kl: number,
  accuracy: number,
  samples: count,
});
const costs = { bytes: number, macs: number, parameters: number, peakBytes: number };
const genome = list(count);

/** Results of training and of searching. */
export const LEARNING: Readonly<Record<string, Schema>> = {
  train: trained,
  distill: trained,
  recover: trained,
  search: object({
    front: list(object({ genome, latency: number, fidelity: number, bytes: number, macs: number, recipe: text })),
    hypervolume: number,
    quality: text,
    objectives: list(text),
    evaluations: count,
    cached: count,
    original: object({ latency: number, quality, ...costs }),
    genes: list(object({ id: text, name: text, labels: list(text) })),
    points: list(object({ genome, predicted: number, measured: number, quality, ...costs })),
    history: list(object({ evaluations: count, hypervolume: number })),
    ended: text,
    seconds: number,
    notes: list(text),
  }),
  evaluate: object({ key: text, cached: flag, quality, ...costs }),
  supernet: object({
    steps: count,
    loss: list(number),
    metrics: orNull(object({ full: evaluation, middle: evaluation, smallest: evaluation })),
    phases: list(object({ kinds: list(text), steps: count })),
    genes: count,
    size: described('log10 of the number of sub-networks', number),
    notes: list(text),
    ms: number,
    output: text,
  }),
};
