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
  sure,
  text,
  type Schema,
} from './schema.ts';
import {
  benchmark,
  exactness,
  oneOrMany,
  refusals,
  speedVerdict,
  summary,
  verification,
  verifyFields,
  widths,
} from './shared.ts';

const nodes = list(text);

/** Before and after of a model whose weights became zeros. */
const sparseSide = object({ bytes: count, gzip: count, brotli: number, parameters: count, nonzero: count });

const judged = object({ runs: count, outputs: list(anything), accuracy: anything });

const check = object(
  {
    ok: flag,
    failures: described('sentences: model, measure, value and bound', list(text)),
    undecided: described('bounds that lie inside of the interval of what was measured', list(text)),
    notes: list(text),
    checks: list(
      object({
        measure: oneOf('verification', 'drop', 'speedup', 'size', 'shrink'),
        status: oneOf('met', 'broken', 'undecided'),
        value: described('percentage points, a ratio, bytes, a share', number),
        interval: orNull(interval),
        bound: number,
        sentence: text,
      }),
    ),
    before: orNull(summary),
    after: orNull(summary),
  },
  { error: anything },
);

/** The header of safetensors or GGUF. */
const tensorFile = object({
  name: text,
  format: oneOf('safetensors', 'GGUF'),
  version: number,
  bytes: count,
  headerBytes: count,
  metadata: list(object({ key: text, value: text })),
  tensors: list(object({ name: text, dtype: text, shape: list(count), offset: count, bytes: number })),
  notes: list(text),
  parameters: count,
  dtypes: list(object({ dtype: text, tensors: count, parameters: count, bytes: number })),
});

/** One value of a sweep. */
const swept = object({
  value: anything,
  nodes: count,
  parameters: count,
  macs: number,
  bytes: count,
  sites: count,
  verify: orNull(
    object({
      ok: flag,
      verdict: text,
      class: text,
      message: text,
      outputs: list(object({ name: text, cosine: number, maxRel: number })),
    }),
  ),
  bench: orNull(object({ ms: sure, before: sure, ratio: number, interval: orNull(interval), verdict: orNull(text) })),
  fidelity: orNull(
    object({ cosine: number, agreement: number, accuracy: orNull(object({ before: sure, after: sure })) }),
  ),
  error: orNull(text),
});

/** Results about the graph of a model. */
export const MODELS: Readonly<Record<string, Schema>> = {
  recipe: object({
    steps: list(
      object({
        kind: oneOf('same', 'added', 'removed', 'changed', 'moved'),
        before: described('place in A, from 1; null: it is not there', number),
        after: described('place in B, from 1; null: it is not there', number),
        pass: text,
        words: list(text),
      }),
    ),
    header: list(object({ name: text })),
    sentence: text,
  }),
  sweep: object({
    pass: text,
    title: text,
    option: text,
    label: text,
    original: object({ nodes: count, parameters: count, macs: number, bytes: count }),
    points: list(swept),
  }),
  inspect: oneOrMany(either(summary, tensorFile)),
  passes: list(
    object({
      id: text,
      group: text,
      title: text,
      why: text,
      preserves: exactness,
      needs: list(text),
      backends: list(text),
      options: map(object({ type: text, default: anything, label: text })),
    }),
  ),
  sites: oneOrMany(
    object(
      { sites: list(object({ id: text, nodes, what: text })), refusals: list(object({ nodes, reason: text })) },
      { unavailable: text },
    ),
  ),
  optimize: oneOrMany(
    object(
      {
        before: summary,
        after: summary,
        steps: list(
          object(
            { pass: orNull(text), sites: count, removed: count, added: count, ms: number },
            { lost: list(anything) },
          ),
        ),
        verify: orNull(verification),
      },
      { bench: benchmark },
    ),
  ),
  check: oneOrMany(check, { failures: list(text) }),
  verify: object({
    ...verifyFields,
    intermediates: orNull(list(anything)),
    firstPart: anything,
    matched: anything,
  }),
  bisect: object({
    verdict: text,
    step: orNull(object({ index: count, pass: text, title: text })),
    site: orNull(object({ key: text, number: count, of: count, nodes })),
    value: orNull(object({ name: text, maxRel: number, allowed: number })),
    checks: count,
    message: text,
  }),
  diff: object({
    equal: flag,
    changes: list(object({ kind: text, before: nodes, after: nodes, what: list(anything) })),
    same: count,
    ports: list(anything),
    model: list(object({ what: text, before: text, after: text })),
    unreadBytes: count,
    before: summary,
    after: summary,
  }),
  prune: {
    anyOf: [
      object(
        { before: summary, after: summary, groups: widths },
        { frozen: refusals, refused: refusals, data: judged, verify: verification, latency: anything },
      ),
      object(
        {
          before: sparseSide,
          after: sparseSide,
          tensors: list(object({ name: text, shape: list(count), sparsity: sure })),
          refused: refusals,
        },
        { data: judged, verify: verification, bench: anything },
      ),
    ],
  },
  tune: object({
    device: text,
    trials: list(
      object({
        kind: text,
        name: text,
        title: text,
        what: orNull(text),
        sites: count,
        ratio: number,
        interval,
        verdict: speedVerdict,
        kept: flag,
      }),
    ),
    session: anything,
    total: orNull(object({ ratio: number, interval, verdict: speedVerdict })),
    message: text,
    verify: orNull(verification),
  }),
};
