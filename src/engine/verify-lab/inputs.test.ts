import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { writeNpy, writeNpz } from '../../verify/npz.ts';
import { readInputs } from './inputs.ts';
import type { Interface } from './recorded.ts';
import type { LabFiles } from './types.ts';

const job = silentJob();
const MODEL: Interface = { inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }], outputs: ['y'] };
const rows = (count: number): HostTensor => ({
  dtype: 'float32',
  shape: [count, 2],
  data: Float32Array.from({ length: 2 * count }, (_, i) => i),
});
const given = (files: Readonly<Record<string, Uint8Array>>, more: Partial<LabFiles> = {}): LabFiles => ({
  files: Object.entries(files).map(([name, bytes]) => ({ name, bytes: () => Promise.resolve(bytes) })),
  samples: null,
  changes: {},
  ...more,
});

describe('inputs from files', () => {
  it('are all that was recorded, or as many as are asked for', async () => {
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`d/${i}.npz`, writeNpz({ x: rows(3) })]));
    const all = await readInputs(given(files), MODEL, job);
    expect(all.view).toMatchObject({ name: 'd', kind: 'recorded', count: 12, used: 12, preprocess: null });
    expect(all.cases[0]!.feeds['x']!.shape).toEqual([3, 2]);
    expect(all.view.feeds).toMatchObject([{ name: 'x', dtype: 'float32', shape: [3, 2], statistics: { max: 5 } }]);
    const few = await readInputs(given(files, { samples: 5 }), MODEL, job);
    expect([few.view.used, few.cases.length]).toEqual([5, 5]);
  });

  it('are some rows of a data set, the same each time, as the preprocessing has them', async () => {
    const files = { 'rows.npy': writeNpy(rows(40)) };
    const once = await readInputs(given(files), MODEL, job);
    const twice = await readInputs(given(files), MODEL, job);
    expect(once.view).toMatchObject({ kind: 'array', count: 40, used: 8 });
    expect(twice.cases.map(({ name }) => name)).toEqual(once.cases.map(({ name }) => name));
    const doubled = await readInputs(given(files, { changes: { scale: 2 }, samples: 8 }), MODEL, job);
    const [plain, scaled] = [once, doubled].map(({ cases }) => Array.from(cases[0]!.feeds['x']!.data as Float32Array));
    expect(scaled).toEqual(plain!.map((value) => 2 * value));
  });

  it('that were recorded are fed as they are: nothing is set', async () => {
    const files = given({ 'x.npz': writeNpz({ x: rows(1) }) }, { changes: { scale: 2 } });
    await expect(readInputs(files, MODEL, job)).rejects.toThrow(/holds recorded inputs: they are fed as they are/);
  });
});
