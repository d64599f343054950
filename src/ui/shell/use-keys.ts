import { useEffect } from 'react';
import type { App } from '../../state/app.ts';
import { nextOverlay } from '../../state/overlays.ts';
import { SEARCH_ID } from '../left/SearchField.tsx';
import { chooseFiles } from '../start/files.ts';
import { chordOf, pageKey, type PageKey } from './keys.ts';

/** True where keys are text: there only the chords that the table allows are commands. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]') !== null;

/** A control under the focus has its own use for Enter and Space. */
const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('button, a[href], [role=menuitem], [role=tree], [role=separator], [role=dialog]') !== null;

export const focusSearch = (app: App): void => {
  app.actions.changeSettings({ leftOpen: true });
  app.actions.setWorkspace('studio');
  requestAnimationFrame(() => {
    const field = document.getElementById(SEARCH_ID);
    if (field instanceof HTMLInputElement) field.select();
  });
};

/** F6 and ⇧F6 go round the regions of the page. */
function stepRegion(by: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + by + regions.length) % regions.length];
  const inside = next?.querySelector<HTMLElement>('[data-region-focus], [tabindex="0"], button, input');
  (inside ?? next)?.focus();
}

function stepSiteOrMatch({ actions, document, view }: App, by: 1 | -1): void {
  if (view.getState().workspace === 'compare') actions.stepChange(by);
  else if (document.getState().preview) actions.stepSite(by);
  else actions.stepMatch(by);
}

/** Switches the site that the selected node belongs to. */
function toggleSelected({ actions, document, view }: App): void {
  const { preview, sites } = document.getState();
  const { selected } = view.getState();
  if (!preview || selected === null) return;
  const site = sites[preview.pass]?.sites.find((each) => each.nodes.includes(selected));
  if (site) actions.toggleSite(site.key);
}

function apply({ actions, document }: App): void {
  const { preview, prune } = document.getState();
  if (prune) void actions.applyPrune();
  else if (preview) void actions.apply();
}

/** Gives up what is at work, the innermost first. */
function escape({ actions, document, view }: App): void {
  const { status, openError, failure, preview, prune, edit } = document.getState();
  if (status === 'opening') actions.cancelOpening();
  else if (openError) actions.dismissOpenError();
  else if (view.getState().refusal !== null) actions.showRefusal(null);
  else if (failure) actions.dismissFailure();
  else if (view.getState().lit !== null) actions.unlight();
  else if (edit) actions.cancelEdit();
  else if (preview || prune) actions.cancelLook();
  else actions.select(null);
}

/** Key of the selected group, or of the innermost one around the selected node; null: it is in none. */
export function groupOfSelected({ document, view }: App): string | null {
  const { selected, selectedGroup } = view.getState();
  if (selectedGroup !== null) return selectedGroup;
  const shown = document.getState().picture?.view;
  const group = shown?.groups.ofRow[selected === null ? -1 : shown.nodeIds.indexOf(selected)] ?? -1;
  return shown?.groups.keys[group] ?? null;
}

function foldSelected(app: App, fold: (key: string) => void): void {
  const key = groupOfSelected(app);
  if (key !== null) fold(key);
}

const REACTIONS: Readonly<Record<PageKey, (app: App) => void>> = {
  palette: ({ actions, view }) => actions.show({ palette: !view.getState().palette }),
  open: () => chooseFiles(),
  search: focusSearch,
  region: () => stepRegion(1),
  regionBack: () => stepRegion(-1),
  left: ({ actions, settings }) => actions.changeSettings({ leftOpen: !settings.getState().settings.leftOpen }),
  inspector: ({ actions, settings }) => actions.changeSettings({ rightOpen: !settings.getState().settings.rightOpen }),
  link: ({ actions }) => void actions.copyLink(),
  export: ({ actions }) => actions.show({ exporting: true }),
  help: ({ actions }) => actions.show({ help: true }),
  fold: (app) => foldSelected(app, app.actions.toggleGroup),
  foldCopies: (app) => foldSelected(app, app.actions.toggleCopies),
  overlay: ({ actions, view }) => actions.setOverlay(nextOverlay(view.getState().overlay)),
  diff: ({ actions }) => void actions.toggleDiff(),
  previous: (app) => stepSiteOrMatch(app, -1),
  next: (app) => stepSiteOrMatch(app, 1),
  site: toggleSelected,
  apply,
  escape,
  undo: ({ actions }) => void actions.undo(),
  redo: ({ actions }) => void actions.redo(),
};

/** What the page does with a key press; undefined: nothing. */
function reactionTo(event: KeyboardEvent, app: App): ((app: App) => void) | undefined {
  const row = event.altKey || event.defaultPrevented ? undefined : pageKey(chordOf(event));
  if (!row || (!row.always && app.document.getState().document === null)) return undefined;
  const { palette, help } = app.view.getState();
  if (!row.typing && (isTyping(event.target) || palette || help)) return undefined;
  return row.yields && isControl(event.target) ? undefined : REACTIONS[row.id];
}

/** Keys of the whole page; the canvas, the outline and fields have their own. */
export function useKeys(app: App): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const reaction = reactionTo(event, app);
      if (!reaction) return;
      event.preventDefault();
      reaction(app);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [app]);
}
