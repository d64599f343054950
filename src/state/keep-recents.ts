import type { DocumentState } from './document.ts';
import type { Core } from './core.ts';
import { isLargeRecipe } from './recipe-size.ts';
import type { Recent } from './recents.ts';

/** The benchmark of the whole recipe, when it is still of the revision shown. */
function benchOf({ benches, document }: DocumentState): Recent['bench'] {
  const found = benches.findLast(({ a, b, loads }) => a === 0 && b === document?.cursor && loads === undefined)?.result;
  return found && found.ratio !== null && found.verdict !== null
    ? { ratio: found.ratio, verdict: found.verdict }
    : null;
}

/** Keeps the recipe of the open model in the list of recents: from its first step on, or as soon as it is kept itself. */
export function keepRecents(core: Core): void {
  const isKept = (name: string): boolean => core.recents.getState().kept.some((model) => model.name === name);
  const isListed = (name: string): boolean => core.recents.getState().recents.some((recent) => recent.name === name);

  const note = (state: DocumentState): void => {
    const { document } = state;
    const [original, shown] = [document?.stops[0]?.summary, document?.stops[document.cursor]?.summary];
    if (!document || !original || !shown || isLargeRecipe(document.recipe)) return;
    // A recipe that was kept before is not replaced by none.
    if (document.cursor === 0 && (!isKept(document.name) || isListed(document.name))) return;
    core.recents.keep({
      name: document.name,
      sample: core.source && 'sample' in core.source ? core.source.sample : null,
      recipe: document.recipe,
      at: core.platform.now(),
      fileBytes: document.fileBytes,
      bytesBefore: original.bytes,
      bytesAfter: shown.bytes,
      bench: benchOf(state),
    });
  };

  core.document.subscribe((state, before) => {
    if (state.document !== before.document || state.benches !== before.benches) note(state);
  });
  core.recents.subscribe((state, before) => {
    if (state.kept.length > before.kept.length) note(core.document.getState());
  });
}
