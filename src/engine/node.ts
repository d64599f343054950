import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../base/error.ts';
import { folderFiles } from '../onnx/external-node.ts';
import { readTensorProto } from '../onnx/read.ts';
import { nativeRuntime } from '../runtime/native.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import type { NamedFeeds } from '../verify/cases.ts';
import { writeNpz } from '../verify/npz.ts';
import { localPort } from './local-port.ts';
import type { RuntimePort } from './ports.ts';
import type { ModelSource } from './studio.ts';

/** Files beyond this do not fit into one buffer; their weights belong into external data. */
const LARGEST = 2 ** 31 - 1;

/** A model file on disk, with its external data in the same folder. */
export function openPath(path: string): ModelSource {
  let size: number;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new CodedError('bad-file', `${path} is no file. Give the path of an .onnx file.`);
    size = stat.size;
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('bad-file', `${path} cannot be read: ${(error as Error).message}. Check the path.`);
  }
  if (size > LARGEST) {
    throw new CodedError(
      'unsupported',
      `${path} has ${size} bytes; protobuf ends at 2 GB. Keep weights in external data.`,
    );
  }
  const bytes = readFileSync(path);
  return {
    name: basename(path),
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    external: folderFiles(dirname(path)),
  };
}

/** The runtime in this process. It is loaded when it is first needed. `feeds`: real inputs to verify on as well. */
export const nodePort = (feeds: readonly NamedFeeds[] = []): RuntimePort =>
  localPort({ wasm: nodeRuntime(), native: nativeRuntime() }, { feeds });

/**
 * Inputs kept as ONNX test data: `input_0.pb`, `input_1.pb`, … in a folder, or in `test_data_set_N` folders below it.
 * Each file names the input that it is for.
 */
export function readTestData(folder: string): NamedFeeds[] {
  const sets = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^test_data_set_\d+$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
  const found = (sets.length > 0 ? sets : [folder]).map(readSet).filter(({ feeds }) => Object.keys(feeds).length > 0);
  if (found.length === 0) {
    throw new CodedError('bad-file', `${folder} holds no input_N.pb. Give a folder of ONNX test data.`);
  }
  return found;
}

function readSet(folder: string): NamedFeeds {
  const files = readdirSync(folder).filter((name) => /^input_\d+\.pb$/.test(name));
  const feeds: Record<string, HostTensor> = {};
  for (const file of files) {
    const { name, tensor } = readTensorProto(new Uint8Array(readFileSync(join(folder, file))));
    const data =
      tensor.dtype === 'string' ? tensor.strings().map((each) => new TextDecoder().decode(each)) : tensor.read();
    feeds[name] = { dtype: tensor.dtype, shape: tensor.shape, data };
  }
  return { name: basename(folder), feeds };
}

/** Writes inputs as `.npz`, so that a difference can be looked at in NumPy. */
export const saveFeeds = (path: string, feeds: Feeds): void => writeFileSync(path, writeNpz(feeds));
