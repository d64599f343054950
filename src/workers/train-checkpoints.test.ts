import { describe, expect, it } from 'vitest';
import { encodeCheckpoint, type CheckpointStore } from '../engine/train/checkpoint.ts';
import { checkpointIn, tolerant } from './train-checkpoints.ts';

const state = { weights: {}, optimizer: { steps: 0, moments: [] }, sparsity: null };
const written = (key: string) => encodeCheckpoint({ key, step: 30, curve: [], evaluations: [], best: null, state });

const holding = (bytes: Uint8Array | null): CheckpointStore => ({
  load: () => Promise.resolve(bytes),
  save: () => Promise.resolve(),
  drop: () => Promise.resolve(),
});
const refusing = (): CheckpointStore => {
  const refuse = () => Promise.reject(new Error('No room is left.'));
  return { load: refuse, save: refuse, drop: refuse };
};

describe('a checkpoint to go on from', () => {
  it('is offered for the run that it is of', async () => {
    expect(await checkpointIn(holding(written('this')), 'this')).toEqual({ step: 30 });
    expect(await checkpointIn(holding(written('another')), 'this')).toBeNull();
    expect(await checkpointIn(holding(null), 'this')).toBeNull();
  });

  it('is none where it cannot be read', async () => {
    expect(await checkpointIn(holding(new Uint8Array([1, 2, 3])), 'this')).toBeNull();
    expect(await checkpointIn(refusing(), 'this')).toBeNull();
  });
});

describe('a store that fails', () => {
  it('stops no training, and a note says why', async () => {
    const store = tolerant(refusing());
    expect(await store.load()).toBeNull();
    await store.save(new Uint8Array(1));
    await store.drop();
    expect(store.notes()).toEqual([expect.stringContaining('No room is left.')]);
    expect(tolerant(holding(null)).notes()).toEqual([]);
  });
});
