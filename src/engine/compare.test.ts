import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeFiles, writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const bytes = writeModel(buildSample('residual-cnn'));
const source = { name: 'cnn.onnx', bytes, external: memoryFiles(new Map()) };
const all = 1e12;

async function openStudio(preset?: string): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile(source, job);
  if (preset) await studio.replay({ preset }, job);
  return studio;
}

describe('comparing stops', () => {
  it('lists fused nodes with their step, and both pictures at the same places', async () => {
    const studio = await openStudio();
    for (const pass of ['fold-batch-norm', 'fuse-conv-activation'])
      await studio.apply({ pass, options: {}, off: [] }, job);
    const last = studio.document().cursor;
    const found = await studio.compare({ a: 0, b: last, weightBudget: all }, job);
    expect([found.a.title, found.sharedPlaces, found.unreadBytes]).toEqual(['Original', true, 0]);
    const fused = found.changes.filter(({ kind }) => kind === 'fused');
    expect(fused).toHaveLength(15);
    const passes = studio.document().recipe.steps.map(({ pass }) => pass);
    expect(fused[0]!.steps.map((step) => passes[step - 1])).toEqual(['fold-batch-norm', 'fuse-conv-activation']);
    const places = ({ view, layout }: typeof found.pictures.a) =>
      new Map(Array.from(view.nodeIds, (id, row) => [id, `${layout.x[row]} ${layout.y[row]}`]));
    const [before, after] = [places(found.pictures.a), places(found.pictures.b)];
    const kept = Array.from(found.pairs).filter((_, at) => at % 2 === 0 && found.pairs[at] === found.pairs[at + 1]);
    expect(kept.length).toBeGreaterThan(10);
    for (const id of kept) expect(after.get(id)).toBe(before.get(id));
  });

  it('finds no change between a stop and itself', async () => {
    const found = await (await openStudio()).compare({ a: 0, b: 0, weightBudget: all }, job);
    expect([found.changes, found.ports, found.model]).toEqual([[], [], []]);
    expect(found.same).toBe(53);
  });

  it('says in words what a pruned node was and is', async () => {
    const studio = await openStudio();
    await studio.apply({ pass: 'prune-channels', options: { ratio: 0.5 }, off: [] }, job);
    const { changes } = await studio.compare({ a: 0, b: 1, weightBudget: all }, job);
    const conv = changes.find(({ what }) => what.some(({ kind }) => kind === 'weight-type'));
    expect(conv).toMatchObject({ kind: 'changed', steps: [1] });
    expect(conv!.what.find(({ kind }) => kind === 'shape')).toMatchObject({
      name: 'Y',
      before: expect.stringMatching(/×/),
    });
  });

  it('draws the changes alone, and both in one, after the comparison only', async () => {
    const studio = await openStudio();
    const [found] = await studio.sites(['fold-batch-norm'], {}, job);
    const off = found!.sites.slice(1).map(({ key }) => key);
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off }, job);
    const sides = { a: 0, b: 1 };
    expect(() => studio.unionPicture(sides, 'changes')).toThrow(/not compared/);
    const { pictures } = await studio.compare({ ...sides, weightBudget: all }, job);
    const overlay = studio.unionPicture(sides, 'overlay');
    expect(overlay.view.nodeIds.length).toBeGreaterThan(pictures.a.view.nodeIds.length);
    expect(studio.unionPicture(sides, 'changes').view.nodeIds.length).toBeLessThan(overlay.view.nodeIds.length);
  });
});

describe('comparing with a second file', () => {
  it('lays it out after the document, and gives it up on request', async () => {
    const studio = await openStudio('wasm');
    const written = studio.exportModel().bytes;
    const second = await studio.openSecond({ ...source, name: 'fused.onnx', bytes: written }, job);
    expect(second).toMatchObject({ name: 'fused.onnx', missing: [] });
    const found = await studio.compare({ a: 0, b: 'second', weightBudget: all }, job);
    expect(found.b).toMatchObject({ side: 'second', name: 'fused.onnx' });
    expect(found.changes.filter(({ kind }) => kind === 'fused')).toHaveLength(15);
    expect(found.sharedPlaces).toBe(true);
    studio.closeSecond();
    await expect(studio.compare({ a: 0, b: 'second', weightBudget: all }, job)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('leaves the pictures of stops that were compared when it is closed, and takes its own along', async () => {
    const studio = await openStudio();
    await studio.openSecond(source, job);
    await studio.compare({ a: 0, b: 'second', weightBudget: 0 }, job);
    expect(studio.comparedPicture({ a: 0, b: 'second' }, 'b').view.nodeIds.length).toBeGreaterThan(0);
    studio.closeSecond();
    expect(() => studio.comparedPicture({ a: 0, b: 'second' }, 'b')).toThrow(/not compared/);
    await studio.compare({ a: 0, b: 0, weightBudget: 0 }, job);
    studio.closeSecond();
    expect(studio.comparedPicture({ a: 0, b: 0 }, 'a').view.nodeIds.length).toBeGreaterThan(0);
  });

  it('equals the last stop when it is what that stop wrote', async () => {
    const studio = await openStudio('wasm');
    await studio.openSecond({ ...source, bytes: studio.exportModel().bytes }, job);
    const found = await studio.compare({ a: studio.document().cursor, b: 'second', weightBudget: all }, job);
    expect(found.changes.filter(({ kind }) => kind !== 'renamed')).toEqual([]);
  });

  it('says which weights were not compared when their data file is missing', async () => {
    const { model } = writeFiles(buildSample('residual-cnn'), {
      externalData: { location: 'weights.bin', threshold: 1024 },
    });
    const studio = await openStudio();
    const second = await studio.openSecond({ ...source, bytes: model }, job);
    expect(second.missing).toEqual(['weights.bin']);
    const found = await studio.compare({ a: 0, b: 'second', weightBudget: all }, job);
    expect(new Set(found.changes.map(({ kind }) => kind))).toEqual(new Set(['unread']));
    expect(found.unreadBytes).toBeGreaterThan(2e6);
  });

  it('is cancelled', async () => {
    const studio = await openStudio('wasm');
    const controller = new AbortController();
    const watched = createJob(controller.signal, () => controller.abort());
    await expect(studio.compare({ a: 0, b: 1, weightBudget: all }, watched)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
