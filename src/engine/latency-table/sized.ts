import { analyze, type Analysis } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { staticShape, tensorType, type Dim, type Shape, type ValueId, type ValueType } from '../../ir/types.ts';
import { isTensor } from '../../ops/shapes.ts';
import { freeDims, sizesOf, TIMING_ATTEMPTS } from '../../runtime/feed-sizes.ts';
import type { PortInfo } from '../../runtime/types.ts';

export interface Sized {
  readonly model: Model;
  readonly analysis: Analysis;
  /** Sizes that were chosen for what the model leaves open, by symbol. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** Gives every free size of the inputs the one that a benchmark would time the model at. */
export function sized(model: Model, analysis: Analysis): Sized {
  const ports = model.graph.inputs
    .filter((id) => !model.graph.initializers.has(id))
    .map((id): PortInfo => {
      const { name, type } = model.getValue(id);
      return isTensor(type)
        ? { name, dtype: type.dtype, shape: type.shape }
        : { name, dtype: 'undefined', shape: null };
    });
  const dims = freeDims(ports);
  const [first] = TIMING_ATTEMPTS;
  if (dims.length === 0 || !first) return { model, analysis, sizes: {} };
  const sizes = sizesOf(dims, first);
  const copy = model.clone();
  for (const id of copy.graph.inputs) {
    const value = copy.getValue(id);
    if (!isTensor(value.type) || !value.type.shape || staticShape(value.type.shape)) continue;
    const { dtype, shape } = value.type;
    const fixed = shape.map((dim, axis): Dim => {
      if (typeof dim === 'number') return dim;
      return sizes[dim ?? `${value.name}[${axis}]`] ?? dim;
    });
    value.type = tensorType(dtype, fixed);
  }
  // What the file declares of values inside may name the symbols that are gone.
  for (const value of copy.values.values()) {
    if (value.producer && isTensor(value.type) && !staticShape(value.type.shape)) value.type = null;
  }
  return { model: copy, analysis: analyze(copy), sizes };
}

/**
 * The type of a value at fixed sizes, with inputs that have a default left at it; null: unknown. A size that depends on the
 * data stays open.
 */
export const typeAt = (analysis: Analysis, value: ValueId): ValueType | null =>
  analysis.symbols.length === 0 ? analysis.assumedType(value) : analysis.type(value);

export function shapeAt(analysis: Analysis, value: ValueId): Shape {
  const type = typeAt(analysis, value);
  return isTensor(type) ? type.shape : null;
}
