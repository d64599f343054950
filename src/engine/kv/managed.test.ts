import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { CachedDecoder } from '../../generate/session-decoder.ts';
import { ManagedDriver, type ManagedPolicy } from '../../generate/managed-driver.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { writeModel } from '../../onnx/write.ts';
import { passById } from '../../passes/index.ts';
import { decoderModel, someIds, VOCABULARY, type DecoderStyle } from '../../testing/decoders.ts';
import { testRuntime } from '../../testing/equivalent.ts';
import { afterPass } from '../../testing/passes.ts';
import { decoderFacts, openDecoder } from '../generate/open.ts';
import { nodePort } from '../node.ts';
import { managedBy, openManaged } from './managed.ts';
import { requirePolicy, type PolicyName } from './policies.ts';

const port = nodePort();
const job = silentJob();
const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
const LENGTH = 30;
const IDS = someIds(1, LENGTH)[0]!;
const ones = IDS.map(() => 1);
const STYLE: DecoderStyle = { heads: 4, kvHeads: 2, layers: 1 };

const withPolicy = async (style: DecoderStyle, policy: PolicyName, options = {}): Promise<Model> =>
  (await requirePolicy(decoderModel(style), policy, options, job)).model;
const opened = (model: Model): Promise<Decoder> =>
  openDecoder(decoderFacts(model), { name: 'm', bytes: writeModel(model) }, { recompute: false, settings }, port, job);
const managed = (model: Model, policy: ManagedPolicy): Promise<Decoder> =>
  openManaged(model, policy, settings, port, job);

async function said(decoder: Decoder, parts: readonly number[]): Promise<{ logits: number[]; bytes: number[] }> {
  const [logits, bytes]: [number[], number[]] = [[], []];
  let from = 0;
  for (const part of parts) {
    const told = await decoder.step(IDS.slice(from, from + part), 'all', job);
    logits.push(...told.logits);
    bytes.push(told.cacheBytes);
    from += part;
  }
  await decoder.release();
  return { logits, bytes };
}

const apart = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((each, i) => Math.abs(each - b[i]!))) / Math.max(...a.map(Math.abs));
};
const PARTS = [7, 1, 1, 12, 9];

describe('a cache outside the graph', () => {
  it.each<ManagedPolicy>([{ kind: 'dense' }, { kind: 'static', capacity: LENGTH }])(
    '%o says the same',
    async (policy) => {
      const model = await withPolicy(STYLE, 'dense');
      const truth = await said(await opened(model), PARTS);
      const outside = await said(await managed(model, policy), PARTS);
      expect(apart(truth.logits, outside.logits)).toBeLessThan(1e-6);
      if (policy.kind === 'static') expect(new Set(outside.bytes)).toEqual(new Set([LENGTH * 64]));
    },
  );

  it('of eight bits says what the pass says, in as many bytes', async () => {
    const sizes = { group: 4, residual: 3 };
    const truth = await said(await opened(await withPolicy(STYLE, 'int8', sizes)), ones);
    const outside = await said(await managed(await withPolicy(STYLE, 'dense'), { kind: 'int8', ...sizes }), ones);
    expect(apart(truth.logits, outside.logits)).toBeLessThan(2e-5);
    expect(outside.bytes).toEqual(truth.bytes);
  });

  it('says where a static buffer ends, and begins anew', async () => {
    const decoder = await managed(await withPolicy(STYLE, 'dense'), { kind: 'static', capacity: 8 });
    await decoder.step(IDS.slice(0, 8), 'last', job);
    await expect(decoder.step([1], 'last', job)).rejects.toThrow(/buffer holds 8 positions, and 9 are wanted/);
    await decoder.begin();
    expect((await decoder.step(IDS.slice(0, 8), 'last', job)).length).toBe(8);
    await decoder.release();
  });
});

describe('heavy hitters', () => {
  /** With the weights of attention as outputs. */
  async function shown(style: DecoderStyle, rotated: boolean): Promise<Model> {
    let model = await withPolicy(style, 'dense');
    if (rotated) ({ model } = await afterPass(model, passById('defer-rotary')));
    const nodes = [...model.graph.nodes].map((id) => model.getNode(id)).filter(({ opType }) => opType === 'Softmax');
    for (const { outputs } of nodes) {
      const options = { value: model.getValue(outputs[0]!).name };
      ({ model } = await afterPass(model, passById('add-output'), { options }));
    }
    return model;
  }
  const STYLES: readonly (readonly [DecoderStyle, boolean])[] = [
    [STYLE, true],
    [{ positions: 'none', layers: 2 }, false],
  ];

  it.each(STYLES)('with room for all of the text say the same: %o', async (style, rotated) => {
    const model = await shown(style, rotated);
    const truth = await said(await opened(model), PARTS);
    const outside = await said(await managed(model, { kind: 'heavy-hitter', heavy: 16, recent: 16 }), PARTS);
    expect(apart(truth.logits, outside.logits)).toBeLessThan(1e-6);
  });

  it.each(STYLES)('say what recomputing from what is held says: %o', async (style, rotated) => {
    const model = await shown(style, rotated);
    const io = readDecoderIo(model);
    const driver = new ManagedDriver(io, await managedBy(model, { kind: 'heavy-hitter', heavy: 4, recent: 3 }));
    const session = await testRuntime().createKeeping!(writeModel(model), settings, driver.keeps, job);
    const decoder = new CachedDecoder(session, io, driver);
    const logits: number[] = [];
    const seen: number[][] = [];
    for (const id of IDS) {
      seen.push([...driver.positions(), seen.length]);
      logits.push(...(await decoder.step([id], 'all', job)).logits);
    }
    await decoder.release();
    expect(seen.at(-1)).toHaveLength(8);
    // Some that are held are neither the last ones nor the first.
    expect(seen.some((held) => held.slice(0, -4).some((position, i) => position !== i))).toBe(true);
    const truth = decoderModel({ ...style, unrolled: { length: LENGTH, kept: (at) => seen[at]! } });
    const parcel = { name: 'whole', bytes: writeModel(truth) };
    const whole = await openDecoder(decoderFacts(truth), parcel, { recompute: true, settings }, port, job);
    expect(apart((await said(whole, [LENGTH])).logits, logits)).toBeLessThan(2e-5);
    expect(logits).toHaveLength(LENGTH * VOCABULARY);
  });

  it('are refused with the cure: no weights, positions that go on, no dense cache', async () => {
    const policy = { kind: 'heavy-hitter', heavy: 4, recent: 4 } as const;
    await expect(managed(await withPolicy({ ...STYLE, positions: 'none' }, 'dense'), policy)).rejects.toThrow(
      /weights of attention.* Make them outputs with add-output: \S+\.$/,
    );
    await expect(managed(await withPolicy(STYLE, 'dense'), policy)).rejects.toThrow(
      /counted by what is kept.*defer-rotary/,
    );
    await expect(managed(decoderModel(STYLE), { kind: 'dense' })).rejects.toThrow(/here it is none\. Put add-kv-cache/);
    await expect(managed(await withPolicy(STYLE, 'paged'), { kind: 'dense' })).rejects.toThrow(/here it is paged/);
  });
});
