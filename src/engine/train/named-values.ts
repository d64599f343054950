import type { Analysis } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { isFloat } from '../../ir/types.ts';
import { isTensor } from '../../ops/shapes.ts';
import type { NamedValue } from './types.ts';

/** Floats that nodes of the main graph give, in running order. */
export function namedValues(model: Model, analysis: Analysis): readonly NamedValue[] {
  return analysis.order.flatMap(({ id, outputs }) =>
    outputs.flatMap((value): NamedValue[] => {
      if (value === null) return [];
      const type = analysis.type(value);
      if (!isTensor(type) || !isFloat(type.dtype)) return [];
      return [{ name: model.getValue(value).name, node: id, shape: analysis.shape(value) ?? null }];
    }),
  );
}
