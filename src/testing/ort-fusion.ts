import type { Model } from '../ir/model.ts';
import { readModel } from '../onnx/read.ts';
import type { Pass } from '../rewrite/pass.ts';
import { afterPass, countOps } from './passes.ts';
import { haveShared, sharedFile } from './shared.ts';

/** What ONNX Runtime's own test of an optimizer asserts of a model: counts of operators after it has run. */
export interface FusionRecord {
  readonly file: string;
  readonly transformer: string;
  readonly expect: Readonly<Record<string, number | string>>;
  readonly fileOps: Readonly<Record<string, number>>;
  /** Nothing that is asserted may change. */
  readonly negative?: boolean;
  readonly appliesToFileAsIs: boolean;
  readonly present: boolean;
}

const FOLDER = 'real/ort_fusion/';

/** The records of some transformers that hold of the files as they are stored. */
export function fusionRecords(transformer: RegExp): readonly FusionRecord[] {
  if (!haveShared()) return [];
  const { records } = JSON.parse(new TextDecoder().decode(sharedFile(`${FOLDER}expectations.json`))) as {
    records: readonly FusionRecord[];
  };
  return records.filter((each) => each.appliesToFileAsIs && each.present && transformer.test(each.transformer));
}

export const recordModel = ({ file }: FusionRecord): Model =>
  readModel(sharedFile(FOLDER + file.replace(/^testdata\/transform\//, ''))).model;

/** The model after some passes, one after the other. */
export async function afterPasses(model: Model, passes: readonly Pass[]): Promise<Model> {
  let at = model;
  for (const pass of passes) at = (await afterPass(at, pass)).model;
  return at;
}

/** Asserted counts that do not hold, as `Mul 2, not 0`; standard and own operators of one name are not told apart. */
export function unmet(record: FusionRecord, after: Model): string[] {
  const counts = countOps(after);
  const of = (name: string): number =>
    counts[name] ?? counts[`com.microsoft.${name}`] ?? counts[name.replace('com.microsoft.', '')] ?? 0;
  return Object.entries(record.expect).flatMap(([name, wanted]) => {
    const expected = wanted === 'same-as-before' ? (record.fileOps[name] ?? 0) : wanted;
    if (name === '*' || typeof expected !== 'number' || of(name) === expected) return [];
    return [`${name} ${of(name)}, not ${expected}`];
  });
}
