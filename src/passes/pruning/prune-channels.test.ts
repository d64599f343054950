import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { summarize } from '../../analysis/summary.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { floats, Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { modelByteLength, writeModel } from '../../onnx/write.ts';
import { forecastOf } from '../../prune/forecast.ts';
import { planView } from '../../prune/plan.ts';
import { NOTHING_CUT, stepOptions } from '../../prune/options.ts';
import type { PruneOptions } from '../../prune/types.ts';
import type { SiteChooser } from '../../rewrite/run.ts';
import { buildModel } from '../../testing/build.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { pruneChannels } from './prune-channels.ts';

const DEFAULTS: PruneOptions = { ...NOTHING_CUT, ratio: 0.5 };

/** conv 3→8, conv 8→16, conv 16→8 + skip, conv 8→2: groups `a` (with its skip) and `b`. */
function residual(): Model {
  return buildModel({ opset: 17, seed: 9 }, (g) => {
    const conv = (x: ValueId, name: string, cin: number, cout: number): ValueId =>
      g.op('Conv', [x, g.weight(`${name}.weight`, [cout, cin, 1, 1])], {}, { outputs: [name] });
    const a = conv(g.input('x', [1, 3, 4, 4]), 'a', 3, 8);
    const b = g.op('Relu', [conv(a, 'b', 8, 16)]);
    g.output(conv(g.op('Add', [conv(b, 'c', 16, 8), a]), 'd', 8, 2), 'y', { shape: [1, 2, 4, 4] });
  });
}

const widths = (model: Model): number[] => [...model.graph.initializers.values()].map((tensor) => tensor.shape[0] ?? 0);
const keyOf = (name: string, keys: readonly string[]): string => keys.find((key) => key.includes(`:${name}:`)) ?? '';
const only = (name: string): SiteChooser => ({
  choose: (sites) => sites.filter((site) => site.key.includes(`:${name}:`)).map((site) => ({ site, key: site.key })),
  lost: () => [],
});

describe('prune-channels', () => {
  it('shows one site per group, and what stays with its reason', async () => {
    const { sites, refusals } = await sitesOf(residual(), pruneChannels);
    expect(sites.map((site) => site.what)).toEqual([
      'Keeps 4 of 8 channels in 5 nodes.',
      'Keeps 8 of 16 channels in 3 nodes.',
    ]);
    expect(refusals.map((each) => each.reason)).toEqual(['y is a graph output.']);
  });

  it('cuts all groups, keeps the interface, and runs', async () => {
    const { model, result } = await afterPass(residual(), pruneChannels);
    expect(widths(model)).toEqual([4, 8, 4, 2]);
    expect(result.applied.length).toBe(2);
    const written = readModel(writeModel(model)).model;
    const output = await run(written, normalFeeds(written, 1));
    expect(output['y']?.shape).toEqual([1, 2, 4, 4]);
  });

  it('cuts the sites that are chosen, in any order', async () => {
    const before = residual();
    const { model: b } = await afterPass(before, pruneChannels, { chooser: only('b') });
    expect(widths(b)).toEqual([8, 8, 8, 2]);
    const { model: ab } = await afterPass(b, pruneChannels, { chooser: only('a') });
    const { model: all } = await afterPass(before, pruneChannels, {
      chooser: {
        choose: (sites) => [...sites].reverse().map((site) => ({ site, key: site.key })),
        lost: () => [],
      },
    });
    expect(widths(ab)).toEqual([4, 8, 4, 2]);
    expect(widths(all)).toEqual([4, 8, 4, 2]);
  });

  it('replays decisions to the bit, without reading a weight', async () => {
    const before = residual();
    const first = await afterPass(before, pruneChannels, { options: { importance: 'random', seed: 3 } });
    const decisions = JSON.parse(JSON.stringify(first.result.decisions)) as Record<string, Json>;
    const blind = before.clone();
    for (const [value, tensor] of blind.graph.initializers) blind.setInitializer(value, unreadable(tensor));
    const replayed = await afterPass(blind, pruneChannels, { decisions });
    expect(widths(replayed.model)).toEqual([4, 8, 4, 2]);
    for (const [value, tensor] of replayed.model.graph.initializers) restore(replayed.model, before, value, tensor);
    const again = await afterPass(before, pruneChannels, { decisions });
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });

  it('is held to the order of sums where only what nothing reads goes, and a replay as well', async () => {
    const before = residual();
    const [id, tensor] = [...before.graph.initializers].find(([, { shape }]) => shape.join() === '8,16,1,1')!;
    const numbers = Float32Array.from(tensor.numbers());
    // What reads channels 0 to 7 of b is zero.
    before.setInitializer(
      id,
      floats(
        tensor.shape,
        numbers.map((each, i) => (i % 16 < 8 ? 0 : each)),
      ),
    );
    const key = 'b';
    const options = {
      ratio: 0,
      ratios: { [key]: 0.5 },
      importance: 'scores',
      scores: { [key]: Array.from({ length: 16 }, (_, i) => Number(i > 7)) },
    };
    const first = await afterPass(before, pruneChannels, { options });
    expect(first.result.applied.map(({ preserves }) => preserves)).toEqual(['order']);
    const { decisions } = first.result;
    const again = await afterPass(before, pruneChannels, { decisions });
    expect(again.result.applied.map(({ preserves }) => preserves)).toEqual(['order']);
    const other = { ...options, scores: { [key]: Array.from({ length: 16 }, (_, i) => Number(i < 8)) } };
    const rest = await afterPass(before, pruneChannels, { options: other });
    expect(rest.result.applied.map(({ preserves }) => preserves)).toEqual(['approximation']);
  });

  it('refuses a decision for another width, and unknown groups', async () => {
    const { result } = await afterPass(residual(), pruneChannels);
    const key = keyOf('a', Object.keys(result.decisions));
    const misfit = { [key]: { channels: 7, kept: 'fw==' } };
    await expect(afterPass(residual(), pruneChannels, { decisions: misfit })).rejects.toMatchObject({
      code: 'replay-failed',
    });
    const unknown = { ratios: { nowhere: 0.5 } };
    await expect(afterPass(residual(), pruneChannels, { options: unknown })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('nowhere') as string,
    });
  });

  it('says of a group that stays whole why', async () => {
    const { sites, refusals } = await sitesOf(residual(), pruneChannels, {
      options: { roundTo: 16, protected: ['a'] },
    });
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toContain('The group is protected.');
    expect(refusals.map((each) => each.reason).join(' ')).toMatch(/in multiples of 16/);
  });

  it('records what values were', async () => {
    const before = residual();
    const { model } = await afterPass(before, pruneChannels, { chooser: only('b') });
    const value = [...model.values.values()].find((each) => each.name === 'b' && each.producer !== null);
    expect(value?.origin).toMatchObject({ relation: 'sliced', value: value?.id, axis: 1 });
    expect(value?.origin?.relation === 'sliced' && value.origin.kept.length).toBe(8);
    const again = await afterPass(model, pruneChannels, { chooser: only('b') });
    const twice = again.model.getValue(value?.id as ValueId).origin;
    expect(twice?.relation === 'sliced' && twice.kept.length).toBe(4);
    expect(twice?.relation === 'sliced' && value?.origin?.relation === 'sliced').toBe(true);
  });

  it('leaves the model that it was given alone', async () => {
    const before = residual();
    const bytes = writeModel(before);
    await afterPass(before, pruneChannels);
    expect(writeModel(before)).toEqual(bytes);
  });
});

/** The same constant, whose elements may not be read. */
const unreadable = (tensor: Tensor): Tensor =>
  new Tensor(tensor.dtype, tensor.shape, {
    kind: 'memory',
    bytes() {
      throw new Error('a weight was read');
    },
  });

/** A cut of unreadable weights must not be readable either: nothing was materialised. */
function restore(model: Model, before: Model, value: ValueId, tensor: Tensor): void {
  if (tensor.shape.join() !== before.graph.initializers.get(value)?.shape.join()) {
    expect(() => tensor.bytes(), model.getValue(value).name).toThrow('a weight was read');
  }
}

describe.skipIf(!haveShared())('MobileNetV2', () => {
  const path = 'real/models/mobilenetv2/mobilenet_v2_fp32.onnx';
  const before = haveShared() ? readModel(sharedFile(path)).model : null;
  const options: readonly (readonly [string, Partial<PruneOptions>])[] = [
    ['half of every group', {}],
    ['multiples of 8', { roundTo: 8, ratio: 0.4 }],
    ['globally', { scope: 'global', importance: 'l1', ratio: 0.3 }],
    ['to half the MACs', { macs: 0.5 }],
    ['one group alone', { ratio: 0, ratios: { getitem_9: 0.25 } }],
  ];

  it.each(options)('%s: what is forecast is what is counted', async (_, patch) => {
    const model = before as Model;
    const analysis = analyze(model);
    const chosen: PruneOptions = { ...DEFAULTS, ...patch };
    const bytes = modelByteLength(model);
    const plan = planView(model, analysis, { ...chosen, fileBytes: bytes });
    const predicted = forecastOf(plan, chosen);
    const { model: pruned } = await afterPass(model, pruneChannels, {
      options: stepOptions(chosen),
    });
    const counted = summarize(pruned, analyze(pruned), modelByteLength(pruned));
    expect(predicted.macs).toBe(counted.macs);
    expect(predicted.parameters).toBe(counted.parameters);
    expect(predicted.activation).toBe(counted.peakActivationBytes);
    expect(Math.abs(predicted.bytes - counted.bytes)).toBeLessThan(2048);
    const share = (counted.macs ?? 0) / (summarize(model, analysis, bytes).macs ?? 1);
    if (chosen.macs !== null) expect(share).toBeLessThanOrEqual(chosen.macs);
    if (chosen.ratio === 0.5 && chosen.macs === null) expect(share).toBeLessThan(0.3);
  });

  it('a slider step costs far less than a frame', () => {
    const plan = planView(before as Model, analyze(before as Model), DEFAULTS);
    forecastOf(plan, { ...DEFAULTS, ratio: 0.1, scope: 'global' });
    const start = performance.now();
    for (let i = 0; i < 100; i++) forecastOf(plan, { ...DEFAULTS, ratio: i / 100, scope: i % 2 ? 'global' : 'group' });
    expect((performance.now() - start) / 100).toBeLessThan(16);
  });

  it('names groups by their place and role', () => {
    const plan = planView(before as Model, analyze(before as Model), DEFAULTS);
    const names = plan.groups.map((group) => group.name);
    expect(names).toContain('features.6 expand');
    expect(names).toContain('features.7–10 residual');
    expect(new Set(names).size).toBe(names.length);
  });
});
