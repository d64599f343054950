import { CodedError } from '../../base/error.ts';
import { numberToFloat16 } from '../../base/float16.ts';
import { formatBytes } from '../../base/format.ts';
import type { Graph, Model } from '../../ir/model.ts';
import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { bodyGraphs } from '../../rewrite/graphs.ts';
import { parseSiteKey, structuralHash } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type PassContext, type Site } from '../../rewrite/pass.ts';

const RULE = 'half';
/** Before, every constant is an input that a caller may feed. */
const LEAST_IR = 4;
/** From here on numbers round to infinity (IEEE 754 binary16). */
const LARGEST = 65_520;
const FLOAT32 = 1n;

interface Held {
  readonly graph: Graph;
  readonly value: ValueId;
  readonly tensor: Tensor;
  readonly nodes: readonly NodeId[];
}

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
  const findings = { sites: [] as Site[], refusals: [] as Findings['refusals'][number][] };
  for (const held of candidates(model, Number(options['bytes']))) {
    const reason = refusalOf(model, held);
    if (reason === null) findings.sites.push(siteOf(model, held));
    else findings.refusals.push({ rule: RULE, nodes: held.nodes, reason });
  }
  return findings;
}

/** Float32 constants that are read and are not small. */
const candidates = (model: Model, least: number): Held[] =>
  bodyGraphs(model).flatMap((graph) =>
    [...graph.initializers]
      .filter(([value, tensor]) => tensor.dtype === 'float32' && tensor.byteLength >= least && model.isUsed(value))
      .map(([value, tensor]) => ({ graph, value, tensor, nodes: readersOf(model, value) })),
  );

const readersOf = (model: Model, value: ValueId): NodeId[] => [
  ...new Set(model.getValue(value).uses.map((use) => use.node)),
];

function refusalOf(model: Model, { graph, value, tensor }: Held): string | null {
  const { name } = model.getValue(value);
  if (graph.inputs.includes(value)) return `${name} is a graph input with a default.`;
  if (model.isGraphOutput(value)) return `${name} is a graph output.`;
  if (model.irVersion < LEAST_IR)
    return `${name} is an input that a caller may feed: the file is of IR version ${model.irVersion}.`;
  return valuesRefusal(name, tensor);
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

function siteOf(model: Model, { value, tensor, nodes }: Held): Site {
  const { name } = model.getValue(value);
  return {
    key: `${RULE}:${name}:${structuralHash(model, nodes)}`,
    rule: RULE,
    anchor: nodes[0] ?? NO_NODE,
    nodes,
    what: `Stores ${name} as float16: ${formatBytes(tensor.byteLength)} become ${formatBytes(tensor.byteLength / 2)}.`,
  };
}

function apply({ model, options }: PassContext, site: Site): boolean {
  const { name } = parseSiteKey(site.key);
  const held = candidates(model, Number(options['bytes']))
    .filter(({ value }) => model.getValue(value).name === name)
    .find((each) => siteOf(model, each).key === site.key);
  if (!held) return false;
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
