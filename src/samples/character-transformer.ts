import { BEGIN, CHARACTERS } from '../data/stories.ts';
import { floats } from '../ir/tensor.ts';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { Net } from './net.ts';
import { refused, type SampleSize } from './sizes.ts';

/**
 * `width`: channels of a character; `heads`: of queries; `kvHeads`: heads of keys and values, each for as many heads of
 * queries. A feed-forward has twice as many channels inside.
 */
export const CHARACTER_TRANSFORMER = {
  width: { usual: 128, least: 8, most: 1024 },
  layers: { usual: 4, least: 1, most: 32 },
  heads: { usual: 4, least: 1, most: 64 },
  kvHeads: { usual: 2, least: 1, most: 64 },
} satisfies Readonly<Record<string, SampleSize>>;

type Size = Readonly<Record<keyof typeof CHARACTER_TRANSFORMER, number>>;

const ID = 'character-transformer';
const END = 2 ** 31 - 1;

/** What all layers share: [1, 1, S, d] tables of angles, and the mask over [S, S]. */
interface Places {
  readonly cos: ValueId;
  readonly sin: ValueId;
  readonly mask: ValueId;
}

const FLOAT = 1;
const LEAST = -3.4028234663852886e38;

/** Of the length of the ids, S: angles of rotary positions (Su et al. 2021, arXiv:2104.09864) and the causal mask. */
function places(net: Net, ids: ValueId, width: number): Places {
  const length = net.node('Gather', [net.node('Shape', [ids]), net.index('one', 1)], { axis: 0 });
  const range = net.node('Range', [net.index('start', 0), length, net.index('step', 1)]);
  const rows = net.node('Unsqueeze', [range, net.int64('last', [1])]);
  const frequencies = Float32Array.from({ length: width / 2 }, (_, i) => 10_000 ** ((-2 * i) / width));
  const angles = net.node('Mul', [
    net.node('Cast', [rows], { to: FLOAT }),
    net.constant('inv_freq', floats([1, width / 2], frequencies)),
  ]);
  const doubled = net.node('Concat', [angles, angles], { axis: -1 });
  const table = (opType: 'Cos' | 'Sin'): ValueId =>
    net.node('Unsqueeze', [net.node(opType, [doubled]), net.int64('heads', [0, 1])]);
  const columns = net.node('Unsqueeze', [range, net.int64('first', [0])]);
  const seen = net.node('LessOrEqual', [columns, rows]);
  const mask = net.node('Where', [seen, net.scalar('kept', 0), net.scalar('hidden', LEAST)]);
  return { cos: table('Cos'), sin: table('Sin'), mask };
}

/** x / √(mean x² + ε) · γ over the last axis (Zhang & Sennrich 2019, arXiv:1910.07467). */
function rmsNorm(net: Net, label: string, x: ValueId, width: number): ValueId {
  return net.in(label, () => {
    const mean = net.node('ReduceMean', [net.node('Pow', [x, net.scalar('two', 2)])], { axes: [-1] });
    const root = net.node('Sqrt', [net.node('Add', [mean, net.scalar('epsilon', 1e-5)])]);
    return net.node('Mul', [net.node('Div', [x, root]), net.vector('weight', width, 1, 0.1, 0.2)]);
  });
}

/** @param share of the usual deviation, so that what comes out is that much quieter */
const linear = (net: Net, label: string, x: ValueId, from: number, to: number, share = 1): ValueId =>
  net.in(label, () => net.node('MatMul', [x, net.weight('weight', [from, to], share * Math.sqrt(1 / from))]));

/** What layers add up to is about as large as what they begin with (Radford et al. 2019, GPT-2). */
const residualShare = ({ layers }: Size): number => Math.sqrt(1 / (2 * layers));

/** x·cos + (−x₂, x₁)·sin over the halves of each head. [N, H, S, d] */
function rotated(net: Net, label: string, x: ValueId, { cos, sin }: Places, width: number): ValueId {
  return net.in(label, () => {
    const axes = net.int64('axes', [3]);
    const cut = (from: number, to: number): ValueId =>
      net.node('Slice', [x, net.int64('starts', [from]), net.int64('ends', [to]), axes, net.int64('steps', [1])]);
    const turned = net.node('Concat', [net.node('Neg', [cut(width / 2, END)]), cut(0, width / 2)], { axis: -1 });
    return net.node('Add', [net.node('Mul', [x, cos]), net.node('Mul', [turned, sin])]);
  });
}

/** [N, S, H·d] → [N, H, S, d] */
function split(net: Net, label: string, x: ValueId, heads: number, width: number): ValueId {
  return net.in(label, () =>
    net.node('Transpose', [net.node('Reshape', [x, net.int64('shape', [0, 0, heads, width])])], { perm: [0, 2, 1, 3] }),
  );
}

/** Each head so many times in a row: [N, H, S, d] → [N, H·times, S, d], as Llama's exporters write it. */
function repeated(net: Net, label: string, x: ValueId, heads: number, times: number, width: number): ValueId {
  if (times === 1) return x;
  return net.in(label, () => {
    const apart = net.node('Unsqueeze', [x, net.int64('axis', [2])]);
    const copies = net.node('Expand', [apart, net.int64('copies', [1, 1, times, 1, 1])]);
    const shape = net.node(
      'Concat',
      [
        net.node('Slice', [net.node('Shape', [x]), net.int64('from', [0]), net.int64('to', [1])]),
        net.int64('count', [heads * times]),
        net.int64('positions', [-1]),
        net.int64('width', [width]),
      ],
      { axis: 0 },
    );
    return net.node('Reshape', [copies, shape]);
  });
}

/** Attention of grouped heads (Ainslie et al. 2023, arXiv:2305.13245): heads of queries share keys and values. */
function attention(net: Net, x: ValueId, where: Places, size: Size): ValueId {
  const { width, heads, kvHeads } = size;
  const each = width / heads;
  const part = (label: string, count: number): ValueId =>
    split(net, label, linear(net, label, x, width, count * each), count, each);
  const query = rotated(net, 'q_rotary', part('q_proj', heads), where, each);
  const key = rotated(net, 'k_rotary', part('k_proj', kvHeads), where, each);
  const value = part('v_proj', kvHeads);
  const many = (label: string, shared: ValueId): ValueId =>
    repeated(net, label, shared, kvHeads, heads / kvHeads, each);
  const keys = net.node('Transpose', [many('k_repeat', key)], { perm: [0, 1, 3, 2] });
  const scores = net.node('Mul', [net.node('MatMul', [query, keys]), net.scalar('scale', each ** -0.5)]);
  const weights = net.node('Softmax', [net.node('Add', [scores, where.mask])], { axis: -1 });
  const mixed = net.node('Transpose', [net.node('MatMul', [weights, many('v_repeat', value)], {}, 'MatMul_1')], {
    perm: [0, 2, 1, 3],
  });
  const merged = net.node('Reshape', [mixed, net.int64('merge', [0, 0, width])]);
  return linear(net, 'o_proj', merged, width, width, residualShare(size));
}

/** A gated feed-forward (SwiGLU: Shazeer 2020, arXiv:2002.05202). */
function feedForward(net: Net, x: ValueId, size: Size): ValueId {
  const { width } = size;
  const hidden = 2 * width;
  const gate = linear(net, 'gate_proj', x, width, hidden);
  const open = net.node('Mul', [gate, net.node('Sigmoid', [gate])]);
  const wide = net.node('Mul', [open, linear(net, 'up_proj', x, width, hidden)], {}, 'Mul_1');
  return linear(net, 'down_proj', wide, hidden, width, residualShare(size));
}

/** How tools turn text into ids: each character has its place in `characters` as its id; `bos` begins a document. */
const TOKENIZER = JSON.stringify({ kind: 'characters', characters: CHARACTERS, bos: CHARACTERS.indexOf(BEGIN) });

/**
 * A decoder of characters in the form of Llama (Touvron et al. 2023, arXiv:2302.13971), in primitive operators and
 * without a cache, for any batch and length: `input_ids` [N, S] → `logits` [N, S, V]. The metadata `tokenizer` tell its
 * vocabulary. Throws `bad-request` where heads do not divide evenly.
 */
export function characterTransformer(size: Size): Model {
  const { width, layers, heads, kvHeads } = size;
  // Heads are turned by halves.
  if (width % (2 * heads) !== 0) throw refused(ID, `a width of ${width} gives ${heads} heads no even widths`);
  if (heads % kvHeads !== 0) throw refused(ID, `${heads} heads do not share ${kvHeads} of keys and values evenly`);
  const net = new Net('CharacterTransformer', 2302);
  net.model.extras = { metadataProps: new Map([['tokenizer', TOKENIZER]]) };
  const ids = net.input('input_ids', 'int64', ['batch', 'sequence']);
  const where = net.in('model/rotary_emb', () => places(net, ids, width / heads));
  let x = net.in('model/embed_tokens', () =>
    net.node('Gather', [net.weight('weight', [CHARACTERS.length, width], 0.6), ids]),
  );
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`model/layers.${layer}`, () => {
      const normed = rmsNorm(net, 'input_layernorm', input, width);
      const middle = net.node('Add', [input, net.in('self_attn', () => attention(net, normed, where, size))]);
      const second = rmsNorm(net, 'post_attention_layernorm', middle, width);
      return net.node('Add', [middle, net.in('mlp', () => feedForward(net, second, size))], {}, 'Add_1');
    });
  }
  const logits = linear(
    net,
    'lm_head',
    net.in('model', () => rmsNorm(net, 'norm', x, width)),
    width,
    CHARACTERS.length,
  );
  net.output(logits, 'logits', ['batch', 'sequence', CHARACTERS.length]);
  return net.model;
}
