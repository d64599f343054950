import { defined } from '../../base/assert.ts';
import { int, string } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { derivedTensor, int64s, type Tensor } from '../../ir/tensor.ts';
import { BITS, sizeOf, type ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { Build, otherReaders, sweep } from '../../rewrite/build.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { convAttributes, convParts, type ConvParts } from './conv-parts.ts';
import { resultOf } from './fold-affine.ts';
import { channelMap, focusAt, reshapedAt, type Rearrangement } from './rearrangement.ts';

/** How a rearrangement is written anew. */
type Plan =
  | { readonly form: 'operator'; readonly mode: 'DCR' | 'CRD' }
  /** SpaceToDepth, and the weights of the convolution behind it in its order of channels. */
  | { readonly form: 'permuted'; readonly conv: ConvParts; readonly map: readonly number[] }
  /** The convolution behind it over the places themselves: kernel, strides and pads times the block. */
  | { readonly form: 'strided'; readonly conv: ConvParts; readonly map: readonly number[] | null }
  /** SpaceToDepth, and its channels put in order. */
  | { readonly form: 'gathered'; readonly map: readonly number[] };

interface Found {
  readonly anchor: Node;
  readonly moved: Rearrangement;
  readonly plan: Plan;
}

/** What is at a node: a rewrite, what is missing for one, or nothing. */
function inspect(context: PassContext, anchor: Node): Found | string | null {
  if (anchor.domain !== '' || !isWhole(anchor)) return null;
  const read = anchor.opType === 'Concat' ? focusAt : anchor.opType === 'Reshape' ? reshapedAt : null;
  const moved = read ? read(context, anchor) : null;
  if (moved === null || typeof moved === 'string') return moved;
  const dtype = dtypeOf(context, moved.x);
  if (dtype !== 'float32') return `elements of type ${dtype ?? 'unknown'} are not rearranged by the runtime`;
  // Slices may have other readers, which keep them; a rearrangement by Reshape would be done twice.
  const others = read === reshapedAt ? otherReaders(context.model, moved.nodes, anchor.id) : null;
  if (others !== null) return others;
  const plan = planOf(context, anchor, moved);
  return typeof plan === 'string' ? plan : { anchor, moved, plan };
}

function planOf(context: PassContext, anchor: Node, moved: Rearrangement): Plan | string {
  if (moved.kind === 'depth-to-space') return spacePlan(context, moved);
  const conv = convBehind(context, anchor);
  const channels = conv ? (conv.weight.shape[1] ?? 0) / moved.block ** 2 : shapeOf(context, moved.x)?.[1];
  const ordered = moved.order === 'hwc' || isOrdered(moved);
  const map = ordered ? null : typeof channels === 'number' ? channelMap(moved, channels) : undefined;
  // ONNX Runtime's WebGPU provider has DepthToSpace, but leaves SpaceToDepth to the CPU.
  if (context.backend === 'webgpu') return stridedPlan(conv, map);
  if (map === null) return { form: 'operator', mode: 'DCR' };
  if (map === undefined)
    return 'the number of its channels is not known, and they are not in the order of SpaceToDepth';
  if (conv) return { form: 'permuted', conv, map };
  return anchor.opType === 'Concat'
    ? { form: 'gathered', map }
    : 'its channels are not in the order of SpaceToDepth, and no convolution with constant weights follows that could read them so';
}

function spacePlan({ model }: PassContext, { order }: Rearrangement): Plan | string {
  if (order === 'hwc') return { form: 'operator', mode: 'DCR' };
  if (order !== 'chw') return 'its channels are in the order of neither mode of DepthToSpace';
  return model.opset() < 11 ? 'DepthToSpace before version 11 has no mode CRD' : { form: 'operator', mode: 'CRD' };
}

function stridedPlan(conv: ConvParts | null, map: readonly number[] | null | undefined): Plan | string {
  if (!conv) return 'SpaceToDepth does not run on WebGPU, and no convolution with constant weights follows';
  if (conv.dilations.some((each) => each !== 1))
    return 'SpaceToDepth does not run on WebGPU, and the convolution behind is dilated';
  return { form: 'strided', conv, map: map ?? null };
}

/** Blocks row by row are the order of SpaceToDepth, whatever the number of channels. */
const isOrdered = ({ block, order }: Rearrangement): boolean =>
  typeof order !== 'string' && order.every(([h, w], i) => h * block + w === i);

/** The ungrouped convolution that alone reads the result, if its weights are constant. */
function convBehind(context: PassContext, anchor: Node): ConvParts | null {
  const { model } = context;
  const value = resultOf(anchor);
  const [use, ...others] = model.getValue(value).uses;
  if (!use || others.length > 0 || model.isGraphOutput(value) || use.index !== 0) return null;
  const reader = model.getNode(use.node);
  if (reader.opType !== 'Conv' || reader.domain !== '' || reader.graph !== anchor.graph || !isWhole(reader))
    return null;
  const parts = convParts(context, reader);
  return typeof parts === 'string' || parts.group !== 1 ? null : parts;
}

const nodesOf = ({ moved, plan }: Found) => ('conv' in plan ? [plan.conv.node.id, ...moved.nodes] : [...moved.nodes]);

const rootOf = ({ anchor, plan }: Found): Node => ('conv' in plan ? plan.conv.node : anchor);

function whatOf({ model }: PassContext, { anchor, moved, plan }: Found): string {
  const places = `${moved.block} × ${moved.block} places`;
  if (plan.form === 'operator') {
    const type = moved.kind === 'space-to-depth' ? 'SpaceToDepth' : `DepthToSpace (${plan.mode})`;
    return `Makes the ${moved.nodes.length} nodes up to ${label(model, anchor)} one ${type} of ${places}.`;
  }
  if (plan.form === 'gathered') {
    return `Makes the ${moved.nodes.length} nodes up to ${label(model, anchor)} one SpaceToDepth of ${places} and a Gather that orders its channels.`;
  }
  const conv = label(model, plan.conv.node);
  return plan.form === 'permuted'
    ? `Makes the ${moved.nodes.length} nodes up to ${label(model, anchor)} one SpaceToDepth of ${places}, and orders the input channels of ${conv} as it does.`
    : `Lets ${conv} read the ${places} itself, with a kernel and strides ${moved.block} times as large.`;
}

function toSite(context: PassContext, found: Found): Site {
  const nodes = nodesOf(found);
  const root = rootOf(found);
  const rule = found.moved.kind;
  return {
    key: siteKey(context.model, rule, root, nodes),
    rule,
    anchor: root.id,
    nodes,
    what: whatOf(context, found),
    // Only where a convolution follows are sums taken in another order.
    preserves: 'conv' in found.plan ? 'order' : 'bits',
  };
}

function find(context: PassContext): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const node of bodyNodes(context.model)) {
    const found = inspect(context, node);
    if (typeof found === 'string') {
      refusals.push({ rule: 'space-to-depth', nodes: [node.id], reason: sentence(found) });
    } else if (found) sites.push(toSite(context, found));
  }
  return { sites, refusals };
}

/** [M, n, …] with the input channel i at map[i]. */
function permuted(weight: Tensor, map: readonly number[]): Tensor {
  return derivedTensor(weight.dtype, weight.shape, () => {
    const bytes = weight.bytes();
    const plane = (sizeOf(weight.shape.slice(2)) * BITS[weight.dtype]) / 8;
    const out = new Uint8Array(bytes.byteLength);
    const rows = weight.shape[0] ?? 0;
    for (let m = 0; m < rows; m++) {
      map.forEach((to, from) => {
        const at = (m * map.length + from) * plane;
        out.set(bytes.subarray(at, at + plane), (m * map.length + to) * plane);
      });
    }
    return out;
  });
}

/** [M, b²·C, h, w] in the order of SpaceToDepth → [M, C, h·b, w·b]: W'[m, c, y·b + i, x·b + j] = W[m, (i·b + j)·C + c, y, x]. */
function spread(weight: Tensor, block: number): Tensor {
  const [outs = 0, ins = 0, height = 0, width = 0] = weight.shape;
  const channels = ins / block ** 2;
  const size = BITS[weight.dtype] / 8;
  return derivedTensor(weight.dtype, [outs, channels, height * block, width * block], () => {
    const bytes = weight.bytes();
    const out = new Uint8Array(bytes.byteLength);
    for (let at = 0; at < bytes.byteLength / size; at++) {
      const [x, y] = [at % width, Math.floor(at / width) % height];
      const [inner, m] = [Math.floor(at / (width * height)) % ins, Math.floor(at / (width * height * ins))];
      const [place, c] = [Math.floor(inner / channels), inner % channels];
      const row = y * block + Math.floor(place / block);
      const to = ((m * channels + c) * height * block + row) * width * block + x * block + (place % block);
      out.set(bytes.subarray(at * size, (at + 1) * size), to * size);
    }
    return out;
  });
}

function spaceToDepth(build: Build, x: ValueId, block: number): Node {
  return build.node('SpaceToDepth', [x], { attributes: [['blocksize', int(block)]], label: 'blocks' });
}

function write(build: Build, { anchor, moved, plan }: Found): void {
  const { x, block } = moved;
  if (plan.form === 'operator') {
    const mode = plan.mode === 'CRD' ? [['mode', string('CRD')] as const] : [];
    const node =
      moved.kind === 'space-to-depth'
        ? spaceToDepth(build, x, block)
        : build.node('DepthToSpace', [x], { attributes: [['blocksize', int(block)], ...mode] });
    build.take(resultOf(anchor), node);
  } else if (plan.form === 'gathered') {
    const blocks = build.output(spaceToDepth(build, x, block), 'blocks', null);
    const order = build.constant('order', int64s(plan.map));
    build.take(resultOf(anchor), build.node('Gather', [blocks, order], { attributes: [['axis', int(1)]] }));
  } else writeConv(build, moved, plan);
}

function writeConv(build: Build, { x, block }: Rearrangement, plan: Extract<Plan, { conv: ConvParts }>): void {
  const { conv } = plan;
  const ordered = plan.map ? permuted(conv.weight, plan.map) : conv.weight;
  const from = defined(conv.node.inputs[1], 'the weight');
  const strided = plan.form === 'strided';
  const weight = build.constant('weight', strided ? spread(ordered, block) : ordered, from);
  const input = strided ? x : build.output(spaceToDepth(build, x, block), 'blocks', null);
  const times = strided ? block : 1;
  const larger = (sizes: readonly number[]): number[] => sizes.map((each) => each * times);
  const { kernel, strides, pads } = conv;
  const attributes = convAttributes({ ...conv, kernel: larger(kernel), strides: larger(strides), pads: larger(pads) });
  const inputs = [input, weight, ...conv.node.inputs.slice(2)];
  build.take(resultOf(conv.node), build.node('Conv', inputs, { attributes }));
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const found = site.nodes.slice(0, 2).flatMap((id) => inspect(context, model.getNode(id)) ?? []);
  const only = found.find((each) => typeof each !== 'string');
  if (!only || nodesOf(only).join() !== site.nodes.join()) return false;
  write(new Build(context, site.rule, rootOf(only)), only);
  sweep(model, site.nodes);
  return true;
}

/** Slices and a Concat, or Reshape and Transpose, that move blocks between space and channels. */
export const fuseSpaceToDepth: Pass = {
  id: 'fuse-space-to-depth',
  group: 'fusion',
  title: 'Fuse space to depth',
  why: 'Moving blocks of places to the channels and back takes one pass over memory, not one for each slice or axis.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: ['Slice → Concat', 'Reshape → Transpose → Reshape'],
    operators: ['Slice', 'Concat', 'Reshape', 'Transpose'],
  },
  find,
  apply,
};
