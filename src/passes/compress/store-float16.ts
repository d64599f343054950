import { CodedError } from '../../base/error.ts';
import { numberToFloat16 } from '../../base/float16.ts';
import { formatBytes } from '../../base/format.ts';
import type { Model } from '../../ir/model.ts';
import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import {
  CONSTANT_IR,
  constantAt,
  constantSite,
  heldConstants,
  seenOutside,
  type HeldConstant,
} from '../../rewrite/held-constants.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';

const RULE = 'half';
/** From here on numbers round to infinity (IEEE 754 binary16). */
const LARGEST = 65_520;
const FLOAT32 = 1n;

/**
 * Stores float32 constants as float16, with a Cast back to float32 behind each: inputs, outputs and kernels stay as they
 * are. ONNX Runtime casts once, when it loads the model, so a run takes as long as before and only the file is smaller.
 * A number w becomes w·(1 + ε), |ε| ≤ 2⁻¹¹ where it is at least 2⁻¹⁴ in size, and moves by at most 2⁻²⁵ below.
 */
export const storeFloat16: Pass = {
  id: 'store-float16',
  group: 'compress',
  title: 'Store weights as float16',
  why: 'Half the bytes in the file, cast to float32 when it is loaded. Make it the last step: other passes do not look behind the cast, and constant folding undoes it.',
  options: {
    bytes: {
      type: 'number',
      default: 1024,
      min: 8,
      max: 2 ** 30,
      step: 1,
      label: 'Only constants from here on, bytes',
    },
  },
  preserves: 'approximation',
  needs: ['weights'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  find,
  apply,
};

function find({ model, options }: PassContext): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const held of candidates(model, Number(options['bytes']))) {
    const reason = refusalOf(model, held);
    if (reason === null) sites.push(siteOf(model, held));
    else refusals.push({ rule: RULE, nodes: held.nodes, reason });
  }
  return { sites, refusals };
}

/** Float32 constants that are read and are not small. */
const candidates = (model: Model, least: number): HeldConstant[] =>
  heldConstants(model, ({ dtype, byteLength }) => dtype === 'float32' && byteLength >= least);

function refusalOf(model: Model, held: HeldConstant): string | null {
  const { name } = model.getValue(held.value);
  const seen = seenOutside(model, held);
  if (seen !== null) return seen;
  if (model.irVersion < CONSTANT_IR)
    return `${name} is an input that a caller may feed: the file is of IR version ${model.irVersion}.`;
  return valuesRefusal(name, held.tensor);
}

const isTooLarge = (value: number): boolean => Number.isFinite(value) && Math.abs(value) >= LARGEST;

/** Finite numbers that would become infinite are refused; what is infinite already stays so. */
function valuesRefusal(name: string, tensor: Tensor): string | null {
  try {
    const large = Array.prototype.find.call(tensor.numbers(), isTooLarge) as number | undefined;
    return large === undefined ? null : `${name} holds ${large}, beyond the largest float16.`;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'external-data')
      return `${name} cannot be read: ${error.message}`;
    throw error;
  }
}

function siteOf(model: Model, held: HeldConstant): Site {
  const { name } = model.getValue(held.value);
  const { byteLength } = held.tensor;
  const what = `Stores ${name} as float16: ${formatBytes(byteLength)} become ${formatBytes(byteLength / 2)}.`;
  return constantSite(model, held, RULE, what);
}

function apply({ model, options }: PassContext, site: Site): boolean {
  const held = constantAt(model, site, candidates(model, Number(options['bytes'])));
  if (!held) return false;
  const { name } = model.getValue(held.value);
  const { graph, value, tensor } = held;
  const half = model.addInitializer(graph, `${name}:${RULE}`, halved(tensor));
  half.origin = { relation: 'new' };
  graph.initializers.delete(value);
  const cast = model.addNode(graph, {
    opType: 'Cast',
    domain: '',
    name: `${name}:${RULE}/cast`,
    inputs: [half.id],
    outputs: [],
    attributes: [['to', { type: 'int', value: FLOAT32 }]],
  });
  model.moveOutput(value, cast, 0);
  return true;
}

const halved = (tensor: Tensor): Tensor =>
  derivedTensor('float16', tensor.shape, () => {
    const bits = Uint16Array.from(tensor.numbers(), numberToFloat16);
    return new Uint8Array(bits.buffer);
  });
