import type { ValueId } from '../ir/types.ts';
import { constantsOf, producerOf, type Interner, type Side } from './graph-diff-side.ts';

/** Two graphs that are compared, with what is known of their ports. */
export interface Couple {
  readonly a: Side;
  readonly b: Side;
  /** Values of A and B that are the same thing from outside: inputs, outputs, what subgraphs capture. */
  readonly ports: { readonly a: ReadonlyMap<ValueId, string>; readonly b: ReadonlyMap<ValueId, string> };
}

/** Has no partner. */
export const FREE = -1;
/** Became, with others, something else: is in a group. */
export const GROUPED = -2;

/** Which node of A stands for which of B, one for one; FREE or GROUPED where none does. */
export class Matching {
  readonly toB: Int32Array;
  readonly toA: Int32Array;
  /** Says no to a pair, whatever else speaks for it. */
  veto: (a: number, b: number) => boolean = () => false;
  private readonly fresh: number[] = [];

  constructor(a: number, b: number) {
    this.toB = new Int32Array(a).fill(FREE);
    this.toA = new Int32Array(b).fill(FREE);
  }

  accepts(a: number, b: number): boolean {
    return this.toB[a] === FREE && this.toA[b] === FREE && !this.veto(a, b);
  }

  add(a: number, b: number): void {
    this.toB[a] = b;
    this.toA[b] = a;
    this.fresh.push(a);
  }

  get isComplete(): boolean {
    return !this.toB.includes(FREE) && !this.toA.includes(FREE);
  }

  /** Takes nodes out that together became others. */
  group(a: readonly number[], b: readonly number[]): void {
    for (const i of a) this.toB[i] = GROUPED;
    for (const j of b) this.toA[j] = GROUPED;
  }

  /** Nodes of A whose neighbours have not been looked at since they were matched. */
  take(): number | undefined {
    return this.fresh.pop();
  }

  /** Has every neighbour looked at again. */
  renew(): void {
    this.toB.forEach((b, a) => {
      if (b >= 0) this.fresh.push(a);
    });
  }
}

type Keys = Int32Array;

/**
 * Finds for each node of A its partner in B, as far as that is certain: by the whole of the graph above or below it,
 * samples of its weights, names, and from matched nodes to their like neighbours. Near-linear in nodes and wires.
 */
export function matchGraphs(couple: Couple, interner: Interner): Matching {
  const { a, b } = couple;
  const matching = new Matching(a.nodes.length, b.nodes.length);
  const sample = (side: Side, i: number): number => side.samples[i]!;
  const up = upKeys(couple, interner, sample);
  const named = namesAgree(couple, up);
  if (named) matching.veto = nameVeto(couple);
  matchByKeys(couple, matching, up, { inOrder: true });
  if (matching.isComplete) return matching;
  matchByKeys(couple, matching, downKeys(couple, interner, sample), { inOrder: true });
  matchByKeys(
    couple,
    matching,
    both(couple, (side, i) => joined(interner, side.attributes[i]!, side.samples[i]!)),
    {},
  );
  if (named) for (const keys of nameKeys(couple, interner)) matchByKeys(couple, matching, keys, {});
  matchByKeys(couple, matching, upKeys(couple, interner, noSample), { inOrder: true });
  matchByKeys(couple, matching, downKeys(couple, interner, noSample), { inOrder: true });
  matching.renew();
  spread(couple, matching, alike);
  if (named) matchByKeys(couple, matching, { a: a.kin, b: b.kin }, {});
  return matching;
}

/** What is likely: neighbours of matched nodes that have something in common, and what lies between them in order. */
export function matchRest(couple: Couple, matching: Matching): void {
  matching.renew();
  spread(couple, matching, akin);
  alignGaps(couple, matching);
  spread(couple, matching, akin);
}

interface KeyPair {
  readonly a: Keys;
  readonly b: Keys;
}

function both({ a, b }: Couple, key: (side: Side, index: number) => number): KeyPair {
  const of = (side: Side): Keys => Int32Array.from(side.nodes, (_, index) => key(side, index));
  return { a: of(a), b: of(b) };
}

/** One number for two; none where one of them is none. */
const joined = (interner: Interner, first: number, second: number): number =>
  first < 0 || second < 0 ? FREE : interner.of(`${first} ${second}`);

/** Names of the first output, and of the constants that a node reads: with its operator, and without its own name. */
function nameKeys(couple: Couple, interner: Interner): KeyPair[] {
  const output = (side: Side, i: number): string => {
    const id = side.nodes[i]!.outputs.find((each) => each !== null);
    return id === undefined || id === null ? '' : side.model.getValue(id).name;
  };
  const weights = (side: Side, i: number): string =>
    constantsOf(side, side.nodes[i]!)
      .filter(({ tensor, slot }) => tensor.size > 1 && typeof slot === 'number')
      .map(({ slot }) => side.model.getValue(side.nodes[i]!.inputs[slot as number]!).name)
      .join();
  const withOp = (text: (side: Side, i: number) => string): KeyPair =>
    both(couple, (side, i) => {
      const name = text(side, i);
      return name === '' ? FREE : interner.of(`${side.ops[i]} named ${name}`);
    });
  return [both(couple, (side, i) => joined(interner, side.ops[i]!, side.names[i]!)), withOp(output), withOp(weights)];
}

/** Fewer pairs than this prove nothing against names. */
const FEW = 8;

/**
 * Whether names mean the same in both models: nodes that have the same graph above them mostly bear the same name.
 * Numbered names do not, once a node has come or gone.
 */
function namesAgree(couple: Couple, up: KeyPair): boolean {
  const trial = new Matching(couple.a.nodes.length, couple.b.nodes.length);
  matchByKeys(couple, trial, up, {});
  let [agree, differ] = [0, 0];
  trial.toB.forEach((j, i) => {
    const [left, right] = [couple.a.names[i]!, couple.b.names[j] ?? -1];
    if (j < 0 || left === -1 || right === -1) return;
    if (left === right) agree++;
    else differ++;
  });
  return agree + differ < FEW || agree >= differ;
}

/** Two nodes of different names are no pair while one of the names is another node's on the other side. */
function nameVeto({ a, b }: Couple): (i: number, j: number) => boolean {
  const [left, right] = [new Set(a.kin), new Set(b.kin)];
  return (i, j) =>
    a.names[i] !== b.names[j] &&
    ((a.kin[i] !== -1 && right.has(a.kin[i]!)) || (b.kin[j] !== -1 && left.has(b.kin[j]!)));
}

/** What tells one node's weights from another's. */
type Sample = (side: Side, index: number) => number;
const noSample: Sample = () => 0;

const ownKeys = (couple: Couple, interner: Interner, sample: Sample): KeyPair =>
  both(couple, (side, i) => interner.of(`${side.attributes[i]} ${side.weights[i]} ${sample(side, i)} own`));

/**
 * Keys of everything above a node: equal keys are equal operators, attributes and types of constants all the way to
 * the inputs.
 */
function upKeys(couple: Couple, interner: Interner, sample: Sample): KeyPair {
  const own = ownKeys(couple, interner, sample);
  const of = (which: 'a' | 'b'): Keys => {
    const [side, ports] = [couple[which], couple.ports[which]];
    const keys = new Int32Array(side.nodes.length).fill(FREE);
    side.nodes.forEach((node, i) => {
      const inputs = node.inputs.map((id, slot) => {
        const producer = producerOf(side, id);
        if (producer !== null) return `${keys[producer]}.${side.model.getValue(id!).producer?.index}`;
        return id === null ? '-' : (ports.get(id) ?? `c${slot}`);
      });
      keys[i] = interner.of(`up ${own[which][i]} ${inputs.join()}`);
    });
    return keys;
  };
  return { a: of('a'), b: of('b') };
}

/** The same of everything below a node, to the outputs. */
function downKeys(couple: Couple, interner: Interner, sample: Sample): KeyPair {
  const own = ownKeys(couple, interner, sample);
  const of = (which: 'a' | 'b'): Keys => {
    const [side, ports] = [couple[which], couple.ports[which]];
    const keys = new Int32Array(side.nodes.length).fill(FREE);
    for (let i = side.nodes.length - 1; i >= 0; i--) {
      const reads = side.readers[i]!.map((r) => `${r.output}>${keys[r.reader]}.${r.slot}`).sort();
      const outs = side.nodes[i]!.outputs.map((id) => (id === null ? '-' : (ports.get(id) ?? '')));
      keys[i] = interner.of(`down ${own[which][i]} ${outs.join()} ${reads.join()}`);
    }
    return keys;
  };
  return { a: of('a'), b: of('b') };
}

/**
 * Matches free nodes with equal keys: alone on both sides, or of one name; `inOrder` takes as many on both sides one
 * after the other. A key that more nodes have on one side than on the other says nothing.
 */
function matchByKeys(
  { a, b }: Couple,
  matching: Matching,
  keys: KeyPair,
  { inOrder = false }: { readonly inOrder?: boolean },
): void {
  const buckets = new Map<number, { a: number[]; b: number[] }>();
  const collect = (side: 'a' | 'b', all: Keys, taken: Int32Array): void =>
    all.forEach((key, i) => {
      if (key < 0 || taken[i] !== FREE) return;
      const bucket = buckets.get(key) ?? { a: [], b: [] };
      buckets.set(key, bucket);
      bucket[side].push(i);
    });
  collect('a', keys.a, matching.toB);
  collect('b', keys.b, matching.toA);
  for (const bucket of buckets.values()) {
    if (bucket.a.length === 0 || bucket.b.length === 0) continue;
    if (bucket.a.length > 1 || bucket.b.length > 1) matchNames(a, b, bucket, matching);
    const left = bucket.a.filter((i) => matching.toB[i] === FREE);
    const right = bucket.b.filter((i) => matching.toA[i] === FREE);
    if (left.length !== right.length || (left.length > 1 && !inOrder)) continue;
    left.forEach((each, i) => {
      if (matching.accepts(each, right[i]!)) matching.add(each, right[i]!);
    });
  }
}

function matchNames(
  a: Side,
  b: Side,
  bucket: { readonly a: number[]; readonly b: number[] },
  matching: Matching,
): void {
  const byName = new Map<number, number>();
  for (const i of bucket.b) if (b.names[i] !== -1) byName.set(b.names[i]!, byName.has(b.names[i]!) ? FREE : i);
  for (const i of bucket.a) {
    const partner = byName.get(a.names[i]!) ?? FREE;
    if (partner !== FREE && matching.accepts(i, partner)) matching.add(i, partner);
  }
}

type Fits = (a: Side, i: number, b: Side, j: number) => boolean;

/** The same operator with the same attributes. */
const alike: Fits = (a, i, b, j) => a.attributes[i] === b.attributes[j];
/** The same operator, with something else in common. */
const akin: Fits = (a, i, b, j) =>
  a.ops[i] === b.ops[j] &&
  (a.attributes[i] === b.attributes[j] ||
    a.weights[i] === b.weights[j] ||
    (a.names[i] !== -1 && a.names[i] === b.names[j]));

/** From matched nodes to producers in the same slot and to the only reader of its kind. */
function spread(couple: Couple, matching: Matching, fits: Fits): void {
  for (let i = matching.take(); i !== undefined; i = matching.take()) {
    const j = matching.toB[i]!;
    if (j < 0) continue;
    spreadUp(couple, matching, i, j, fits);
    spreadDown(couple, matching, i, j, fits);
  }
}

function spreadUp({ a, b }: Couple, matching: Matching, i: number, j: number, fits: Fits): void {
  const [left, right] = [a.nodes[i]!, b.nodes[j]!];
  left.inputs.forEach((id, slot) => {
    const other = right.inputs[slot] ?? null;
    const [above, beside] = [producerOf(a, id), producerOf(b, other)];
    if (above === null || beside === null || !matching.accepts(above, beside)) return;
    if (a.model.getValue(id!).producer?.index !== b.model.getValue(other!).producer?.index) return;
    if (fits(a, above, b, beside)) matching.add(above, beside);
  });
}

function spreadDown({ a, b }: Couple, matching: Matching, i: number, j: number, fits: Fits): void {
  const freeReaders = (side: Side, index: number, taken: Int32Array): Map<string, number> => {
    const readers = new Map<string, number>();
    for (const { output, reader, slot } of side.readers[index]!) {
      if (taken[reader] !== FREE) continue;
      const key = `${output} ${side.ops[reader]} ${slot}`;
      readers.set(key, readers.has(key) ? FREE : reader);
    }
    return readers;
  };
  const right = freeReaders(b, j, matching.toA);
  for (const [key, reader] of freeReaders(a, i, matching.toB)) {
    const partner = right.get(key) ?? FREE;
    if (reader === FREE || partner === FREE || !matching.accepts(reader, partner)) continue;
    if (fits(a, reader, b, partner)) matching.add(reader, partner);
  }
}

/** Gaps of more pairs than this are left as they are. */
const LARGEST_GAP = 250_000;

/** Runs of free nodes after one match, side by side: the longest common row of operators is matched. */
function alignGaps({ a, b }: Couple, matching: Matching): void {
  const gapAfter = (taken: Int32Array, from: number): number[] => {
    const gap: number[] = [];
    for (let i = from + 1; i < taken.length && taken[i] === FREE; i++) gap.push(i);
    return gap;
  };
  const anchors: (readonly [number, number])[] = [];
  matching.toB.forEach((j, i) => {
    if (j >= 0) anchors.push([i, j]);
  });
  // Without any match there is nothing to go by; with one, what comes before the first is a gap too.
  if (anchors.length > 0) anchors.unshift([-1, -1]);
  for (const [i, j] of anchors) {
    const left = gapAfter(matching.toB, i);
    const right = left.length > 0 ? gapAfter(matching.toA, j) : [];
    if (left.length === 0 || right.length === 0 || left.length * right.length > LARGEST_GAP) continue;
    for (const [x, y] of commonRow(left, right, (x, y) => akin(a, x, b, y) && matching.accepts(x, y))) {
      matching.add(x, y);
    }
  }
}

/** Longest common subsequence. */
function commonRow(
  left: readonly number[],
  right: readonly number[],
  equal: (a: number, b: number) => boolean,
): [number, number][] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] = equal(left[i]!, right[j]!)
        ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    if (equal(left[i]!, right[j]!)) pairs.push([left[i++]!, right[j++]!]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
