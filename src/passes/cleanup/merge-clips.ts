import { float } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { bypass, type Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import { literal } from '../../rewrite/literal.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { boundsOf, defaultBound, type Bounds } from './bounds.ts';
import { inputOf, outputOf } from './ends.ts';

const TYPES = ['Relu', 'Clip', 'Max', 'Min'];

const clamp = (x: number, { low, high }: Bounds): number => Math.min(Math.max(x, low), high);

/** What both bounds do together: the image of the first interval under the second. */
const together = (first: Bounds, second: Bounds): Bounds => ({
  at: first.at,
  low: clamp(first.low, second),
  high: clamp(first.high, second),
});

const isSame = (a: Bounds, b: Bounds): boolean => a.low === b.low && a.high === b.high;

interface Pair {
  readonly first: Bounds;
  readonly second: Bounds;
  readonly both: Bounds;
}

type Found = Pair | { readonly reason: string } | null;

function pairOf(context: PassContext, first: Node, second: Node): Found {
  const outer = boundsOf(context, second);
  const inner = boundsOf(context, first);
  if (!inner || !outer) return null;
  if ('reason' in inner) return inner;
  if ('reason' in outer) return outer;
  if (second.inputs[outer.at] !== first.outputs[0]) return null;
  return { first: inner, second: outer, both: together(inner, outer) };
}

/** Element types that Clip takes, besides float32: since opset 12, those that the runtime has kernels for. */
const CLIPPED = new Set(['float64', 'int8', 'uint8', 'int32', 'uint32', 'int64', 'uint64']);

function refusal(context: PassContext, first: Node, second: Node, pair: Pair): string | null {
  if (isSame(pair.both, pair.second) || isSame(pair.both, pair.first)) return null;
  const dtype = dtypeOf(context, outputOf(second));
  const opset = context.model.opset();
  const hasClip = first.opType === 'Clip' || second.opType === 'Clip';
  const takes = dtype === 'float32' || hasClip || (opset >= 12 && dtype !== null && CLIPPED.has(dtype));
  return takes && (opset >= 11 || dtype === 'float32') ? null : `there is no Clip of ${dtype} for opset ${opset}`;
}

/** Bounds as Clip takes them; one that does nothing is left out. */
function clipped(context: PassContext, build: Build, x: ValueId, dtype: DataType, { low, high }: Bounds): Node {
  const most = defaultBound(dtype);
  if (context.model.opset() < 11) {
    const attributes: (readonly [string, Attribute])[] = [];
    if (low !== -most) attributes.push(['min', float(low)]);
    if (high !== most) attributes.push(['max', float(high)]);
    return build.node('Clip', [x], { attributes });
  }
  const bound = (name: string, value: number, fallback: number): ValueId | null => {
    const tensor = value === fallback ? null : literal(dtype, [], [value]);
    return tensor && build.constant(name, tensor);
  };
  const inputs = [x, bound('min', low, -most), bound('max', high, most)];
  while (inputs.at(-1) === null) inputs.pop();
  return build.node('Clip', inputs);
}

function replace(context: PassContext, build: Build, first: Node, second: Node, pair: Pair): void {
  const { model } = context;
  const [x, y] = [inputOf(first, pair.first.at), outputOf(second)];
  const dtype = dtypeOf(context, y);
  if (isSame(pair.both, pair.second)) model.setInput(second, pair.second.at, x);
  else if (isSame(pair.both, pair.first)) bypass(model, second, y, outputOf(first));
  else if (dtype) build.take(y, clipped(context, build, x, dtype, pair.both));
}

const text = ({ low, high }: Bounds): string => `[${low}, ${high}]`;

/** clip(clip(x, a, b), c, d) = clip(x, clip(a, c, d), clip(b, c, d)): monotone, so ends go to ends. NaN stays NaN. */
const chain = rule({
  name: 'chain',
  captures: { first: node, second: node },
  pattern: (c) => op(TYPES, [op(TYPES, [], { as: c.first, more: true })], { as: c.second, more: true }),
  fits: (m, where) => pairOf(where, m.first, m.second) !== null,
  when: (m, where) => {
    const pair = pairOf(where, m.first, m.second);
    if (!pair) return 'they are no bounds';
    return 'reason' in pair ? pair.reason : refusal(where, m.first, m.second, pair);
  },
  what: (m, where) => {
    const pair = pairOf(where, m.first, m.second);
    const both = `${label(where.model, m.first)} and ${label(where.model, m.second)}`;
    return `Merges ${both}: together they keep values within ${pair && 'both' in pair ? text(pair.both) : ''}.`;
  },
  apply: (m, build, where) => {
    const pair = pairOf(where, m.first, m.second);
    if (pair && 'both' in pair) replace(where, build, m.first, m.second, pair);
  },
});

/** Relu, Clip, and Max or Min with a number, one after another. */
export const mergeClips: Pass = rulePass({
  id: 'merge-clips',
  group: 'cleanup',
  title: 'Merge bounds',
  why: 'Bounds that follow one another are one pair of bounds, which a convolution before them can take on.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chain],
});
