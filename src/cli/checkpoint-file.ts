import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { CheckpointStore } from '../engine/train/checkpoint.ts';

/** A file that is there as a whole or not at all. */
export const fileStore = (path: string): CheckpointStore => ({
  load: () => Promise.resolve(existsSync(path) ? readFileSync(path) : null),
  save(bytes) {
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
    return Promise.resolve();
  },
  drop() {
    rmSync(path, { force: true });
    return Promise.resolve();
  },
});
