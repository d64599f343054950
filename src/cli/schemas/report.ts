import {
  anything,
  count,
  described,
  interval,
  list,
  map,
  number,
  object,
  oneOf,
  orNull,
  sure,
  text,
} from './schema.ts';

const size = object({
  nodes: count,
  bytes: count,
  parameters: count,
  macs: number,
  peakActivationBytes: number,
  ops: map(count),
});

const timing = object({
  median: sure,
  p95: sure,
  min: sure,
  mad: sure,
  startMs: sure,
  heapBytes: described('what the memory of the WASM module grew to; null: not measured', number),
  samples: described('every run, ms', list(sure)),
});

const device = { device: described('name of the lent device; absent: the one that the report names', text) };

const step = object({
  title: text,
  pass: text,
  exactness: text,
  sites: count,
  sitesOff: count,
  nodesBefore: count,
  nodesAfter: count,
  bytesBefore: count,
  bytesAfter: count,
  verdict: described('against the step before; null: not checked', orNull(text)),
  message: orNull(text),
  measured: list(
    object({ rule: text, sites: count, ratio: sure, interval, verdict: text, kept: { type: 'boolean' }, device: text }),
  ),
  gain: described(
    'times of the step before divided by those of this one; null: not timed',
    orNull(object({ ratio: sure, interval, verdict: text, on: text })),
  ),
});

const verify = object({
  ok: { type: 'boolean' },
  verdict: text,
  class: text,
  message: text,
  rows: list(
    object({
      output: text,
      backend: text,
      level: text,
      maxRel: number,
      cosine: number,
      allowed: number,
      ok: { type: 'boolean' },
    }),
  ),
});

const graph = object({
  width: count,
  height: count,
  ops: list(text),
  families: list(text),
  op: described('index into ops; -1: a group that is folded to one box', list(count)),
  name: list(text),
  detail: list(text),
  marks: described('a letter each: s the same, r removed, a added, c changed', text),
  cost: described('MACs and elementwise operations; 0 where it is not known', list(sure)),
  x: list(count),
  y: list(count),
  w: list(count),
  h: list(count),
  wires: described('one path in SVG’s terms; empty: left out', text),
});

const axis = object({ title: text, log: { type: 'boolean' } });
const finding = object({
  title: text,
  note: text,
  words: list(text),
  chart: orNull(
    object({
      label: text,
      x: axis,
      y: axis,
      series: list(
        object({
          name: text,
          shape: oneOf('line', 'dashed', 'points', 'steps'),
          tone: text,
          points: list({ type: 'array', prefixItems: [number, number], minItems: 2, maxItems: 2 }),
        }),
      ),
    }),
  ),
  table: orNull(object({ heads: list(text), rows: list(list(text)) })),
});

/** What a report holds: the JSON that is saved, and what stands in the HTML as `#whittle-report`. */
export const REPORT = object({
  version: described('2', { type: 'integer', enum: [2] }),
  title: text,
  createdAt: described('ISO 8601, UTC', text),
  tool: object({ name: text, version: text, runtime: text }),
  model: object({ name: text, sha256: text, opset: count, producer: text }),
  before: size,
  after: size,
  steps: list(step),
  verify: described('the result against the original; null: not checked', orNull(verify)),
  bench: list(
    object(
      {
        backend: text,
        threads: count,
        level: text,
        before: timing,
        after: timing,
        ratio: described('times before divided by times after', sure),
        interval,
        verdict: text,
        warnings: list(text),
      },
      device,
    ),
  ),
  device: list({ type: 'array', prefixItems: [text, text], minItems: 2, maxItems: 2 }),
  widths: list(object({ name: text, before: count, after: count })),
  graph: described('original and result in one picture; null: there are too many nodes', orNull(graph)),
  findings: list(finding),
  session: described('JSON of the options that the result is to be loaded with; null: as ever', orNull(text)),
  recipe: anything,
  commands: list(text),
  limits: list(text),
});
