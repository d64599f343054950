import type { Analysis } from '../../analysis/analyze.ts';
import { holdsGraphs } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { byteLengthOf, sizeOf, staticShape, type ValueId } from '../../ir/types.ts';
import { schemaOf } from '../../ops/registry.ts';
import { isTensor } from '../../ops/shapes.ts';
import { formatShape } from '../../base/format.ts';
import type { Folded } from './folded.ts';
import { fragmentsOf, type Fragment } from './fragments.ts';
import { endsOf, keyOf } from './keys.ts';
import { shapeAt, sized, typeAt } from './sized.ts';

/** A fragment of a model, with all that a table has to know of it. */
export interface Part {
  readonly fragment: Fragment;
  /** Null: it can be in no table; `reason` says why. */
  readonly key: string | null;
  readonly reason: string | null;
  readonly operators: string;
  readonly shapes: string;
  /** MACs, or bytes read and written where it has none. */
  readonly work: number;
  readonly macs: number;
}

/** A model as it is timed: at fixed sizes, cut into parts. */
export interface Parts {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly folded: Folded;
  readonly list: readonly Part[];
  /** Bytes of the inputs and outputs of the whole model. */
  readonly endBytes: number;
}

const known = new WeakMap<Analysis, Parts>();

/** The parts of a model; found once for an analysis. Values whose sizes are free get those of a benchmark. */
export function partsOf(model: Model, analysis: Analysis): Parts {
  const before = known.get(analysis);
  if (before) return before;
  const fixed = sized(model, analysis);
  const { list, folded } = fragmentsOf(fixed.analysis);
  const { graph } = fixed.model;
  const ends = [...graph.inputs.filter((id) => !graph.initializers.has(id)), ...graph.outputs];
  const parts = {
    ...fixed,
    folded,
    list: list.map((fragment) => partOf(fixed.analysis, fragment, folded)),
    endBytes: ends.reduce((sum, value) => sum + bytesOf(fixed.analysis, value), 0),
  };
  known.set(analysis, parts);
  return parts;
}

function partOf(analysis: Analysis, fragment: Fragment, folded: Folded): Part {
  const { nodes } = fragment;
  const reason = reasonAgainst(analysis, fragment);
  const ends = endsOf(analysis, fragment, folded);
  const macs = nodes.reduce((sum, node) => sum + (analysis.cost(node).macs ?? 0), 0);
  const bytes = [...ends.inputs, ...ends.outputs].reduce((sum, value) => sum + bytesOf(analysis, value), 0);
  const key = reason === null ? keyOf(analysis, fragment, folded) : null;
  return {
    fragment,
    key,
    reason: reason ?? (key === null ? 'a shape or type that it reads is not known before it runs' : null),
    operators: nodes.map(({ opType }) => opType).join(' + '),
    shapes: shapesOf(analysis, fragment, ends, folded),
    work: macs > 0 ? macs : bytes,
    macs,
  };
}

function reasonAgainst(analysis: Analysis, { nodes }: Fragment): string | null {
  for (const node of nodes) {
    if (holdsGraphs(node)) return 'it holds graphs of its own, of which the data decide how often they run';
    if (analysis.functionOf(node)) return 'it calls a function of the model';
    if (!schemaOf(node)) return 'the operator is unknown';
  }
  const last = nodes.at(-1);
  const open = last?.outputs.some((value) => value !== null && !staticShape(shapeAt(analysis, value)));
  return open ? 'the size of what it writes is not known before it runs' : null;
}

function bytesOf(analysis: Analysis, value: ValueId): number {
  const type = typeAt(analysis, value);
  const shape = isTensor(type) ? staticShape(type.shape) : null;
  return isTensor(type) && shape ? byteLengthOf(type.dtype, sizeOf(shape)) : 0;
}

/** What it reads, its weights behind a semicolon, then what it writes: `1×3×224×224; 32×3×3×3 → 1×32×112×112`. */
function shapesOf(analysis: Analysis, { nodes }: Fragment, ends: ReturnType<typeof endsOf>, folded: Folded): string {
  const told = (values: readonly ValueId[]): string =>
    values.map((value) => formatShape(shapeAt(analysis, value))).join(', ') || '–';
  const isWeight = (value: ValueId): boolean =>
    !ends.inputs.includes(value) &&
    (staticShape(shapeAt(analysis, value))?.length ?? 0) > 1 &&
    (folded.has(value) || analysis.model.graph.initializers.has(value));
  const weight = nodes
    .slice(0, 2)
    .flatMap(({ inputs }) => inputs.filter((value) => value !== null))
    .find(isWeight);
  return `${told(ends.inputs)}${weight === undefined ? '' : `; ${told([weight])}`} → ${told(ends.outputs)}`;
}
