import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BenchVerdict } from '../bench/types.ts';
import type { Recipe } from '../recipe/types.ts';
import type { KeptModel } from '../storage/types.ts';
import type { KeyValue } from './settings.ts';

/** A recipe that was at work here. Its model is kept only where a person agreed to that. */
export interface Recent {
  readonly name: string;
  /** Id of the sample that it came from; null: a file. */
  readonly sample: string | null;
  readonly recipe: Recipe;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fileBytes: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly bench: { readonly ratio: number; readonly verdict: BenchVerdict } | null;
}
interface RecentsState {
  /** The newest first. */
  readonly recents: readonly Recent[];
  /** Models that are kept in this browser's own storage, the last opened first. */
  readonly kept: readonly KeptModel[];
}
export interface RecentsStore extends StoreApi<RecentsState> {
  keep(recent: Recent): void;
  forget(name: string): void;
  clear(): void;
}

const KEY = 'whittle.recents';
const KEPT = 8;

interface Stored {
  readonly version: 1;
  readonly recents: readonly Recent[];
}

function load(storage: KeyValue | null): readonly Recent[] {
  try {
    const stored = JSON.parse(storage?.getItem(KEY) ?? 'null') as Stored | null;
    return stored?.version === 1 ? stored.recents : [];
  } catch {
    // A damaged list is replaced at the next change.
    return [];
  }
}

export function createRecentsStore(storage: KeyValue | null): RecentsStore {
  const store = createStore<RecentsState>(() => ({ recents: load(storage), kept: [] }));
  const set = (recents: readonly Recent[]): void => {
    store.setState({ recents });
    try {
      storage?.setItem(KEY, JSON.stringify({ version: 1, recents } satisfies Stored));
    } catch {
      // Storage is full or blocked: the list holds for this visit.
    }
  };
  const without = (name: string) => store.getState().recents.filter((each) => each.name !== name);
  return {
    ...store,
    keep: (recent) => set([recent, ...without(recent.name)].slice(0, KEPT)),
    forget: (name) => set(without(name)),
    clear: () => set([]),
  };
}
