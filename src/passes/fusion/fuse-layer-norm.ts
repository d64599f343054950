import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { driven } from '../../rewrite/rule.ts';
import { found as foundNodes, searchPass, type Found } from '../../rewrite/search.ts';
import { Walk } from '../../rewrite/walk.ts';
import { quotientOf, rootOf, type Parts, type Root } from './deviation.ts';
import { normalised, type Form } from './normalise.ts';
import { meanOf, squareOf, type Mean } from './reductions.ts';
import { unfuseLayerNorm } from './unfuse-layer-norm.ts';

const RULE = 'layer-norm';

/** x − μ as it is squared, and what it was made of. */
interface Deviation {
  readonly x: ValueId;
  readonly mean: Mean;
  /** The mean's value, μ. */
  readonly centre: ValueId;
  readonly nodes: readonly Node[];
}

/** x − μ(x), or μ(x) − x where only its square counts. */
function deviationOf(walk: Walk, value: ValueId, squared: boolean): Deviation | null {
  const sub = walk.producer(value, 'Sub');
  const [left = null, right = null] = sub?.inputs ?? [];
  if (!sub || left === null || right === null) return null;
  for (const [x, centre] of squared ? [[left, right] as const, [right, left] as const] : [[left, right] as const]) {
    const mean = meanOf(walk, centre);
    if (mean?.of === x) return { x, mean, centre, nodes: [...mean.nodes, sub] };
  }
  return null;
}

/** The variance: the mean over the same axes of the squared deviation, which may be cast first. */
function varianceOf(
  walk: Walk,
  root: Root,
): { readonly deviation: Deviation; readonly axes: Mean['axes']; readonly nodes: readonly Node[] } | null {
  const mean = meanOf(walk, root.of);
  const square = mean && squareOf(walk, mean.of);
  if (!mean || !square) return null;
  const cast = walk.producer(square.of, 'Cast');
  const deviation = deviationOf(walk, cast?.inputs[0] ?? square.of, true);
  if (!deviation) return null;
  const same = deviation.mean.axes !== null && deviation.mean.axes.join() === mean.axes?.join();
  const nodes = [...deviation.nodes, ...(cast ? [cast] : []), square.node, ...mean.nodes];
  return { deviation, axes: same ? mean.axes : null, nodes };
}

/** Values that equal x, μ and x − μ: the same ones, casts of them, and the same computed twice. */
function partsOf(walk: Walk, { x, mean, centre }: Deviation): Parts {
  const uncast = (value: ValueId, found: (inner: ValueId) => readonly Node[] | null): readonly Node[] | null => {
    const cast = walk.producer(value, 'Cast');
    const [inner = null] = cast?.inputs ?? [];
    const nodes = cast && inner !== null ? found(inner) : null;
    return nodes && cast ? [...nodes, cast] : null;
  };
  const isX = (value: ValueId): readonly Node[] | null => (value === x ? [] : null);
  const isMean = (value: ValueId): readonly Node[] | null => {
    if (value === centre) return [];
    const other = meanOf(walk, value);
    return other?.of === x && other.axes !== null && other.axes.join() === mean.axes?.join() ? other.nodes : null;
  };
  const isDifference = (value: ValueId): readonly Node[] | null => {
    const sub = walk.producer(value, 'Sub');
    const [left = null, right = null] = sub?.inputs ?? [];
    if (!sub || left !== x || right === null) return null;
    const nodes = isMean(right);
    return nodes && [...nodes, sub];
  };
  return {
    numerator: (value) => isDifference(value) ?? uncast(value, isDifference),
    source: isX,
    mean: isMean,
  };
}

/** mean(x²) − μ², perhaps kept from falling below 0: in floating point another value than mean((x − μ)²). */
function isShortVariance(walk: Walk, value: ValueId): boolean {
  const wrapped = walk.producer(value, 'Max', 'Clip', 'Relu', 'Reshape', 'Expand', 'Abs');
  const inner = wrapped ? wrapped.inputs : [value];
  return inner.some((each) => {
    if (each === null) return false;
    const [squares = null, centre = null] = walk.producer(each, 'Sub')?.inputs ?? [];
    if (squares === null || centre === null) return wrapped !== null && isShortVariance(walk, each);
    const square = squareOf(walk, meanOf(walk, squares, false)?.of ?? squares);
    const squared = squareOf(walk, centre);
    const mean = squared && meanOf(walk, squared.of, false);
    return square !== null && mean?.of === square.of;
  });
}

const refuseShort = (root: Root): Found =>
  foundNodes({
    rule: RULE,
    nodes: [...root.nodes].reverse(),
    ends: [root.node],
    reason: 'its variance is mean(x²) − mean(x)², which rounds to another value than mean((x − mean(x))²)',
    what: '',
    apply: () => {},
  });

function recognise(context: PassContext, node: Node): Found | null {
  if (context.model.opset() < 7) return null;
  const walk = new Walk(context, node);
  const root = rootOf(walk, node);
  if (!root) return null;
  const variance = varianceOf(walk, root);
  if (!variance) return isShortVariance(walk, root.of) ? refuseShort(root) : null;
  const quotient = quotientOf(walk, root, partsOf(walk, variance.deviation));
  if (!quotient) return null;
  const nodes = [...new Set([root.node, ...quotient.nodes, ...variance.nodes])];
  const { x } = variance.deviation;
  const found = { rule: RULE, root, quotient, x, axes: variance.axes, nodes, shifts: true };
  return normalised(walk, found, formFor(context));
}

/**
 * LayerNormalization is of ai.onnx from version 17 on. ONNX Runtime has it in older operator sets too (its own fusion
 * makes it), on both backends, and there with scales of another type than the input's; WebGPU does not mix types.
 */
function formFor({ model, backend }: PassContext): Form | string {
  const old = model.opset() < 17;
  if (old && backend === 'portable') return 'LayerNormalization needs opset 17, and this model has an older one';
  return { opType: 'LayerNormalization', mixed: old && backend === 'wasm' };
}

/** (x − μ) ÷ √(mean((x − μ)²) + ε) · γ + β over the last axes becomes one node (Ba et al. 2016, Layer Normalization). */
const fusing: Pass = searchPass({
  id: 'fuse-layer-norm',
  group: 'fusion',
  title: 'Fuse layer normalization',
  why: 'One node reads its input once or twice where nine nodes pass tensors to each other; measure it on WASM.',
  options: { unfuse: { type: 'boolean', default: false, label: 'The other way: compute it step by step' } },
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: ['ReduceMean → Sub → Pow or Mul → ReduceMean → Add → Sqrt or Pow → Div or Mul'],
    operators: ['ReduceMean', 'Sub', 'Sqrt', 'Div'],
  },
  seeds: ['Sqrt', 'Pow'],
  search: recognise,
});

const UNFUSE = [unfuseLayerNorm];
const unfusing = driven(() => UNFUSE);
const sideOf = ({ options }: PassContext): Pick<Pass, 'find' | 'apply'> =>
  options['unfuse'] === true ? unfusing : fusing;

/**
 * Layer normalization as one node, or, where asked for, as its parts: on WASM that may be faster, where the runtime is
 * kept from fusing them again (`optimization.disable_specified_optimizers`).
 */
export const fuseLayerNorm: Pass = {
  ...fusing,
  find: (context) => sideOf(context).find(context),
  apply: (context, site, decision) => sideOf(context).apply(context, site, decision),
};
