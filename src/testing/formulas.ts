import { numberToFloat16 } from '../ir/float.ts';
import type { Model } from '../ir/model.ts';
import { floats, tensorOf } from '../ir/tensor.ts';
import type { DataType, Shape, ValueId } from '../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from './build.ts';

/** Makes a scalar constant. */
export type ToScalar = (value: number) => ValueId;

/** A formula of one value, as nodes. */
export type Formula = (g: GraphBuilder, x: ValueId, scalar: ToScalar) => ValueId;

export interface FormulaOptions extends BuildOptions {
  readonly dtype?: DataType;
  /** Of x. */
  readonly shape?: Shape;
  /** Of the scalars. */
  readonly scalarShape?: readonly number[];
}

/** Scalars of an element type and shape, each an initializer of its own. */
export function scalarsOf(g: GraphBuilder, dtype: DataType = 'float32', shape: readonly number[] = []): ToScalar {
  return (value) => {
    if (dtype === 'float16') return g.tensor('c', tensorOf(dtype, shape, Uint16Array.of(numberToFloat16(value))));
    if (dtype === 'float64') return g.tensor('c', tensorOf(dtype, shape, Float64Array.of(value)));
    return g.tensor('c', floats(shape, [value]));
  };
}

/** A model that computes several formulas of one input, an output each: one session checks them all. */
export const formulasModel = (formulas: readonly Formula[], options: FormulaOptions = {}): Model =>
  buildModel(options, (g) => {
    const { dtype = 'float32', shape = [2, 3, 8], scalarShape = [] } = options;
    const x = g.input('x', shape, dtype);
    formulas.forEach((formula, i) => g.output(formula(g, x, scalarsOf(g, dtype, scalarShape)), `y${i}`));
  });

/** A model that computes a formula of its input `x` [2, 3, 8]. */
export const formulaModel = (formula: Formula, options: FormulaOptions = {}): Model =>
  formulasModel([formula], options);
