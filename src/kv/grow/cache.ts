import { int, ints } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import { tensorType, type Dim, type ValueId } from '../../ir/types.ts';
import { addDims } from '../../ops/dim.ts';
import { Build } from '../../rewrite/build.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { isStructure } from '../flow/places.ts';
import type { Cut, Uncached } from '../flow/types.ts';
import { addInput } from '../kept/form.ts';
import { Grown } from './grown.ts';

const RULE = 'kv-cache';
/** As exporters call the positions that a cache holds. */
export const PAST_LENGTH = 'past_sequence_length';

export const pastName = (layer: number, side: 'key' | 'value'): string => `past_key_values.${layer}.${side}`;
export const presentName = (layer: number, side: 'key' | 'value'): string => `present.${layer}.${side}`;

/** Each side of each attention that is to be kept. */
export function* cutsOf(
  of: Uncached,
): Generator<{ readonly layer: number; readonly side: 'key' | 'value'; readonly cut: Cut }> {
  for (const { layer, key, value } of of.attentions) {
    yield { layer, side: 'key', cut: key };
    yield { layer, side: 'value', cut: value };
  }
}

/** How many positions are kept, `[1]`, int64. */
function lengthOf(build: Build, past: ValueId): ValueId {
  const shape = build.output(build.node('Shape', [past], { label: 'shape' }), 'shape', null);
  const index = build.constant('positions-axis', int64s([2]));
  const node = build.node('Gather', [shape, index], { attributes: [['axis', int(0)]], label: 'past-length' });
  return build.output(node, 'past-length', tensorType('int64', [1]));
}

/**
 * Puts kept keys and values in front of new ones, and makes whatever follows the length of the text anew for both
 * together.
 */
export function emitCache(context: PassContext, of: Uncached): void {
  const { model } = context;
  const total = addDims(PAST_LENGTH, of.length);
  const pasts = new Map<string, ValueId>();
  for (const { layer, side, cut } of cutsOf(of)) {
    const name = pastName(layer, side);
    const dtype = dtypeOf(context, cut.value) ?? 'float32';
    pasts.set(name, addInput(context, name, dtype, [of.batch, cut.heads, PAST_LENGTH, cut.width]));
  }
  const first = of.attentions[0]!.key.path[0]!;
  const grown = new Grown(context, of, lengthOf(new Build(context, RULE, first), pasts.get(pastName(0, 'key'))!));
  maskScores(context, of, grown);
  placeNew(context, of, grown);
  for (const { layer, side, cut } of cutsOf(of)) {
    const present = presentName(layer, side);
    join(context, grown, {
      cut,
      past: pasts.get(pastName(layer, side))!,
      present,
      shape: [of.batch, cut.heads, total, cut.width],
    });
  }
  if (of.mask !== null) {
    const mask = model.getValue(of.mask);
    mask.type = tensorType(dtypeOf(context, of.mask) ?? 'int64', [of.batch, total]);
  }
  for (const node of attended(of)) for (const output of outputsOf(node)) forget(model, output);
}

/** Nodes whose results are as long as all that is kept. */
function* attended({ attentions }: Uncached): Generator<Node> {
  for (const { plan, key, value } of attentions) {
    yield* key.path;
    yield* value.path.slice(0, -1);
    yield* plan.scores.stages.map(({ node }) => node);
    yield plan.softmax;
    yield* plan.tail;
  }
}

/** A declared shape no longer holds. */
function forget(model: Model, value: ValueId): void {
  const { type } = model.getValue(value);
  if (type?.kind === 'tensor') model.getValue(value).type = { ...type, shape: null };
}

interface Joined {
  readonly cut: Cut;
  readonly past: ValueId;
  readonly present: string;
  readonly shape: readonly Dim[];
}

function join(context: PassContext, grown: Grown, { cut, past, present, shape }: Joined): void {
  const { model } = context;
  const [reader] = cut.path;
  if (!reader) return;
  const build = new Build(context, RULE, reader);
  const moved = (value: ValueId, perm: readonly number[], name: string): ValueId =>
    build.output(build.node('Transpose', [value], { attributes: [['perm', ints(perm)]], label: name }), name, null);
  const own = cut.perm
    ? moved(
        cut.value,
        cut.perm.map((_, i) => cut.perm!.indexOf(i)),
        'new',
      )
    : cut.value;
  const concat = build.node('Concat', [past, own], { attributes: [['axis', int(2)]], label: 'joined' });
  const kept = build.output(concat, 'joined', tensorType(dtypeOf(context, cut.value) ?? 'float32', shape));
  model.getValue(kept).name = present;
  model.graph.outputs.push(kept);
  const all = cut.perm ? moved(kept, cut.perm, 'all') : kept;
  lead(context, grown, cut, all);
}

/** The way from what is kept to the product, in place, or beside it where others read what stands on it. */
function lead(context: PassContext, grown: Grown, { path, value }: Cut, all: ValueId): void {
  const { model } = context;
  const alone = path
    .slice(0, -1)
    .every((node) =>
      outputsOf(node).every((output) => model.getValue(output).uses.length === 1 && !model.isGraphOutput(output)),
    );
  let [from, to] = [value, all];
  for (const [index, node] of path.entries()) {
    const isLast = index === path.length - 1;
    const given = node.inputs.map((input) =>
      input === null ? null : input === from ? to : isLast ? input : grown.of(input),
    );
    if (alone || isLast) {
      given.forEach((input, i) => {
        if (input !== node.inputs[i]) model.setInput(node, i, input);
      });
      [from, to] = [node.outputs[0] ?? from, node.outputs[0] ?? to];
      continue;
    }
    const build = new Build(context, RULE, node);
    const copy = build.node(node.opType, given, { domain: node.domain, attributes: node.attributes, label: 'all' });
    const place = node.outputs.findIndex((output) => output !== null && isRead(path[index + 1], output));
    from = node.outputs[place] ?? from;
    to = build.output(copy, 'all', null, place);
  }
}

const isRead = (node: Node | undefined, value: ValueId): boolean => node?.inputs.includes(value) ?? false;

/** Masks lie over new queries and all keys. */
function maskScores(context: PassContext, of: Uncached, grown: Grown): void {
  for (const { plan } of of.attentions) {
    const { position } = plan.scores.product;
    for (const { node, axes } of plan.scores.stages) {
      const query = axes.findIndex((atoms) => atoms.some((atom) => position.some((each) => each.root === atom.root)));
      for (const [index, input] of node.inputs.entries()) {
        if (input === null || grown.isFree(input)) continue;
        const rank = context.analysis.proven.shape(input)?.length ?? 0;
        const at = query - (axes.length - rank);
        const isLong = at >= 0 && (grown.axes(input) ?? []).includes(at);
        context.model.setInput(node, index, isLong ? grown.rows(input, at) : grown.of(input));
      }
    }
  }
}

/** What else follows the length of the text and is read by what follows its tokens: tables of positions. */
function placeNew(context: PassContext, of: Uncached, grown: Grown): void {
  const { model } = context;
  for (const { node, index, value } of readsOf(context, of)) {
    const axes = grown.axes(value) ?? [];
    const [first, ...more] = axes;
    let made = first === undefined ? grown.of(value) : grown.rows(value, first);
    for (const axis of more) made = grown.shortened(node, made, axis);
    model.setInput(node, index, made);
  }
}

/** An index into what is new: it stays. */
const isPlace = (node: Node, index: number, kinds: readonly (string | null | undefined)[]): boolean =>
  node.opType === 'Gather' && index === 1 && kinds[0] === 'tokens';

/** Operands that say what, not how, follow the length of the text, and meet what follows its tokens. */
export function* readsOf(
  context: PassContext,
  of: Uncached,
): Generator<{ readonly node: Node; readonly index: number; readonly value: ValueId }> {
  const { model } = context;
  for (const id of [...model.graph.nodes]) {
    const node = model.getNode(id);
    if (of.scored.has(id) || node.opType === 'Shape') continue;
    const kinds = node.inputs.map((input) => (input === null ? null : of.flows.get(input)?.kind));
    if (!kinds.some((kind) => kind === 'tokens' || kind === 'last')) continue;
    for (const [index, value] of node.inputs.entries())
      if (value !== null && kinds[index] === 'length' && !isStructure(node, index) && !isPlace(node, index, kinds))
        yield { node, index, value };
  }
}
