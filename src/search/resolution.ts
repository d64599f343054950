import { analyze, type Analysis } from '../analysis/analyze.ts';
import { formatShape, plural } from '../base/format.ts';
import { getInts } from '../ir/attribute.ts';
import type { Model, Node, Value } from '../ir/model.ts';
import type { Dim, ValueId } from '../ir/types.ts';
import { computedFrom } from '../passes/edit/declare.ts';
import { fedInputs } from '../passes/edit/input-shapes.ts';
import { setInputShape } from '../passes/edit/set-input-shape.ts';
import type { PassContext } from '../rewrite/pass.ts';
import type { SpaceGene } from './space.ts';

/** Sides as shares of the model's own: of 224, 128, 160 and 192. */
const SHARES = [5 / 8, 3 / 4, 7 / 8];
/** Images are small below this side, pixels: their sides are multiples of 4, whatever the network strides over. */
const SMALL = 64;
const SMALL_STEP = 4;
/** Smaller sides leave too little to see, pixels. */
const LEAST = 16;

/** An input of images, and where their height and width stand in its shape. */
interface ImageInput {
  readonly value: Value;
  readonly shape: readonly Dim[];
  readonly axes: readonly number[];
  readonly sides: readonly number[];
}

/**
 * The gene of an image's sides (elastic resolution of Cai et al. 2020). A smaller size is offered where every shape
 * follows from it and the outputs keep theirs, as they do behind global pooling.
 *
 * @returns the gene, or why there is none
 */
export function resolutionGene(context: PassContext): SpaceGene | string {
  const image = imageInput(context.model);
  if (typeof image === 'string') return `The resolution is not searched: ${image}.`;
  const { value, shape, axes, sides } = image;
  const step = Math.min(...sides) < SMALL ? SMALL_STEP : totalStride(context.analysis, context.model, value.id);
  const tried = sizesOf(sides, step).map((size) => {
    const smaller = shape.map((dim, axis) => size[axes.indexOf(axis)] ?? dim);
    return { size, smaller, reason: misfit(context, value, smaller) };
  });
  const fitting = tried.filter(({ reason }) => reason === null);
  if (fitting.length === 0) {
    const last = tried.at(-1);
    const why = last ? `At ${last.size.join(' × ')}: ${last.reason}` : `It strides over ${step} pixels in all.`;
    return `The resolution is not searched. ${why}`;
  }
  const sizes = [...fitting.map(({ size }) => size), sides];
  return {
    id: 'resolution',
    kind: 'resolution',
    name: 'resolution',
    choices: sizes.map((size) => (size[0] ?? 0) / (sides[0] ?? 1)),
    labels: sizes.map((size) => size.join(' × ')),
    nodes: [...new Set(value.uses.map(({ node }) => node))],
    place: { kind: 'resolution', input: value.name, shapes: [...fitting.map(({ smaller }) => smaller), shape] },
    spared: null,
  };
}

/** The one input, where it is [N, C, H, W] or [N, H, W, C] of one channel or three and of fixed size; or what it is not. */
function imageInput(model: Model): ImageInput | string {
  const inputs = fedInputs(model);
  const [value] = inputs;
  if (!value || inputs.length > 1) return `it takes ${plural(inputs.length, 'input')}, not an image alone`;
  const shape = value.type?.kind === 'tensor' ? value.type.shape : null;
  const channels = [1, 3].find((axis) => shape?.[axis] === 1 || shape?.[axis] === 3);
  if (shape?.length !== 4 || channels === undefined) return `the input ${value.name} takes no images`;
  const axes = channels === 1 ? [2, 3] : [1, 2];
  const sides = axes.map((axis) => shape[axis]).filter((size) => typeof size === 'number');
  if (sides.length < 2) return `the input ${value.name} leaves height and width open`;
  if (Math.min(...sides) < LEAST) return `${sides.join(' × ')} is small enough`;
  return { value, shape, axes, sides };
}

/** Ascending, without the model's own. */
function sizesOf(sides: readonly number[], step: number): number[][] {
  const sizes = SHARES.map((share) => sides.map((side) => Math.round((share * side) / step) * step));
  return sizes.filter(
    (size, i) =>
      size.every((side, axis) => side >= LEAST && side < (sides[axis] ?? 0)) &&
      sizes.findIndex((other) => other.join() === size.join()) === i,
  );
}

/** Pixels of the image from one place of the coarsest values to the next: what convolutions and pooling stride over. */
function totalStride(analysis: Analysis, model: Model, input: ValueId): number {
  const strides = new Map<ValueId, number>([[input, 1]]);
  let total = 1;
  for (const node of analysis.order) {
    if (node.graph !== model.graph.id) continue;
    const before = node.inputs.map((value) => (value === null ? 0 : (strides.get(value) ?? 0)));
    const most = Math.max(0, ...before) * ownStride(node);
    for (const output of node.outputs) if (output !== null && most > 0) strides.set(output, most);
    total = Math.max(total, most);
  }
  return total;
}

/** Of convolutions of all kinds and pooling. */
const ownStride = (node: Node): number =>
  node.opType === 'ConvTranspose' ? 1 : Math.max(1, ...getInts(node, 'strides', []));

/** Why the model does not take images of this shape; null: it does, and gives the same shapes. */
function misfit(context: PassContext, { id, name }: Value, shape: readonly Dim[]): string | null {
  const options = { shapes: { [name]: shape }, symbols: {} };
  const { sites, refusals } = setInputShape.find({ ...context, options });
  const [site] = sites;
  if (!site) return refusals[0]?.reason ?? 'It does not take this size.';
  const model = context.model.clone();
  setInputShape.apply({ ...context, model, options }, site, undefined);
  const analysis = analyze(model);
  for (const value of computedFrom(model, [id])) {
    if (analysis.shape(value) === null) return `The shape of ${model.getValue(value).name} is not known.`;
  }
  const changed = model.graph.outputs.find(
    (output) => shapeText(analysis, output) !== shapeText(context.analysis, output),
  );
  if (changed === undefined) return null;
  const [before, after] = [context.analysis, analysis].map((each) => shapeText(each, changed));
  return `The output ${model.getValue(changed).name} would be ${after} instead of ${before}.`;
}

const shapeText = (analysis: Analysis, value: ValueId): string => formatShape(analysis.shape(value));
