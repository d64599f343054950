import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { readModel, readTensorProto } from '../../onnx/read.ts';
import { opKey } from '../../ops/registry.ts';
import { isTensor } from '../../ops/shapes.ts';
import { conformanceCases, type ConformanceCase } from '../conformance.ts';
import { haveShared } from '../shared.ts';
import { Reference } from './evaluate.ts';
import { REFERENCE_OPS } from './operators.ts';
import { fromTensor, type RefTensor } from './tensor.ts';

/** Operators of the cases that no gradient rule meets or writes, so that the evaluator need not know them. */
const UNKNOWN = [
  'AffineGrid',
  'BitCast',
  'BitShift',
  'BitwiseAnd',
  'BitwiseNot',
  'BitwiseXor',
  'BlackmanWindow',
  'CenterCropPad',
  'Col2Im',
  'Compress',
  'ConvInteger',
  'DeformConv',
  'DequantizeLinear',
  'Det',
  'DynamicQuantizeLinear',
  'GridSample',
  'HammingWindow',
  'Hardmax',
  'MaxUnpool',
  'NegativeLogLikelihoodLoss',
  'NonMaxSuppression',
  'NonZero',
  'OptionalGetElement',
  'QLinearMatMul',
  'QuantizeLinear',
  'ReverseSequence',
  'Scan',
  'SequenceConstruct',
  'SoftmaxCrossEntropyLoss',
  'SplitToSequence',
  'TensorScatter',
  'TfIdfVectorizer',
  'Unique',
  'ai.onnx.ml.ArrayFeatureExtractor',
  'ai.onnx.ml.TreeEnsemble',
];
const NO_NUMBERS = 'strings, sequences and optionals';

/** Why a case is not run; null: it is. */
function skipped(model: Model): string | null {
  const types = [...model.values.values()].map(({ type }) => type).filter((type) => type !== null);
  if (types.some((type) => !isTensor(type) || type.dtype === 'string')) return NO_NUMBERS;
  return [...model.nodes.values()].map(opKey).find((key) => !REFERENCE_OPS.has(key)) ?? null;
}

function run(model: Model, { inputs }: ConformanceCase): RefTensor[] {
  const names = model.graph.inputs.map((id) => model.getValue(id).name);
  const feeds = inputs.map((bytes, i) => [names[i] ?? '', fromTensor(readTensorProto(bytes).tensor)] as const);
  const values = new Reference(model).run(Object.fromEntries(feeds));
  return model.graph.outputs.map((id) => values.get(id)!);
}

/** The largest difference relative to max|y|; Infinity for another type or shape, or where only one is finite. */
function distance(a: RefTensor, b: RefTensor): number {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Infinity;
  let [most, difference] = [1e-6, 0];
  b.data.forEach((wanted, i) => {
    const got = a.data[i]!;
    if (Object.is(got, wanted) || got === wanted) return;
    if (!Number.isFinite(wanted) || !Number.isFinite(got)) difference = Infinity;
    else most = Math.max(most, Math.abs(wanted));
    difference = Math.max(difference, Math.abs(got - wanted));
  });
  return difference / most;
}

const SINGLE = 1e-5;
/** Numbers on the way, or the answers, are rounded to 11 bits. */
const HALF = 2e-3;
/** Its answers are written down with four digits. */
const FOUR_DIGITS = 'node/test_averagepool_2d_ceil_last_window_starts_on_pad';
const FOUR = 5e-4;

function allowed(name: string, model: Model): number {
  if (name === FOUR_DIGITS) return FOUR;
  return [...model.values.values()].some(({ type }) => isTensor(type) && type.dtype === 'float16') ? HALF : SINGLE;
}

describe.skipIf(!haveShared())('the reference evaluator', () => {
  it('gives what ONNX’s own cases expect, for every operator that it knows', async () => {
    const wrong: string[] = [];
    const skips = new Map<string, number>();
    let checked = 0;
    for (const each of await conformanceCases()) {
      const { model } = readModel(each.model);
      const reason = skipped(model);
      if (reason !== null) {
        skips.set(reason, (skips.get(reason) ?? 0) + 1);
        continue;
      }
      checked += 1;
      run(model, each).forEach((got, i) => {
        const apart = distance(got, fromTensor(readTensorProto(each.outputs[i]!).tensor));
        if (!(apart <= allowed(each.name, model))) wrong.push(`${each.name}: output ${i} is off by ${apart}`);
      });
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThanOrEqual(670);
    expect([...skips.keys()].sort()).toEqual([...UNKNOWN, NO_NUMBERS].sort());
  });
});
