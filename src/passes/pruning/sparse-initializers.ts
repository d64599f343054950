import { CodedError } from '../../base/error.ts';
import { formatBytes, formatShare } from '../../base/format.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { sparseBytes, storedCount, toSparse } from '../../prune/sparsity/coordinates.ts';
import {
  CONSTANT_IR,
  constantAt,
  constantSite,
  heldConstants,
  seenOutside,
  type HeldConstant,
} from '../../rewrite/held-constants.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';

const RULE = 'coordinates';
/** Sparse initializers are part of ONNX's IR from this version on; 4 and 5 read the same under it. */
const FIRST_IR = 6;
/** Constants below are not worth a second tensor, bytes. */
const SMALL = 1024;
const MADE_SPARSE: ReadonlySet<string> = new Set(['float32', 'float16', 'float64']);

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
const candidates = (model: Model): HeldConstant[] =>
  heldConstants(
    model,
    (tensor) => tensor.byteLength >= SMALL && MADE_SPARSE.has(tensor.dtype) && isMostlyZeros(tensor),
  );

/** A data file that is missing holds nothing that could be looked at. */
function isMostlyZeros(tensor: Tensor): boolean {
  try {
    return storedCount(tensor) <= tensor.size / 2;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'external-data') return false;
    throw error;
  }
}

const zeroShare = (tensor: Tensor): number => 1 - storedCount(tensor) / tensor.size;

/** Why a constant stays dense; null: it gets smaller. */
function denseReason(model: Model, held: HeldConstant, wanted: number): string | null {
  const { tensor } = held;
  const { name } = model.getValue(held.value);
  const zeros = `${name} is ${formatShare(zeroShare(tensor))} zeros`;
  const seen = seenOutside(model, held);
  if (seen !== null) return seen;
  if (model.irVersion < CONSTANT_IR) {
    return `${zeros}, but the file is of IR version ${model.irVersion}: sparse constants need ${FIRST_IR}.`;
  }
  if (sparseBytes(tensor) >= tensor.byteLength) {
    return `${zeros}: its coordinates would take ${formatBytes(sparseBytes(tensor))} in place of ${formatBytes(tensor.byteLength)}.`;
  }
  return zeroShare(tensor) < wanted ? `${zeros}, fewer than are asked for.` : null;
}

function siteOf(model: Model, held: HeldConstant): Site {
  const { value, tensor } = held;
  const { name } = model.getValue(value);
  const [before, after] = [formatBytes(tensor.byteLength), formatBytes(sparseBytes(tensor))];
  const what = `Stores ${name}, ${formatShare(zeroShare(tensor))} zeros, as coordinates: ${before} become ${after}.`;
  return constantSite(model, held, RULE, what);
}

function apply({ model }: PassContext, site: Site): boolean {
  const held = constantAt(model, site, candidates(model));
  if (!held) return false;
  model.irVersion = Math.max(model.irVersion, FIRST_IR);
  held.graph.initializers.delete(held.value);
  held.graph.sparseInitializers.set(held.value, toSparse(held.tensor));
  return true;
}
