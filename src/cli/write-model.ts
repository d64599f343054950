import { basename } from 'node:path';
import { exportFiles } from '../engine/export-files.ts';
import type { CommandStudio } from './studio.ts';
import { FileSet } from './write-file.ts';

/**
 * Writes the model at the cursor; its weights beside it, in `OUT.data`, where they lay beside the opened one. Both are
 * there as a whole or not at all. Returns the bytes of both.
 */
export function writeModelFile(studio: CommandStudio, out: string): number {
  const location = `${basename(out)}.data`;
  const { model, external } = exportFiles(studio.stopOf(studio.document().cursor), location);
  const files = new FileSet();
  if (external) files.put(`${out}.data`, external.chunks());
  files.put(out, model);
  files.keep();
  return model.byteLength + (external?.byteLength ?? 0);
}
