import { describe, expect, it } from 'vitest';
import { readModel } from '../../onnx/read.ts';
import { afterPass, countOps } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { PASSES } from '../index.ts';

/** What ONNX Runtime's own optimizer tests expect of a file, as counts of operators. */
interface Record {
  readonly file: string;
  readonly transformer: string;
  readonly expect: { readonly [op: string]: number | string };
  readonly fileOps: { readonly [op: string]: number };
  readonly negative: boolean;
  readonly appliesToFileAsIs: boolean;
}

const TRANSFORMERS =
  /^(CommonSubexpressionElimination.*|Eliminate\w+|ConstantFolding|NotWhereFusion|FuseReluClip|ReshapeFusion|CastChainElimination|PreShapeNodeElimination|ConstantSharing|ConcatReplacement|TransposeReplacement|DoubleQDQPairsRemover|InsertCast.*|\(whole session\))$/;

/** Files whose counts are not reached, and why. */
const APART: Readonly<{ [file: string]: string }> = {
  'cast_elimination_complex.onnx': 'it drops conversions that lose digits',
  'concat_trainable.onnx': 'an operator of training',
  'dup_qdq_bfloat16.onnx': 'bfloat16 has too few digits to give 8 bits back for sure',
  'fuse_fp16_initializers.onnx': 'casts for operators that a runtime has no float16 kernel of',
  'transform_nested_ifs_toplogical_sorted_nodes.onnx': 'it takes inlining of functions',
};

const records = (): Record[] => {
  const text = new TextDecoder().decode(sharedFile('real/ort_fusion/expectations.json'));
  return (JSON.parse(text) as { records: Record[] }).records.filter(
    (each) => each.appliesToFileAsIs && TRANSFORMERS.test(each.transformer),
  );
};

/** Reached: as few as expected where there were more, as many where there were fewer, and never more than there were. */
function isReached(record: Record, ops: { readonly [op: string]: number }): boolean {
  return Object.entries(record.expect).every(([op, wanted]) => {
    if (typeof wanted !== 'number') return true;
    const [was, is] = [record.fileOps[op] ?? 0, ops[op] ?? 0];
    return was < wanted ? is >= wanted : is <= wanted;
  });
}

describe.skipIf(!haveShared())("what ONNX Runtime's own clean-up tests expect", () => {
  it('is reached by the clean-up passes in their order, but for what stands apart', async () => {
    const passes = PASSES.filter((pass) => pass.group === 'cleanup');
    const missed: string[] = [];
    let looked = 0;
    for (const record of records()) {
      const path = record.file.replace(/^testdata\/transform\//, '');
      let { model } = readModel(sharedFile(`real/ort_fusion/${path}`));
      for (const pass of passes) model = (await afterPass(model, pass, { backend: pass.backends[0]! })).model;
      const ops = countOps(model);
      const kept = Object.keys(record.expect).every((op) => (ops[op] ?? 0) === (record.fileOps[op] ?? 0));
      if (record.negative ? !kept : !isReached(record, ops)) missed.push(path.split('/').at(-1)!);
      looked++;
    }
    expect(missed.sort()).toEqual(Object.keys(APART).sort());
    expect(looked).toBeGreaterThan(30);
  });
});
