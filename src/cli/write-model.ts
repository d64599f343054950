import { basename } from 'node:path';
import { exportFiles } from '../engine/export-files.ts';
import type { CommandStudio } from './studio.ts';
import { FileSet } from './write-file.ts';

interface Written {
  /** The file of weights beside the model; null: all is in the model. */
  readonly data: string | null;
  /** Of both. */
  readonly bytes: number;
}

/**
 * Writes the model at the cursor; its weights beside it, in `OUT.data`, where they lay beside the opened one, or where a
 * threshold is given (as `exportFiles`). Both are there as a whole or not at all.
 */
export function writeModelFile(studio: CommandStudio, out: string, threshold: number | null = null): Written {
  const location = `${basename(out)}.data`;
  const { model, external } = exportFiles(studio.stopOf(studio.document().cursor), location, threshold);
  const files = new FileSet();
  const data = external ? `${out}.data` : null;
  if (external && data) files.put(data, external.chunks());
  files.put(out, model);
  files.keep();
  return { data, bytes: model.byteLength + (external?.byteLength ?? 0) };
}
