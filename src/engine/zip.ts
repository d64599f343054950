import { strToU8, zipSync, type Zippable } from 'fflate';

/** Weights hardly shrink: files from here on are stored as they are, but for programs. */
const isWeights = (path: string): boolean => /\.(onnx|data|safetensors)$/.test(path);

/** Files by path as a zip; texts become UTF-8. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(files).map(([path, content]): [string, Zippable[string]] => [
    path,
    [typeof content === 'string' ? strToU8(content) : content, { level: isWeights(path) ? 0 : 6 }],
  ]);
  return zipSync(Object.fromEntries(entries));
}
