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

/** An input or output; sizes are numbers or names. */
const port = object({ name: text, dtype: text, shape: orNull(list(either(count, text, { type: 'null' }))) });

export const summary = object({
  nodes: count,
  parameters: described('unique numbers, after tying', count),
  bytes: described('of the file, external data included', count),
  macs: described('multiply-accumulates of one run; null: a shape is unknown', number),
  elementwise: described('operations that are no multiply-accumulates', number),
  peakActivationBytes: described('by liveness', number),
  opset: number,
  ops: described('how often each operator occurs; with its domain unless that is ai.onnx', map(count)),
  inputs: list(port),
  outputs: list(port),
  unknownShapes: count,
});

const outputError = object({
  name: text,
  maxAbs: number,
  maxRel: described('relative to the largest |y| of the reference', number),
  cosine: number,
  allowed: number,
  ok: flag,
});

export const verdict = oneOf('agrees', 'differs', 'uninformative', 'ill-conditioned');
export const exactness = oneOf('bits', 'kernel', 'weights', 'order', 'approximation');

const VERIFY = {
  ok: flag,
  verdict,
  class: exactness,
  message: text,
  outputs: described('worst over all runs', list(outputError)),
  runs: list(object({ level: text, backend: text, outputs: list(outputError), ok: flag })),
  level: text,
  backend: text,
  inputs: list(text),
};
export const verification = object(VERIFY, { ms: number, expected: list(anything) });
export const verifyFields = VERIFY;

export const speedVerdict = oneOf('faster', 'slower', 'no change', 'inconclusive', 'no verdict');

export const timing = object({
  median: described('ms', number),
  p95: number,
  min: number,
  mad: number,
  samples: list(number),
  startMs: number,
  firstRunMs: number,
  heapBytes: number,
});

export const benchmark = object({
  backend: text,
  level: text,
  threads: count,
  a: timing,
  b: orNull(timing),
  ratio: described('a / b: above 1 the second is faster', number),
  interval: orNull(interval),
  verdict: orNull(speedVerdict),
  conditions: object({ disturbed: number, slowdown: number, warnings: list(text) }),
  software: flag,
  message: text,
});

/** What a node is called by, and why. */
export const refusals = list(object({ node: orNull(text), reason: text }));

export const widths = list(object({ name: text, before: count, after: count }, { dead: map(count) }));

/** Results of one model, or of several. */
export const oneOrMany = (one: Schema, more: Readonly<Record<string, Schema>> = {}): Schema =>
  either(
    one,
    object({
      ok: flag,
      ...more,
      models: list(either(withModel(one), object({ model: text, ok: flag, error: anything, ms: number }))),
    }),
  );

const withModel = (one: Schema): Schema => ({
  ...one,
  properties: { model: text, ok: flag, ms: number, ...one.properties },
  required: [...new Set(['model', 'ok', 'ms', ...(one.required ?? [])])],
});
