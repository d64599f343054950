import { describe, expect, it } from 'vitest';
import { isFloat } from '../../ir/types.ts';
import type { Model } from '../../ir/model.ts';
import { readModel, readTensorProto } from '../../onnx/read.ts';
import { opKey } from '../../ops/registry.ts';
import { isTensor } from '../../ops/shapes.ts';
import { conformanceCases, type ConformanceCase } from '../conformance.ts';
import { haveShared } from '../shared.ts';
import { Reference } from './evaluate.ts';
import { REFERENCE_OPS } from './operators.ts';
import { fromTensor, type RefTensor } from './tensor.ts';

/** Why a case is not run; null: it is. */
function skipped(model: Model): string | null {
  const values = [...model.graph.inputs, ...model.graph.outputs].map((id) => model.getValue(id).type);
  if (values.some((type) => !isTensor(type))) return 'sequences and optionals';
  if (values.some((type) => isTensor(type) && type.dtype === 'string')) return 'strings';
  const unknown = [...model.nodes.values()].map(opKey).filter((key) => !REFERENCE_OPS.has(key));
  return unknown[0] ?? null;
}

function run(model: Model, { inputs }: ConformanceCase): RefTensor[] {
  const feeds: Record<string, RefTensor> = {};
  inputs.forEach((bytes, i) => {
    const { tensor } = readTensorProto(bytes);
    feeds[model.getValue(model.graph.inputs[i]!).name] = fromTensor(tensor);
  });
  const values = new Reference(model).run(feeds);
  return model.graph.outputs.map((id) => values.get(id)!);
}

/** The largest difference relative to max|y|; Infinity for another shape or NaN. */
function distance(a: RefTensor, b: RefTensor): number {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Infinity;
  let [most, difference] = [1e-6, 0];
  b.data.forEach((wanted, i) => {
    const got = a.data[i]!;
    if (Object.is(got, wanted) || got === wanted) return;
    if (!Number.isFinite(wanted) || !Number.isFinite(got)) difference = Infinity;
    most = Math.max(most, Math.abs(wanted));
    difference = Math.max(difference, Math.abs(got - wanted));
  });
  return difference / most;
}

const SINGLE = 1e-5;
/** A case whose answers, or the numbers on the way, are rounded to 11 bits. */
const HALF = 2e-3;
const HALF_CASE = /16/;

describe.skipIf(!haveShared())('the reference evaluator', () => {
  it('gives what ONNX’s own cases expect, for every operator that it knows', async () => {
    const wrong: string[] = [];
    const skips = new Map<string, number>();
    let [checked, worst] = [0, 0];
    for (const each of await conformanceCases()) {
      const { model } = readModel(each.model);
      const reason = skipped(model);
      if (reason !== null) {
        skips.set(reason, (skips.get(reason) ?? 0) + 1);
        continue;
      }
      checked += 1;
      try {
        run(model, each).forEach((got, i) => {
          const wanted = fromTensor(readTensorProto(each.outputs[i]!).tensor);
          const half = [...model.values.values()].some(
            ({ type }) => isTensor(type) && HALF_CASE.test(type.dtype) && isFloat(type.dtype),
          );
          const apart = distance(got, wanted);
          if (!half) worst = Math.max(worst, apart);
          if (!(apart <= (half ? HALF : SINGLE)))
            wrong.push(
              `${each.name}: output ${i} is off by ${apart} ${got.dtype}[${got.shape}] ${wanted.dtype}[${wanted.shape}]`,
            );
        });
      } catch (error) {
        wrong.push(`${each.name}: ${(error as Error).stack}`);
      }
    }
    console.log(checked, worst, [...skips].map(([k, v]) => `${k}:${v}`).join(' '));
    expect(wrong).toEqual([]);
  });
});
