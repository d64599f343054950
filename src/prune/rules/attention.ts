import { getInt, getInts, int, ints } from '../../ir/attribute.ts';
import { setAttribute, type AxisRule, type Relation } from '../relation.ts';
import type { Cut, Place } from '../space.ts';

/** Heads side by side along an axis, `width` channels each, from `start` on; `perUnit` of them go with one key head. */
interface Lane {
  readonly place: Place;
  readonly dim: number;
  readonly start: number;
  readonly width: number;
  readonly heads: number;
  readonly perUnit: number;
}

/** The heads of one attention: query heads are cut with the key head that they share. */
class Heads {
  readonly r: Relation;
  readonly lanes: Lane[] = [];
  private unclear = false;

  constructor(r: Relation) {
    this.r = r;
  }

  /** `size`: channels that the heads take; default: the whole axis. Whatever does not divide makes it all unclear. */
  add(place: Place | null, dim: number, heads: number, perUnit: number, start = 0, size = sizeOf(place, dim)): void {
    if (!place) return;
    const width = size / heads;
    if (heads < 1 || !Number.isInteger(width) || width < 1 || heads % perUnit !== 0) this.unclear = true;
    this.lanes.push({ place, dim, start, width, heads, perUnit });
  }

  /** A tensor with an axis of heads, or of size 1 for all of them. */
  addAxis(place: Place | null, dim: number, heads: number, perUnit: number): void {
    if (place && place.shape.at(dim) === heads) this.add(place, dim, heads, perUnit);
    else if (place) this.r.exempt(place, dim);
  }

  /** [batch, positions, heads·width] or [batch, heads, positions, width] */
  addOperand(place: Place | null, heads: number, perUnit: number): void {
    this.add(place, place?.shape.length === 4 ? 1 : 2, heads, perUnit);
  }

  /** Ties all lanes unit by unit; false: they do not fit, and all is frozen. */
  tie(): boolean {
    const [first] = this.lanes;
    if (!first || this.unclear) {
      this.r.freezeAll('has heads whose number does not fit its channels');
      return false;
    }
    for (const lane of this.lanes) {
      this.r.map(lane.place, lane.dim, first.place, first.dim, (visit) => {
        for (let i = 0; i < lane.heads * lane.width; i++) {
          const unit = Math.floor(i / (lane.width * lane.perUnit));
          visit(lane.start + i, first.start + unit * first.width * first.perUnit);
        }
      });
    }
    this.r.heads(first.place, first.dim);
    return true;
  }

  /** Writes a number of heads anew once any are cut: the query heads' (the first lane's), or another lane's. */
  follow(attribute: string, lane = this.lanes[0]): void {
    if (lane) this.onCut((cut) => setAttribute(this.r, cut, attribute, int(headsLeft(cut, lane))));
  }

  onCut(rewrite: (cut: Cut) => void): void {
    const [first] = this.lanes;
    if (first) this.r.onCut([[first.place, first.dim]], rewrite);
  }
}

const sizeOf = (place: Place | null, dim: number): number => {
  const size = place?.shape[dim];
  return typeof size === 'number' ? size : NaN;
};

function channelsLeft(cut: Cut, { place, dim, start, heads, width }: Lane): number {
  const axis = place.axes[dim];
  const kept = axis === undefined ? [] : cut.kept(axis);
  return kept.filter((index) => index >= start && index < start + heads * width).length;
}

const headsLeft = (cut: Cut, lane: Lane): number => channelsLeft(cut, lane) / lane.width;

/** com.microsoft.MultiHeadAttention: query, key, value [B, S, heads·d], bias [heads·(d + d + dv)], caches [B, heads, P, d]. */
function relateMultiHead(r: Relation): void {
  const count = getInt(r.node, 'num_heads', 0);
  const [q, k, v, bias] = [r.input(0), r.input(1), r.input(2), r.input(3)];
  if (!q || !k || !v || q.shape.length !== 3 || k.shape.length > 4)
    return r.freezeAll('packs queries, keys and values');
  const heads = new Heads(r);
  for (const operand of [q, k, v, r.output()]) heads.addOperand(operand, count, 1);
  if (bias) {
    const value = v.shape.length === 4 ? count * sizeOf(v, 3) : sizeOf(v, 2);
    addPacked(heads, bias, 0, count, [sizeOf(q, 2), sizeOf(q, 2), value]);
  }
  for (const place of [r.input(5), r.input(6), r.input(7), r.output(1), r.output(2), r.output(3)]) {
    heads.addAxis(place, 1, count, 1);
  }
  if (!heads.tie()) return;
  heads.follow('num_heads');
  r.work([q, 2]);
}

/** Queries, keys and values behind one another along an axis. */
function addPacked(heads: Heads, place: Place, dim: number, count: number, sizes: readonly number[]): void {
  let start = 0;
  for (const size of sizes) {
    heads.add(place, dim, count, 1, start, size);
    start += size;
  }
  if (start !== place.shape[dim]) heads.add(place, dim, 0, 1);
}

/** com.microsoft.Attention: input [B, S, D] · weights [D, heads·(d + d + dv)]; what it reads stays. */
function relatePacked(r: Relation): void {
  const count = getInt(r.node, 'num_heads', 0);
  const [x, w, bias] = [r.input(0), r.input(1), r.input(2)];
  if (!x || !w || !r.constant(w)) return r.refuseWeights(w, 1);
  const given = getInts(r.node, 'qkv_hidden_sizes', null);
  const third = sizeOf(w, 1) / 3;
  const sizes = given ?? [third, third, third];
  const heads = new Heads(r);
  addPacked(heads, w, 1, count, sizes);
  if (bias) addPacked(heads, bias, 0, count, sizes);
  heads.add(r.output(), 2, count, 1);
  heads.addAxis(r.input(5), 1, count, 1);
  for (const cache of [r.input(4), r.output(1)]) heads.addAxis(cache, 2, count, 1);
  for (const [place, dim] of [[x, 2] as const, [w, 0] as const]) {
    r.freeze(place, dim, 'projects this axis and attends, whose costs do not change alike');
  }
  r.weighs(w);
  r.produces(w, 1);
  if (!heads.tie()) return;
  heads.follow('num_heads');
  const parts = heads.lanes.slice(0, 3);
  if (given) {
    heads.onCut((cut) => setAttribute(r, cut, 'qkv_hidden_sizes', ints(parts.map((part) => channelsLeft(cut, part)))));
  }
  r.work([w, 1]);
}

/** com.microsoft.GroupQueryAttention: query [B, S, heads·d], key and value [B, S, kvHeads·d], or all three packed. */
function relateGrouped(r: Relation): void {
  const [count, kvCount] = [getInt(r.node, 'num_heads', 0), getInt(r.node, 'kv_num_heads', 0)];
  const share = count / kvCount;
  const [q, k, v] = [r.input(0), r.input(1), r.input(2)];
  if (!q || r.node.inputs.length > 12 || !Number.isInteger(share))
    return r.freezeAll('has inputs that are not followed');
  const heads = new Heads(r);
  const width = sizeOf(q, 2) / (k ? count : count + 2 * kvCount);
  heads.add(q, 2, count, share, 0, count * width);
  if (k) for (const operand of [k, v]) heads.add(operand, 2, kvCount, 1);
  else for (const i of [0, 1]) heads.add(q, 2, kvCount, 1, (count + i * kvCount) * width, kvCount * width);
  const keys = heads.lanes[1];
  heads.add(r.output(), 2, count, share);
  for (const cache of [r.input(3), r.input(4), r.output(1), r.output(2)]) heads.addAxis(cache, 1, kvCount, 1);
  for (const place of [r.input(10), r.output(3)]) heads.addAxis(place, 1, count, share);
  heads.addAxis(r.input(11), 0, count, share);
  if (!heads.tie()) return;
  heads.follow('num_heads');
  heads.follow('kv_num_heads', keys);
  r.work([r.output(), 2]);
}

/** Attention-23: Q, K, V [B, heads, S, d], or [B, S, heads·d] with the numbers of heads as attributes. */
function relateOnnx(r: Relation): void {
  const [q, k, v, y] = [r.input(0), r.input(1), r.input(2), r.output()];
  if (!q || !k || !v || !y) return;
  const flat = q.shape.length === 3;
  const count = flat ? getInt(r.node, 'q_num_heads', 0) : sizeOf(q, 1);
  const kvCount = flat ? getInt(r.node, 'kv_num_heads', 0) : sizeOf(k, 1);
  const share = count / kvCount;
  if (!Number.isInteger(share)) return r.freezeAll('has heads whose number is not known');
  const heads = new Heads(r);
  heads.addOperand(q, count, share);
  for (const operand of [k, v]) heads.addOperand(operand, kvCount, 1);
  const keys = heads.lanes[1];
  heads.addOperand(y, count, share);
  for (const cache of [r.input(4), r.input(5), r.output(1), r.output(2)]) heads.addAxis(cache, 1, kvCount, 1);
  const mask = r.input(3);
  if (mask && mask.shape.length > 2) heads.addAxis(mask, mask.shape.length - 3, count, share);
  heads.addAxis(r.output(3), 1, count, share);
  if (!heads.tie()) return;
  if (flat) {
    heads.follow('q_num_heads');
    heads.follow('kv_num_heads', keys);
  }
  r.work([y, flat ? 2 : 1]);
}

/** RotaryEmbedding turns pairs within a head: [B, S, heads·d] or [B, heads, S, d]. `cos`: slot of the table […, d / 2]. */
const relateRotary =
  (cos: number) =>
  (r: Relation): void => {
    const [x, y] = [r.input(0), r.output()];
    if (!x || !y) return;
    if (x.shape.length === 4) return r.same(x, 1, y, 1);
    const given = getInt(r.node, 'num_heads', 0);
    const half = r.input(cos)?.shape.at(-1);
    const count = given > 0 ? given : sizeOf(x, 2) / (2 * (typeof half === 'number' ? half : NaN));
    const heads = new Heads(r);
    for (const place of [x, y]) heads.add(place, 2, count, 1);
    if (heads.tie() && given > 0) heads.follow('num_heads');
  };

const attends: Omit<AxisRule, 'relate'> = {
  role: 'heads',
  why: 'computes each head from its own channels, so that heads go whole',
  barrier: 'attends along this axis',
};
const turns: Omit<AxisRule, 'relate'> = {
  role: 'heads',
  why: 'turns the channels of each head by angles that depend on their place in it',
  barrier: 'turns along this axis',
};

export const attentionRules: Readonly<Record<string, AxisRule>> = {
  'com.microsoft.MultiHeadAttention': { ...attends, relate: relateMultiHead },
  'com.microsoft.Attention': { ...attends, relate: relatePacked },
  'com.microsoft.GroupQueryAttention': { ...attends, relate: relateGrouped },
  Attention: { ...attends, relate: relateOnnx },
  'com.microsoft.RotaryEmbedding': { ...turns, relate: relateRotary(2) },
  RotaryEmbedding: { ...turns, relate: relateRotary(1) },
};
