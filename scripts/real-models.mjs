// The real models that lie beside a checkout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const real = fileURLToPath(new URL('../../shared/real', import.meta.url));

/** Paths of the models, in the order of their list; none where they are not here. */
export function realModels() {
  const list = join(real, 'manifest.json');
  if (!existsSync(list)) return [];
  const files = JSON.parse(readFileSync(list, 'utf8')).map(({ file }) => join(real, file));
  return files.filter((file) => file.endsWith('.onnx') && existsSync(file));
}
