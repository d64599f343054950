import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { synthetic } from '../data/synthetic.ts';
import type { DataFile } from '../data/types.ts';
import { writeNpy } from '../verify/npz.ts';
import { calibrate } from './calibrate.ts';
import { calibrateFiles, type CalibrationFiles } from './calibrate-files.ts';
import type { Calibration } from './calibration.ts';

const inMemory = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes: async () => bytes });
const rows = (count: number): Float32Array => Float32Array.from({ length: count * 4 }, (_, i) => Math.floor(i / 4));
const given = (files: readonly DataFile[], rest: Partial<CalibrationFiles> = {}): CalibrationFiles => ({
  files,
  labels: null,
  samples: 64,
  changes: {},
  ...rest,
});
/** Shape and first number of each run's input. */
const firsts = ({ feeds }: Calibration) =>
  (feeds ?? []).map(({ x }) => [x?.shape, Array.from((x?.data ?? []) as Float32Array)[0]]);
const INPUTS = [{ name: 'x', dtype: 'float32', shape: ['N', 4] }];
const ten = inMemory('ten.npy', writeNpy({ dtype: 'float32', shape: [10, 4], data: rows(10) }));

describe('calibration on files', () => {
  it('feeds the inputs of the model with half of the samples and says what the data are', async () => {
    const { calibration, judgement, view } = await calibrateFiles(given([ten]), INPUTS, silentJob());
    expect(calibration).toMatchObject({ name: 'ten.npy', samples: 5 });
    const used = firsts(calibration);
    expect(new Set(used.map(String)).size).toBe(5);
    expect(used.every(([shape, first]) => String(shape) === '1,4' && Number.isInteger(first))).toBe(true);
    // The other half judges, and none of it is among what calibrates.
    const others = firsts({ ...calibration, feeds: judgement?.feeds as Calibration['feeds'] });
    expect(new Set([...used, ...others].map(String)).size).toBe(10);
    expect(view).toMatchObject({ kind: 'array', count: 10, used: 5, judged: 5, preprocess: { input: 'x', scale: 1 } });
    expect(view.sample).toEqual([
      { name: '', dtype: 'float32', shape: [4], statistics: { min: 0, max: 0, mean: 0, std: 0 } },
    ]);
  });

  it('draws the same samples each time when there are more than are wanted', async () => {
    const draw = async () =>
      (await calibrateFiles(given([ten], { samples: 3 }), INPUTS, silentJob())).calibration.feeds;
    const [first, second] = [await draw(), await draw()];
    expect(first).toHaveLength(3);
    expect(second).toEqual(first);
  });

  it('takes fields of the preprocessing that were set by hand, and refuses what they cannot be', async () => {
    const { calibration } = await calibrateFiles(given([ten], { changes: { mean: 1 } }), INPUTS, silentJob());
    const plain = await calibrateFiles(given([ten]), INPUTS, silentJob());
    expect(firsts(calibration).map(([, first]) => Number(first) + 1)).toEqual(
      firsts(plain.calibration).map(([, first]) => first),
    );
    const wrong = calibrateFiles(given([ten], { changes: { mean: 'none' } }), INPUTS, silentJob());
    await expect(wrong).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('looks into the folder that was dropped, past hidden files', async () => {
    const files = [inMemory('set/.hidden', new Uint8Array()), { ...ten, name: 'set/ten.npy' }];
    const { view } = await calibrateFiles(given(files), INPUTS, silentJob());
    expect([view.name, view.count]).toEqual(['set', 10]);
  });

  it('says how many samples there is memory for', async () => {
    const inputs = [{ name: 'x', dtype: 'float32', shape: [1, 2 ** 20] }];
    const many = calibrate(synthetic(1000, 1), inputs, { samples: 300, seed: 1 }, silentJob());
    await expect(many).rejects.toThrow(/300 samples take 1.26.GB of memory; use 255 or fewer/);
  });

  it('stops when it is cancelled', async () => {
    const stopped = createJob(AbortSignal.abort(), () => {});
    await expect(calibrateFiles(given([ten]), INPUTS, stopped)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
