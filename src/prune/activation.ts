import type { Analysis } from '../analysis/analyze.ts';
import { liveSteps } from '../analysis/memory.ts';
import { byteLengthOf, sizeOf, staticShape, type ValueId } from '../ir/types.ts';
import type { ChannelGraph } from './groups.ts';
import { pack, productTerms, type Term } from './terms.ts';
import type { PeakTerms } from './types.ts';

/** Live buffers at every step at which the peak can be, with their bytes as terms of the widths. */
export function activationTerms(analysis: Analysis, graph: ChannelGraph): PeakTerms {
  const numbers = new Map<ValueId, number>();
  const terms: Term[] = [];
  const values = [0];
  const add = (each: readonly Term[]): number => {
    terms.push(...each);
    values.push(terms.length);
    return values.length - 2;
  };
  const numberOf = (value: ValueId): number => {
    const number = numbers.get(value) ?? add(valueTerms(analysis, graph, value));
    numbers.set(value, number);
    return number;
  };
  const live = (liveSteps(analysis) ?? []).map((step) => [
    ...step.values.map(numberOf),
    ...(step.inner > 0 ? [add([{ coefficient: step.inner, groups: [] }])] : []),
  ]);
  const steps = [0];
  for (const each of live) steps.push((steps.at(-1) ?? 0) + each.length);
  return {
    sizes: pack(terms),
    values: Int32Array.from(values),
    steps: Int32Array.from(steps),
    live: Int32Array.from(live.flat()),
  };
}

export function valueTerms(analysis: Analysis, graph: ChannelGraph, value: ValueId): readonly Term[] {
  const type = analysis.assumedType(value);
  const shape = type?.kind === 'tensor' ? staticShape(type.shape) : null;
  if (type?.kind !== 'tensor' || !shape) return [];
  return productTerms(graph, byteLengthOf(type.dtype, sizeOf(shape)), graph.space.value(value)?.axes ?? []);
}
