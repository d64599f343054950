import { existsSync, readFileSync } from 'node:fs';
import { CodedError } from '../base/error.ts';
import type { LoadOptions } from '../bench/types.ts';
import { writeFile } from './write-file.ts';

/**
 * Options that a model is to be loaded with, as `ort.InferenceSession.create` takes them, in a small JSON beside it:
 * `m.onnx` → `m.session.json`. Null: it needs none, and none is written.
 */
export function writeSessionFile(text: string | null, model: string): string | null {
  if (text === null) return null;
  const path = pathBeside(model);
  writeFile(path, text);
  return path;
}

const pathBeside = (model: string): string => `${model.replace(/\.onnx$/i, '')}.session.json`;

/** The options that lie beside a model, and where; null: there are none. */
export function readSessionFile(model: string): { readonly path: string; readonly load: LoadOptions } | null {
  const path = pathBeside(model);
  if (!existsSync(path)) return null;
  try {
    const { graphOptimizationLevel: level, extra: config } = JSON.parse(readFileSync(path, 'utf8')) as {
      graphOptimizationLevel?: LoadOptions['level'];
      extra?: Record<string, string>;
    };
    return { path, load: { ...(level ? { level } : {}), ...(config ? { config } : {}) } };
  } catch (error) {
    throw new CodedError('bad-file', `${path} cannot be read as session options: ${(error as Error).message}`);
  }
}
