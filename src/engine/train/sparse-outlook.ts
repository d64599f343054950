import { analyze } from '../../analysis/analyze.ts';
import { countParameters } from '../../analysis/summary.ts';
import type { Model } from '../../ir/model.ts';
import { modelByteLength } from '../../onnx/write.ts';
import { buildForecast } from '../../prune/build-forecast.ts';
import { forecast } from '../../prune/forecast.ts';
import { channelGraph } from '../../prune/plan.ts';
import type { SparsitySetup } from '../../train/sparsity.ts';
import { unitCount, unitsGone } from '../../train/sparsity.ts';
import type { SparseParts } from './sparse.ts';
import type { SparseOutlook, SparseRequest } from './types.ts';

/** Of a float32 weight that is not zero, bytes. */
const STORED = 4;

/** What the zeros that are asked for make of a student. Null: how many there will be is not known before. */
export function sparseOutlook(
  student: Model,
  { block, kind }: SparseRequest,
  parts: SparseParts,
  setup: SparsitySetup,
): SparseOutlook | null {
  if (kind === 'held' || kind === 'soft') return null;
  const units = parts.layers.reduce((sum, layer) => sum + unitCount(layer), 0);
  const gone = parts.layers.reduce((sum, layer) => sum + unitsGone(layer, setup.target), 0);
  const analysis = analyze(student);
  const before = { parameters: countParameters(analysis), bytes: modelByteLength(student) };
  if (typeof block !== 'string') {
    const zeros = parts.layers.reduce((sum, layer) => {
      if (layer.kind !== 'blocks') return sum;
      const { matrices, rows, columns } = layer.blocks;
      return sum + (matrices * rows * columns * unitsGone(layer, setup.target)) / unitCount(layer);
    }, 0);
    return {
      units,
      gone,
      before,
      after: {
        parameters: Math.round(before.parameters - zeros),
        bytes: before.bytes,
        packed: packed(before, zeros, units, gone),
      },
    };
  }
  const graph = channelGraph(student, analysis);
  const layers = new Map(parts.groups.map((key, i) => [key, parts.layers[i]]));
  const kept = graph.groups.map(({ key, channels, atoms }) => {
    const layer = layers.get(key);
    return layer ? (channels * (atoms.length - unitsGone(layer, setup.target))) / atoms.length : channels;
  });
  const table = buildForecast(student, analysis, graph, before.bytes);
  const after = forecast(table, { channels: graph.groups.map(({ channels }) => channels), kept });
  return { units, gone, before, after: { parameters: after.parameters, bytes: after.bytes, packed: null } };
}

/**
 * Bytes of a file with zeros once it is compressed, at best: where they lie costs the entropy of the shares (Shannon
 * 1948), and the bits of other weights hardly give.
 */
function packed(before: { readonly bytes: number }, zeros: number, units: number, gone: number): number {
  const share = gone / Math.max(1, units);
  const entropy = share > 0 && share < 1 ? -share * Math.log2(share) - (1 - share) * Math.log2(1 - share) : 0;
  return Math.round(before.bytes - STORED * zeros + (units * entropy) / 8);
}
