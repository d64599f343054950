import type { DocumentState } from './document.ts';
import type { Core } from './core.ts';
import type { Recent } from './recents.ts';

/** The benchmark of the whole recipe, when it is still of the revision shown. */
function benchOf({ benches, document }: DocumentState): Recent['bench'] {
  const found = benches.findLast((bench) => bench.a === 0 && bench.b === document?.cursor)?.result;
  return found && found.ratio !== null && found.verdict !== null
    ? { ratio: found.ratio, verdict: found.verdict }
    : null;
}

/** Keeps the recipe of the open model in the list of recents, from its first step on. */
export function keepRecents(core: Core): void {
  core.document.subscribe((state, before) => {
    const { document } = state;
    if (!document || (document === before.document && state.benches === before.benches)) return;
    const [original, shown] = [document.stops[0]?.summary, document.stops[document.cursor]?.summary];
    if (!original || !shown || document.cursor === 0) return;
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
  });
}
