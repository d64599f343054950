import { CodedError } from '../../base/error.ts';
import { formatBytes, formatShare } from '../../base/format.ts';
import type { Graph, Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { sparseBytes, storedCount, toSparse } from '../../prune/sparsity/coordinates.ts';
import { bodyGraphs } from '../../rewrite/graphs.ts';
import { parseSiteKey, structuralHash } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type PassContext, type Refusal, type Site } from '../../rewrite/pass.ts';

const RULE = 'coordinates';
/** Sparse initializers are part of ONNX's IR from this version on; 4 and 5 read the same under it. */
const FIRST_IR = 6;
/** Before, every constant is an input that a caller may feed. */
const LEAST_IR = 4;
/** Constants below are not worth a second tensor, bytes. */
const SMALL = 1024;
const MADE_SPARSE: ReadonlySet<string> = new Set(['float32', 'float16', 'float64']);

interface Held {
  readonly graph: Graph;
  readonly value: ValueId;
  readonly tensor: Tensor;
  readonly nodes: readonly NodeId[];
}

/**
 * Stores constants that are mostly zeros by the coordinates of the others. ONNX Runtime makes them dense again when it
 * loads the model, whatever reads them, so a run takes as long as before.
 */
export const sparseInitializers: Pass = {
  id: 'sparse-initializers',
  group: 'pruning',
  title: 'Store zeros sparsely',
  why: 'A constant that is mostly zeros takes fewer bytes as the coordinates of the others; other passes no longer look into it.',
  options: {
    sparsity: { type: 'number', default: 0, min: 0, max: 1, step: 0.01, label: 'Only where this share is zero' },
  },
  preserves: 'bits',
  needs: ['weights'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  find,
  apply,
};

function find({ model, options }: PassContext): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const held of candidates(model)) {
    const reason = denseReason(model, held, Number(options['sparsity']));
    if (reason === null) sites.push(siteOf(model, held));
    else refusals.push({ rule: RULE, nodes: held.nodes, reason });
  }
  return { sites, refusals };
}

/** Float constants that are read, are not small and of which half or more is zero. */
function candidates(model: Model): Held[] {
  return bodyGraphs(model).flatMap((graph) =>
    [...graph.initializers]
      .filter(([value, tensor]) => tensor.byteLength >= SMALL && MADE_SPARSE.has(tensor.dtype) && model.isUsed(value))
      .filter(([, tensor]) => isMostlyZeros(tensor))
      .map(([value, tensor]) => ({ graph, value, tensor, nodes: readersOf(model, value) })),
  );
}

/** A data file that is missing holds nothing that could be looked at. */
function isMostlyZeros(tensor: Tensor): boolean {
  try {
    return storedCount(tensor) <= tensor.size / 2;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'external-data') return false;
    throw error;
  }
}

const readersOf = (model: Model, value: ValueId): NodeId[] => [
  ...new Set(model.getValue(value).uses.map((use) => use.node)),
];

const zeroShare = (tensor: Tensor): number => 1 - storedCount(tensor) / tensor.size;

/** Why a constant stays dense; null: it gets smaller. */
function denseReason(model: Model, { graph, value, tensor }: Held, wanted: number): string | null {
  const { name } = model.getValue(value);
  const zeros = `${name} is ${formatShare(zeroShare(tensor))} zeros`;
  if (graph.inputs.includes(value)) return `${name} is a graph input with a default.`;
  if (model.isGraphOutput(value)) return `${name} is a graph output.`;
  if (model.irVersion < LEAST_IR) {
    return `${zeros}, but the file is of IR version ${model.irVersion}: sparse constants need ${FIRST_IR}.`;
  }
  if (sparseBytes(tensor) >= tensor.byteLength) {
    return `${zeros}: its coordinates would take ${formatBytes(sparseBytes(tensor))} in place of ${formatBytes(tensor.byteLength)}.`;
  }
  return zeroShare(tensor) < wanted ? `${zeros}, fewer than are asked for.` : null;
}

function siteOf(model: Model, { value, tensor, nodes }: Held): Site {
  const { name } = model.getValue(value);
  const [before, after] = [formatBytes(tensor.byteLength), formatBytes(sparseBytes(tensor))];
  return {
    key: `${RULE}:${name}:${structuralHash(model, nodes)}`,
    rule: RULE,
    anchor: nodes[0] ?? NO_NODE,
    nodes,
    what: `Stores ${name}, ${formatShare(zeroShare(tensor))} zeros, as coordinates: ${before} become ${after}.`,
  };
}

function apply({ model }: PassContext, site: Site): boolean {
  const { name } = parseSiteKey(site.key);
  const held = candidates(model)
    .filter(({ value }) => model.getValue(value).name === name)
    .find((each) => siteOf(model, each).key === site.key);
  if (!held) return false;
  model.irVersion = Math.max(model.irVersion, FIRST_IR);
  held.graph.initializers.delete(held.value);
  held.graph.sparseInitializers.set(held.value, toSparse(held.tensor));
  return true;
}
