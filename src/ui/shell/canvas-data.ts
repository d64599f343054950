import { useMemo } from 'react';
import type { App } from '../../state/app.ts';
import type { CanvasRefusal, CanvasSite, PictureSaving } from '../canvas/types.ts';
import { useDocument, useView } from '../kit/use-store.ts';

const NO_SITES: readonly CanvasSite[] = [];
const NO_REFUSALS: readonly CanvasRefusal[] = [];

/** Marks of chosen nodes stand among the sites: their ticks take them out again. */
const MARK = 'chosen:';

/** The nodes that are chosen together. */
function useChosen(app: App): readonly CanvasSite[] {
  const marked = useView(app, (state) => state.marked);
  const selected = useView(app, (state) => state.selected);
  return useMemo(() => {
    if (marked.length === 0) return NO_SITES;
    const chosen = selected === null ? marked : [selected, ...marked];
    return chosen.map((node) => ({ key: `${MARK}${node}`, nodes: [node], what: 'Chosen', on: true }));
  }, [marked, selected]);
}

/** Nodes that stand out while the rest is dimmed: those of a finding or a hand edit, else what a search found. */
export function useCanvasMatches(app: App): readonly number[] | null {
  const matches = useView(app, (state) => state.matches);
  const lit = useView(app, (state) => state.lit);
  const touched = useDocument(app, (state) => state.edit?.found?.sites[0]?.nodes);
  return lit ?? (touched && touched.length > 1 ? touched : matches);
}

/** A tick on the canvas: of a site, or of a node that is chosen beside others. */
export function toggleOnCanvas(app: App, key: string): void {
  if (key.startsWith(MARK)) app.actions.mark(Number(key.slice(MARK.length)));
  else app.actions.toggleSite(key);
}

/** Sites of the pass being looked at, with what the person switched off; and the nodes that are chosen together. */
export function useCanvasSites(app: App): readonly CanvasSite[] {
  const chosen = useChosen(app);
  const off = useDocument(app, (state) => state.preview?.off);
  const found = useDocument(app, (state) => (state.preview ? state.sites[state.preview.pass]?.sites : undefined));
  return useMemo(
    () =>
      found && off
        ? [...found.map(({ key, nodes, what }) => ({ key, nodes, what, on: !off.has(key) })), ...chosen]
        : chosen,
    [found, off, chosen],
  );
}

/** Near misses of the pass being looked at; while channels are pruned, the places where none can go. */
export function useCanvasRefusals(app: App): readonly CanvasRefusal[] {
  const title = useDocument(app, (state) => state.passes.find((pass) => pass.id === state.preview?.pass)?.title ?? '');
  const found = useDocument(app, (state) => (state.preview ? state.sites[state.preview.pass]?.refusals : undefined));
  const frozen = useDocument(app, (state) => state.prune?.plan.frozen);
  return useMemo(() => {
    if (frozen) return frozen.map(({ node, reason }) => ({ nodes: [node], reason, title: 'Frozen', frozen: true }));
    return found?.map(({ nodes, reason }) => ({ nodes, reason, title: `Not here: ${title}` })) ?? NO_REFUSALS;
  }, [frozen, found, title]);
}

/** What the canvas needs to save itself as a picture while the dialog for that is open. */
export function usePictureSaving(app: App): PictureSaving | null {
  const open = useView(app, (state) => state.picturing);
  const model = useDocument(app, (state) => state.document?.name);
  return useMemo(
    () =>
      open && model !== undefined
        ? {
            model,
            close: () => app.actions.show({ picturing: false }),
            save: (file, draw) => void app.actions.savePicture(file, draw),
          }
        : null,
    [app, open, model],
  );
}
