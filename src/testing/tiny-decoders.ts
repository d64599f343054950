import type { Model } from '../ir/model.ts';
import type { Dim, ValueId } from '../ir/types.ts';
import { buildModel, type GraphBuilder } from './build.ts';

/**
 * How keys and values are kept: each in a tensor of its own, heads before positions or behind them; both in one tensor; or
 * not at all.
 */
export type Keeping = 'apart' | 'behind' | 'both' | 'none';

export interface DecoderOptions {
  readonly keeping?: Keeping;
  readonly mask?: boolean;
  /** Whether positions are an input; else they follow from what is kept. */
  readonly positions?: boolean;
  readonly layers?: number;
  /** Positions that a run takes; null: any. */
  readonly fixed?: number | null;
}

export const TINY = { vocabulary: 11, heads: 2, width: 3, most: 24 } as const;
const { vocabulary, heads, width, most } = TINY;
const CHANNELS = heads * width;

/**
 * A decoder of seeded weights with learnt positions, whatever its form the same function of its text: `input_ids` →
 * `logits`. It knows 24 positions.
 */
export function tinyDecoder(options: DecoderOptions = {}): Model {
  const { keeping = 'apart', mask = true, positions = true, layers = 2, fixed = null } = options;
  return buildModel({ opset: 17, seed: 31 }, (g) => {
    const ids = g.input('input_ids', ['batch', fixed ?? 'sequence'], 'int64');
    const given = mask ? g.input('attention_mask', ['batch', 'total'], 'int64') : null;
    const told = positions ? g.input('position_ids', ['batch', fixed ?? 'sequence'], 'int64') : null;
    const pasts = Array.from({ length: keeping === 'none' ? 0 : layers }, (_, layer) => pastOf(g, keeping, layer));
    const start = pasts[0] ? g.op('Gather', [g.op('Shape', [pasts[0].key]), index(g, 2)]) : index(g, 0);
    const end = g.op('Add', [start, g.op('Gather', [g.op('Shape', [ids]), index(g, 1)])]);
    const at = told ?? g.op('Unsqueeze', [g.op('Range', [start, end, index(g, 1)]), g.int64s('first', [0])]);
    const kept = visible(g, at, end, given);
    let x = g.op('Add', [
      g.op('Gather', [g.weight('embed', [vocabulary, CHANNELS], { scale: 1 }), ids]),
      g.op('Gather', [g.weight('place', [most, CHANNELS], { scale: 1 }), at]),
    ]);
    const presents: { key: ValueId; value: ValueId }[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const [query, key, value] = ['q', 'k', 'v'].map((name) =>
        split(g, g.op('MatMul', [x, g.weight(`${layer}.${name}`, [CHANNELS, CHANNELS])])),
      ) as [ValueId, ValueId, ValueId];
      const past = pasts[layer];
      const all = past
        ? { key: g.op('Concat', [past.key, key], { axis: 2 }), value: g.op('Concat', [past.value, value], { axis: 2 }) }
        : { key, value };
      presents.push(all);
      const scores = g.op('MatMul', [query, g.op('Transpose', [all.key], { perm: [0, 1, 3, 2] })]);
      const weights = g.op('Softmax', [g.op('Where', [kept, scores, g.floats('hidden', [], -1e9)])], { axis: -1 });
      const mixed = g.op('Transpose', [g.op('MatMul', [weights, all.value])], { perm: [0, 2, 1, 3] });
      const merged = g.op('Reshape', [mixed, g.int64s('merge', [0, 0, CHANNELS])]);
      x = g.op('Add', [x, g.op('MatMul', [merged, g.weight(`${layer}.o`, [CHANNELS, CHANNELS])])]);
    }
    g.output(g.op('MatMul', [x, g.weight('head', [CHANNELS, vocabulary])]), 'logits', {
      shape: ['batch', fixed ?? 'sequence', vocabulary],
    });
    if (keeping !== 'none') for (const [layer, each] of presents.entries()) give(g, keeping, layer, each);
  });
}

const index = (g: GraphBuilder, value: number): ValueId => g.int64s('index', [value], []);

/** [N, S, H·d] → [N, H, S, d] */
const split = (g: GraphBuilder, x: ValueId): ValueId =>
  g.op('Transpose', [g.op('Reshape', [x, g.int64s('split', [0, 0, heads, width])])], { perm: [0, 2, 1, 3] });

/** [N, 1, S, T]: a position sees itself and what is before, where the mask says that there is something. */
function visible(g: GraphBuilder, at: ValueId, end: ValueId, given: ValueId | null): ValueId {
  const keys = g.op('Range', [index(g, 0), end, index(g, 1)]);
  const before = g.op('LessOrEqual', [keys, g.op('Unsqueeze', [at, g.int64s('last', [2])])]);
  const seen = given
    ? g.op('And', [before, g.op('Unsqueeze', [g.op('Cast', [given], { to: 9 }), g.int64s('middle', [1])])])
    : before;
  return g.op('Unsqueeze', [seen, g.int64s('heads', [1])]);
}

const BEHIND = { perm: [0, 2, 1, 3] };

/** As [N, H, P, d], whatever form they come in. */
function pastOf(g: GraphBuilder, keeping: Keeping, layer: number) {
  const [before, behind]: [Dim[], Dim[]] = [
    ['batch', heads, 'past', width],
    ['batch', 'past', heads, width],
  ];
  if (keeping === 'both') {
    const past = g.input(`past_${layer}`, [2, ...before]);
    return { key: g.op('Gather', [past, index(g, 0)]), value: g.op('Gather', [past, index(g, 1)]) };
  }
  if (keeping === 'behind') {
    const [key, value] = ['key', 'value'].map((name) => g.input(`cache.${layer}.${name}`, behind));
    return { key: g.op('Transpose', [key!], BEHIND), value: g.op('Transpose', [value!], BEHIND) };
  }
  const [key, value] = ['key', 'value'].map((name) => g.input(`past_key_values.${layer}.${name}`, before));
  return { key: key!, value: value! };
}

function give(
  g: GraphBuilder,
  keeping: Keeping,
  layer: number,
  { key, value }: { key: ValueId; value: ValueId },
): void {
  const [before, behind]: [Dim[], Dim[]] = [
    ['batch', heads, 'total', width],
    ['batch', 'total', heads, width],
  ];
  if (keeping === 'both') {
    const [one, other] = [key, value].map((each) => g.op('Unsqueeze', [each, g.int64s('front', [0])]));
    g.output(g.op('Concat', [one!, other!], { axis: 0 }), `present_${layer}`, { shape: [2, ...before] });
  } else if (keeping === 'behind') {
    g.output(g.op('Transpose', [key], BEHIND), `new_cache.${layer}.key`, { shape: behind });
    g.output(g.op('Transpose', [value], BEHIND), `new_cache.${layer}.value`, { shape: behind });
  } else {
    g.output(key, `present.${layer}.key`, { shape: before });
    g.output(value, `present.${layer}.value`, { shape: before });
  }
}
