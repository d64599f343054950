import { defined } from '../../base/assert.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { resultOf } from './fold-affine.ts';
import { neighbours } from './neighbours.ts';
import { clamped, sliceParts } from './slice-parts.ts';
import { splitNode } from './split.ts';

const RULE = 'covering-slices';

/** Element types that Split takes on ONNX Runtime Web 1.30 (WASM). */
const SPLIT_TYPES: ReadonlySet<DataType> = new Set([
  'float32',
  'float16',
  'float64',
  'int32',
  'int64',
  'uint8',
  'int8',
  'bool',
]);

/** One Slice along one axis: places `from` up to `to`. */
interface Piece {
  readonly node: Node;
  readonly x: ValueId;
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** Length of the axis. */
  readonly size: number;
}

/** A Slice as a piece of an axis, or the clause that says why it is none. */
function toPiece(context: PassContext, node: Node): Piece | string {
  const parts = sliceParts(context, node);
  if (typeof parts === 'string') return parts;
  const shape = shapeOf(context, parts.x);
  const narrowing = parts.ranges.filter((range) => {
    const size = shape?.[range.axis];
    if (range.step !== 1 || typeof size !== 'number') return true;
    const { from, to } = clamped(range, size);
    return from !== 0 || to !== size;
  });
  const [range, ...others] = narrowing;
  if (!range) return 'it takes everything';
  if (others.length > 0) return 'it slices several axes, or some of unknown size';
  if (range.step !== 1) return 'it takes steps';
  const size = shape?.[range.axis];
  if (typeof size !== 'number') return 'the size along the axis is not known';
  return { node, x: parts.x, axis: range.axis, size, ...clamped(range, size) };
}

const refusal = (nodes: readonly Node[], reason: string): Refusal => ({
  rule: RULE,
  nodes: nodes.map(({ id }) => id),
  reason: sentence(reason),
});

/** Why the pieces, in the order of the axis, are not the axis cut up; null: they are. */
function coverReason(context: PassContext, pieces: readonly Piece[]): string | null {
  const [first] = pieces;
  if (!first || pieces.length < 2) return 'no other slice of the same value is along the same axis';
  let at = 0;
  for (const { from, to } of pieces) {
    if (from > at) return `places ${at} to ${from - 1} of axis ${first.axis} are in no slice`;
    if (from < at) return `the slices of axis ${first.axis} overlap`;
    if (to <= from) return 'a slice is empty';
    at = to;
  }
  if (at !== first.size) return `places ${at} to ${first.size - 1} of axis ${first.axis} are in no slice`;
  const dtype = dtypeOf(context, first.x);
  return dtype !== null && SPLIT_TYPES.has(dtype) ? null : `elements of type ${dtype ?? 'unknown'} are not split`;
}

function inspect(context: PassContext, nodes: readonly Node[]): { sites: Site[]; refusals: Refusal[] } {
  const refusals: Refusal[] = [];
  const byAxis = new Map<number, Piece[]>();
  for (const node of nodes) {
    const piece = toPiece(context, node);
    if (typeof piece === 'string') refusals.push(refusal([node], piece));
    else byAxis.set(piece.axis, [...(byAxis.get(piece.axis) ?? []), piece]);
  }
  const sites: Site[] = [];
  for (const pieces of byAxis.values()) {
    pieces.sort((a, b) => a.from - b.from);
    const reason = coverReason(context, pieces);
    if (reason === null) sites.push(toSite(context, pieces));
    else
      refusals.push(
        refusal(
          pieces.map(({ node }) => node),
          reason,
        ),
      );
  }
  return { sites, refusals };
}

function toSite({ model }: PassContext, pieces: readonly Piece[]): Site {
  const first = defined(pieces[0], 'a slice');
  const nodes = pieces.map(({ node }) => node.id);
  const sizes = pieces.map(({ from, to }) => to - from).join(' + ');
  return {
    key: siteKey(model, RULE, first.node, nodes),
    rule: RULE,
    anchor: first.node.id,
    nodes,
    what: `Makes ${pieces.map(({ node }) => label(model, node)).join(', ')} one Split of axis ${first.axis} into ${sizes}: together they take each element once.`,
  };
}

function find(context: PassContext): Findings {
  const found = neighbours(context.model, ['Slice']).map((nodes) => inspect(context, nodes));
  return { sites: found.flatMap(({ sites }) => sites), refusals: found.flatMap(({ refusals }) => refusals) };
}

/** x[a:b], x[b:c], … = Split(x, [b − a, c − b, …]) */
function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const found = site.nodes.map((id) => toPiece(context, model.getNode(id)));
  const pieces = found.filter((each) => typeof each !== 'string');
  const [first] = pieces;
  if (!first || pieces.length !== found.length || coverReason(context, pieces) !== null) return false;
  if (pieces.some(({ x, axis }) => x !== first.x || axis !== first.axis)) return false;
  const build = new Build(context, RULE, first.node);
  const split = splitNode(
    build,
    first.x,
    first.axis,
    pieces.map(({ from, to }) => to - from),
  );
  pieces.forEach(({ node }, i) => build.take(resultOf(node), split, i));
  sweep(model, site.nodes);
  return true;
}

/** Slices of one value that cut up an axis become one Split. */
export const slicesToSplit: Pass = {
  id: 'slices-to-split',
  group: 'fusion',
  title: 'Slices to Split',
  why: 'One operator cuts a value up where several Slices each looked for their part, and further passes know what a Split is.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['Slice beside others of the same value'], operators: ['Slice'] },
  find,
  apply,
};
