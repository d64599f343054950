import { describe, expect, it } from 'vitest';
import { loosest, type Exactness } from '../base/exactness.ts';
import type { Model } from '../ir/model.ts';
import { readModel } from '../onnx/read.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { ANSWERED, isReached, OUTSIDE, type OrtRecord } from '../testing/ort-answers.ts';
import { afterPass, countOps } from '../testing/passes.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { passById } from './index.ts';

const read = (): readonly OrtRecord[] => {
  const text = new TextDecoder().decode(sharedFile('real/ort_fusion/expectations.json'));
  const { records } = JSON.parse(text) as { records: readonly OrtRecord[] };
  return records.filter((record) => record.appliesToFileAsIs && record.present);
};
const records = haveShared() ? read() : [];
const nameOf = ({ file, transformer }: OrtRecord): string =>
  `${transformer} ${file.replace('testdata/transform/', '')}`;
const modelOf = ({ file }: OrtRecord): Model =>
  readModel(sharedFile(`real/ort_fusion/${file.replace('testdata/transform/', '')}`)).model;

/** Not the counts that are expected, and as good: each is run, and gives what the original gives. */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'LayerNormFusion+SkipLayerNormFusion fusion/skip_layer_norm_format3_no_fusion.onnx':
    'the sum that is read elsewhere is the second result of the fused node',
};

const VERDICTS = ['agrees', 'uninformative', 'ill-conditioned'] as const;

/** Some of the files are graphs that no input fits, or that need training operators. */
const canRun = async (model: Model): Promise<boolean> => {
  try {
    await expectEquivalent(model, model, { class: 'order', seeds: 1, verdicts: VERDICTS });
    return true;
  } catch {
    return false;
  }
};

interface Score {
  readonly name: string;
  readonly negative: boolean;
  readonly reached: boolean;
  readonly equivalent: boolean;
}

describe.skipIf(!haveShared())("ONNX Runtime's own expectations", () => {
  const scores: Score[] = [];

  it('each optimizer is answered by passes, or lies outside for a reason', () => {
    const open = [...new Set(records.map(({ transformer }) => transformer))].filter(
      (each) => !ANSWERED[each] && !OUTSIDE[each],
    );
    expect(open).toEqual([]);
    expect(
      Object.values(ANSWERED)
        .flat()
        .every((id) => passById(id).id === id),
    ).toBe(true);
  });

  it.each(
    records.filter(({ transformer }) => ANSWERED[transformer]).map((record) => [nameOf(record), record] as const),
  )('%s', async (name, record) => {
    const before = modelOf(record);
    let after = before;
    const fired: Exactness[] = [];
    for (const id of ANSWERED[record.transformer] ?? []) {
      const { model, result } = await afterPass(after, passById(id));
      fired.push(...result.applied.map((site) => site.preserves ?? passById(id).preserves));
      after = model;
    }
    const reached = isReached(record, countOps(after));
    if (reached === null) return;
    const reason = EQUIVALENT[name];
    scores.push({ name, negative: record.negative, reached, equivalent: reason !== undefined });
    if (fired.length === 0) return;
    try {
      await expectEquivalent(before, after, { class: loosest(fired), seeds: 1, verdicts: VERDICTS });
    } catch (error) {
      if (await canRun(before)) throw error;
    }
  });

  it('all that must not change stays, and nine of ten others are reached', () => {
    const [negative, positive] = [true, false].map((kind) => scores.filter((each) => each.negative === kind));
    const missed = scores.filter(({ reached, equivalent }) => !reached && !equivalent);
    const equivalent = scores.filter((each) => each.equivalent && !each.reached);
    console.log(
      `ONNX Runtime's expectations: ${negative!.filter(({ reached }) => reached).length} of ${negative!.length} that must not change, ` +
        `${positive!.filter(({ reached }) => reached).length} of ${positive!.length} others reached, ` +
        `${equivalent.length} by an equivalent. Missed: ${missed.map(({ name }) => name).join('; ') || 'none'}.`,
    );
    expect(negative!.every(({ reached }) => reached)).toBe(true);
    expect(positive!.length - missed.length).toBeGreaterThanOrEqual(0.9 * positive!.length);
    expect(equivalent.length).toBeLessThanOrEqual(0.05 * scores.length);
    expect(scores.length).toBeGreaterThanOrEqual(90);
  });
});
