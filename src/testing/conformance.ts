import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { sharedFile } from './shared.ts';

/** One case of ONNX's own backend tests: a model, and its first set of inputs and expected outputs as `.pb` files. */
export interface ConformanceCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

interface Files {
  model: Uint8Array | null;
  readonly inputs: Uint8Array[];
  readonly outputs: Uint8Array[];
}

/** Every case of the shared archive, in its order, unpacked in memory (25 MB). */
export async function conformanceCases(): Promise<ConformanceCase[]> {
  const cases = new Map<string, Files>();
  const archive = extract();
  archive.end(gunzipSync(sharedFile('real/onnx_backend/onnx_backend_tests_shared.tar.gz')));
  for await (const entry of archive) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    file(cases, entry.header.name, new Uint8Array(Buffer.concat(chunks)));
  }
  return [...cases].flatMap(([name, { model, inputs, outputs }]) => (model ? [{ name, model, inputs, outputs }] : []));
}

function file(cases: Map<string, Files>, path: string, bytes: Uint8Array): void {
  const match = /^(.+)\/(?:(model\.onnx)|test_data_set_0\/(input|output)_(\d+)\.pb)$/.exec(path);
  const [, name, model, kind, index] = match ?? [];
  if (name === undefined) return;
  const files = cases.get(name) ?? { model: null, inputs: [], outputs: [] };
  cases.set(name, files);
  if (model !== undefined) files.model = bytes;
  else files[kind === 'input' ? 'inputs' : 'outputs'][Number(index)] = bytes;
}
