import { beforeAll, describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { linesOf } from '../../report/profile/group.ts';
import type { ProfileView } from '../../report/profile/types.ts';
import { haveShared, sharedRoot } from '../../testing/shared.ts';
import { nodePort, openPath } from '../node.ts';
import { Studio } from '../studio.ts';

const job = silentJob();
const SLOW = 120_000;
/** Where kernels belong is told by few runs, however warm. */
const REQUEST = { backend: 'wasm', level: 'all', threads: 1, runs: 4, budgetMs: 600 } as const;

async function profiled(path: string): Promise<{ view: ProfileView; studio: Studio }> {
  const studio = new Studio(nodePort());
  await studio.openFile(openPath(`${sharedRoot}/real/models/${path}`), job);
  return { view: await studio.profile({ side: 0, request: REQUEST }, job), studio };
}

const sum = (view: ProfileView): number => view.rows.reduce((total, { ms }) => total + (ms ?? 0), 0);

describe.runIf(haveShared())('the profile of a real model', () => {
  it.each([
    ['mobilenetv2/mobilenet_v2_fp32.onnx', {}],
    ['transformer/bert_toy_unfused.onnx', { input_ids: [1, 128] }],
    ['face/version-RFB-320.onnx', {}],
  ])('adds up to its runs, and lies on nodes of the graph: %s', { timeout: SLOW }, async (path, inputs) => {
    const { view } = await profiled(path);
    expect(view.inputs).toMatchObject(inputs);
    expect(view.mapped).toBeGreaterThanOrEqual(0.95);
    expect(sum(view)).toBeCloseTo(view.kernelsMs, 6);
    expect(view.kernelsMs + view.betweenMs).toBeCloseTo(view.ms, 6);
  });

  it.each(['transformer/vit_pgd_2_3_16.onnx', 'audio/silero_vad.onnx', 'decoder/gpt2_past.onnx'])(
    'lies on nodes of the graph: %s',
    { timeout: SLOW },
    async (path) => {
      const { view } = await profiled(path);
      expect(view.mapped).toBeGreaterThanOrEqual(0.95);
      expect(view.kernelsMs).toBeLessThanOrEqual(view.ms);
    },
  );

  describe('with attention that the runtime fuses', () => {
    let view: ProfileView;
    beforeAll(async () => void ({ view } = await profiled('transformer/bert_toy_unfused.onnx')), SLOW);

    it('finds the place of each kernel that lost its name', () => {
      const attention = view.rows.filter(({ ranAs }) => ranAs === 'Attention');
      expect(attention).toHaveLength(5);
      // Products of queries, keys and values, of both with the weights, biases, splits and merges, and the softmax.
      for (const row of attention) expect(row).toMatchObject({ op: 'MatMul', holds: 18 });
      const norms = view.rows.filter(({ ranAs }) => ranAs === 'SkipLayerNormalization');
      expect(norms).toHaveLength(11);
      for (const row of norms) expect(row.op).toBe('Add');
    });

    it('lays them into the scopes of the layers that they belong to, in the order of the layers', () => {
      const layers = view.rows
        .filter(({ ranAs }) => ranAs === 'Attention')
        .map(({ scope, name }) => /layer[._/]?(\d+)/.exec(`${scope.join('/')} ${name}`)?.[1] ?? name);
      expect(new Set(layers).size).toBe(5);
      expect(layers).toEqual([...layers].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    });

    it('tells of nearly every other node that it is computed inside of one', () => {
      const untold = view.rows.filter(({ timeless }) => timeless?.kind === 'untold');
      expect(untold.length).toBeLessThanOrEqual(0.02 * view.rows.length);
    });
  });

  it('has the work of the sizes that it was run with', { timeout: SLOW }, async () => {
    const { view } = await profiled('transformer/bert_toy_unfused.onnx');
    // The classifier over the vocabulary, [1, 128, 32] · [32, 99].
    const last = view.rows.find(({ macs }) => macs === 128 * 32 * 99);
    expect(last).toMatchObject({ op: 'MatMul', bytes: 4 * (128 * 32 + 32 * 99 + 128 * 99) });
  });

  it('is laid beside that of a stop by what the nodes stand for', { timeout: SLOW }, async () => {
    const { studio } = await profiled('mobilenetv2/mobilenet_v2_fp32.onnx');
    await studio.replay({ preset: 'wasm' }, job);
    const sides = [0, studio.document().cursor];
    const views = await studio.profiles({ sides, request: REQUEST }, job);
    const lines = linesOf(views, 'node').filter(
      ({ label, ms }) => /Conv/.test(label) && ms.some((each) => each !== null),
    );
    expect(lines.length).toBe(52);
    expect(lines.every(({ ms }) => ms[0] !== null && ms[1] !== null)).toBe(true);
  });
});
