import {
  anything,
  count,
  described,
  either,
  flag,
  interval,
  list,
  map,
  number,
  object,
  oneOf,
  orNull,
  text,
  type Schema,
} from './schema.ts';
import { benchmark, speedVerdict } from './shared.ts';

const effect = { ratio: number, interval, verdict: speedVerdict };

const profile = object({
  name: text,
  backend: text,
  level: text,
  threads: count,
  runs: count,
  ms: number,
  kernelsMs: described('in operators', number),
  betweenMs: number,
  mapped: described('share of the time that lies on nodes of the graph', number),
  by: oneOf('node', 'operator', 'block'),
  groups: list(object({ label: text, ms: list(number), calls: list(number) })),
  nodes: list(object({ node: number, label: text, op: text, ms: number, calls: number, bytes: number })),
  device: anything,
});

const tensor = object({
  name: text,
  dtype: text,
  shape: list(count),
  statistics: orNull(object({ min: number, max: number, mean: number, std: number })),
});

const proportion = object({ right: count, share: number, interval });

/** Results of runs, of models and of data. */
export const MEASURES: Readonly<Record<string, Schema>> = {
  bench: either(
    benchmark,
    object({ cells: list(benchmark), across: list(object({ ...effect, verdict: orNull(speedVerdict) })) }),
  ),
  profile: { ...profile, properties: { ...profile.properties, against: profile } },
  latency: object({
    device: object({ name: text, backend: text, threads: count, runtimeVersion: text }),
    predicted: number,
    measured: number,
    error: number,
    covered: number,
    missingWork: number,
    entries: count,
    parts: list(object({ label: text, operators: text, shapes: text, ms: number, source: text })),
    missing: list(object({ label: text, operators: text, reason: orNull(text) })),
  }),
  optimizers: object({
    backend: text,
    threads: count,
    ms: number,
    whole: object(effect),
    optimizers: list(object({ name: text, what: orNull(text), ...effect })),
    message: text,
  }),
  sensitivity: object({
    importance: text,
    runs: count,
    accuracy: number,
    groups: list(
      object({
        key: text,
        name: text,
        channels: count,
        points: list(
          object({
            ratio: number,
            kept: count,
            fidelity: object({ cosine: number, kl: number, agreement: number }),
            accuracy: number,
          }),
        ),
      }),
    ),
  }),
  accuracy: object({
    samples: count,
    top1: number,
    top5: number,
    interval: orNull(interval),
    data: text,
    count,
    output: text,
    models: list(
      object({
        name: text,
        metrics: object(
          { kind: oneOf('classification', 'regression', 'agreement') },
          { top1: proportion, top5: orNull(proportion), crossEntropy: number, rmse: number, mae: number },
        ),
      }),
    ),
    pair: orNull(object({ agreement: number, cosine: number, kl: number, fixed: number, broken: number, p: number })),
    preprocess: anything,
    notes: list(text),
  }),
  data: object({
    name: text,
    kind: text,
    count,
    sample: list(tensor),
    labels: orNull(object({ classes: count, largest: count, most: count, fewest: count })),
    text: anything,
    model: orNull(
      object({ preprocess: anything, notes: list(text), samples: count, feeds: list(tensor), outputs: list(tensor) }),
    ),
  }),
  generate: object({
    ids: list(count),
    text: orNull(text),
    stopped: oneOf('length', 'token', 'text'),
    prompt: list(count),
    tokens: count,
    cached: flag,
    prefillMs: number,
    msPerToken: number,
    tokensPerSecond: number,
    cacheBytes: number,
  }),
  kv: described(
    'report, apply, perplexity, needle, export and simulate, in this order',
    either(
      object({
        noDecoder: orNull(text),
        policy: object({ kind: text }),
        attention: list(object({ operator: orNull(text), count })),
        shape: anything,
        bytesPerToken: number,
        positions: anything,
        policies: list(object({ policy: text, steps: list(text), reason: orNull(text), bytes: number })),
      }),
      object({ policy: object({ kind: text }), steps: list(object({ pass: text })), out: text, recipe: orNull(text) }),
      object({
        tokens: count,
        policies: list(
          object({
            policy: text,
            perplexity: number,
            buckets: list(object({ from: count, tokens: count, perplexity: number })),
            msPerToken: number,
            cacheBytes: number,
          }),
        ),
      }),
      object({
        policies: list(
          object({
            policy: text,
            recalls: list(object({ distance: count, found: count, trials: count, probability: number })),
          }),
        ),
      }),
      object({ out: text, bytes: count }),
      object({
        mix: anything,
        memory: object({ bytes: count, positions: count, bytesPerPosition: number }),
        requests: anything,
        policies: list(object({ policy: text, block: number, waste: map(number), steps: count, preemptions: count })),
      }),
    ),
  ),
};
