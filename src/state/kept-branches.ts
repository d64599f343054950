import type { DocumentView } from '../engine/types.ts';
import { isLargeRecipe } from './recipe-size.ts';
import type { Branch } from './recipes-store.ts';
import type { KeyValue } from './settings.ts';

const KEY = 'whittle.branches';
/** Models whose branches are remembered; the oldest go first. */
const KEPT = 8;

/** What of a branch outlives the visit: results are counted anew once it is at work. */
type StoredBranch = Omit<Branch, 'result' | 'benches'>;
interface Entry {
  readonly model: string;
  readonly branches: readonly StoredBranch[];
}

/** Tells models apart without reading them whole. */
const modelKey = ({ name, fileBytes, producer }: DocumentView): string => `${name} ${fileBytes} ${producer}`;

function load(storage: KeyValue | null): readonly Entry[] {
  try {
    const stored = JSON.parse(storage?.getItem(KEY) ?? 'null') as { version: number; models: readonly Entry[] } | null;
    return stored?.version === 1 ? stored.models : [];
  } catch {
    // A damaged list is replaced at the next change.
    return [];
  }
}

/** Branches of a model from an earlier visit. */
export function loadBranches(storage: KeyValue | null, document: DocumentView | null): readonly Branch[] {
  const found = document && load(storage).find(({ model }) => model === modelKey(document));
  return (found?.branches ?? []).map((each) => ({ ...each, result: null, benches: [] }));
}

export function storeBranches(
  storage: KeyValue | null,
  document: DocumentView | null,
  branches: readonly Branch[],
): void {
  if (!document) return;
  const others = load(storage).filter(({ model }) => model !== modelKey(document));
  const light = branches
    .filter(({ recipe }) => !isLargeRecipe(recipe))
    .map(({ id, name, from, recipe, cursor }): StoredBranch => ({ id, name, from, recipe, cursor }));
  const own: Entry = { model: modelKey(document), branches: light };
  try {
    storage?.setItem(KEY, JSON.stringify({ version: 1, models: [own, ...others].slice(0, KEPT) }));
  } catch {
    // Storage is full or blocked: branches hold for this visit.
  }
}
