import { strFromU8, unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { readModel } from '../../onnx/read.ts';
import { nodePort } from '../node.ts';
import { sampleSource } from '../sample-source.ts';
import { Studio } from '../studio.ts';
import { bundleOf, type BundleWishes } from './of-studio.ts';
import { RUNTIME_FILES } from './page.ts';

const job = silentJob();
const REPORTS = { html: '<p>Report', md: '# Report', json: '{}' };
let studio: Studio;

beforeAll(async () => {
  studio = new Studio(nodePort());
  await studio.openFile(await sampleSource('residual-cnn'), job);
  await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, job);
});

async function unpacked(wishes: Partial<BundleWishes> = {}): Promise<Record<string, Uint8Array>> {
  return unzipSync(await bundleOf(studio, { reports: REPORTS, threshold: null, runtime: null, ...wishes }));
}
const json = (bytes: Uint8Array | undefined): Record<string, unknown> =>
  JSON.parse(strFromU8(bytes ?? new Uint8Array())) as Record<string, unknown>;

describe('a bundle', () => {
  it('holds the model, its recipe, its reports, and a page that knows its inputs', async () => {
    const files = await unpacked();
    expect(Object.keys(files).sort()).toEqual([
      'bundle.json',
      'index.html',
      'model.onnx',
      'recipe.json',
      'report.html',
      'report.json',
      'report.md',
      'run.mjs',
    ]);
    expect(Buffer.from(files['model.onnx']!).equals(studio.exportModel().bytes)).toBe(true);
    expect(json(files['recipe.json'])).toMatchObject({ whittle: 1, steps: [{ pass: 'fold-batch-norm' }] });
    expect(strFromU8(files['report.html']!)).toBe(REPORTS.html);
    const summary = studio.stopOf(1).summary;
    expect(json(files['bundle.json'])).toMatchObject({ model: 'model.onnx', inputs: summary.inputs, session: {} });
    expect(json(files['bundle.json'])['runtime']).toMatchObject({ version: '1.30.0', files: RUNTIME_FILES });
  });

  it('has the weights in a file of their own where that is asked for', async () => {
    const files = await unpacked({ threshold: 1024 });
    const data = files['model.onnx.data']!;
    expect(json(files['bundle.json'])['external']).toBe('model.onnx.data');
    const external = {
      size: (location: string) => (location === 'model.onnx.data' ? data.length : null),
      read: (_location: string, offset: number, length: number) => data.slice(offset, offset + length),
    };
    const { model, missing } = readModel(new Uint8Array(files['model.onnx']!), { external, name: 'model.onnx' });
    expect(missing).toEqual([]);
    const original = studio.stopOf(1).model;
    const bytesOf = (each: typeof model): Uint8Array[] =>
      [...each.graph.initializers.values()].map((tensor) => tensor.bytes());
    expect(Buffer.concat(bytesOf(model)).equals(Buffer.concat(bytesOf(original)))).toBe(true);
    expect(data.length).toBeGreaterThan(files['model.onnx']!.length);
  });

  it('has the runtime in a folder where its files are given', async () => {
    const files = await unpacked({ runtime: { 'ort.wasm.min.mjs': new Uint8Array([1, 2]) } });
    expect(files['runtime/ort.wasm.min.mjs']).toEqual(new Uint8Array([1, 2]));
  });
});
