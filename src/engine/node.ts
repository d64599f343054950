import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { CodedError } from '../base/error.ts';
import { forgetMaterialised } from '../ir/tensor.ts';
import { folderFiles } from '../onnx/external-node.ts';
import { nativeRuntime } from '../runtime/native.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Feeds } from '../runtime/types.ts';
import { writeNpz } from '../verify/npz.ts';
import { localPort } from './local-port.ts';
import type { RuntimePort } from './ports.ts';
import type { ModelSource } from './sources.ts';

/** Files beyond this do not fit into one buffer; their weights belong into external data. */
const LARGEST = 2 ** 31 - 1;

const opened = new Set<ReturnType<typeof folderFiles>>();

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
  const external = folderFiles(dirname(path));
  opened.add(external);
  return {
    name: basename(path),
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    external,
  };
}

/** The runtime in this process, and the native one where it is installed. Each is loaded when it is first needed. */
export const nodePort = (): RuntimePort => localPort({ wasm: nodeRuntime(), native: nativeRuntime() });

/** Lets go of all models that were opened by their paths, their files and weights: they are done with. */
export function closeModels(): void {
  for (const files of opened) files.close();
  opened.clear();
  forgetMaterialised();
}

/** Writes inputs as `.npz`, so that a difference can be looked at in NumPy. */
export const saveFeeds = (path: string, feeds: Feeds): void => writeFileSync(path, writeNpz(feeds));
