import { decodeCheckpoint, type CheckpointStore } from '../engine/train/checkpoint.ts';
import type { TrainCheckpoint } from '../protocol/api.ts';

/** How far the run with this key had come; null: nothing of it was kept, or it cannot be read. */
export async function checkpointIn(store: CheckpointStore, key: string): Promise<TrainCheckpoint | null> {
  try {
    const bytes = await store.load();
    const found = bytes && decodeCheckpoint(bytes);
    return found?.key === key ? { step: found.step } : null;
  } catch {
    // A browser without storage, or a checkpoint of another version: the run begins at its start.
    return null;
  }
}

/** A store that may fail: training goes on without checkpoints, and a note says so. */
export function tolerant(store: CheckpointStore): CheckpointStore & { notes(): readonly string[] } {
  let failure: string | null = null;
  const tried = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      return otherwise;
    }
  };
  return {
    load: () => tried(() => store.load(), null),
    save: (bytes) => tried(() => store.save(bytes), undefined),
    drop: () => tried(() => store.drop(), undefined),
    notes: () =>
      failure === null ? [] : [`A checkpoint could not be kept in this browser, so a reload loses the run: ${failure}`],
  };
}
