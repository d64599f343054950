import { useEffect } from 'react';
import type { App } from '../../state/app.ts';
import { nextOverlay } from '../../state/selecting.ts';
import { SEARCH_ID } from '../left/SearchField.tsx';
import { chooseFiles } from '../start/files.ts';

/** True where keys are text: there only chords with ⌘ or Ctrl are commands. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') !== null;

/** A control under the focus has its own use for Enter and Space. */
const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('button, a[href], [role=menuitem], [role=tree], [role=separator], [role=dialog]') !== null;

const focusSearch = (app: App): void => {
  app.actions.changeSettings({ leftOpen: true });
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
  const { status, openError, failure, preview, prune } = document.getState();
  if (status === 'opening') actions.cancelOpening();
  else if (openError) actions.dismissOpenError();
  else if (view.getState().refusal !== null) actions.showRefusal(null);
  else if (failure) actions.dismissFailure();
  else if (preview || prune) actions.cancelLook();
  else actions.select(null);
}

type Keys = Readonly<Record<string, (app: App) => void>>;

const CHORDS: Keys = {
  k: ({ actions, view }) => actions.show({ palette: !view.getState().palette }),
  o: () => chooseFiles(),
  f: focusSearch,
  z: ({ actions }) => void actions.undo(),
  Z: ({ actions }) => void actions.redo(),
  y: ({ actions }) => void actions.redo(),
  '\\': ({ actions, settings }) => actions.changeSettings({ rightOpen: !settings.getState().settings.rightOpen }),
};

const PLAIN: Keys = {
  '[': (app) => stepSiteOrMatch(app, -1),
  ']': (app) => stepSiteOrMatch(app, 1),
  '?': ({ actions }) => actions.show({ help: true }),
  o: ({ actions, view }) => actions.setOverlay(nextOverlay(view.getState().overlay)),
  d: ({ actions }) => void actions.toggleDiff(),
  Escape: escape,
};

/** Keys that a focused control keeps for itself. */
const ACTING: Keys = { ' ': toggleSelected, Enter: apply };

function reactionTo(event: KeyboardEvent, app: App): ((app: App) => void) | undefined {
  if (event.key === 'F6') return () => stepRegion(event.shiftKey ? -1 : 1);
  const { view, document: store } = app;
  const open = store.getState().document !== null;
  if (event.metaKey || event.ctrlKey) {
    // By Shift, not by the letter's case: caps lock turns that round.
    const letter = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
    const reaction = CHORDS[letter];
    return open || event.key === 'k' || event.key === 'o' ? reaction : undefined;
  }
  const { palette, help } = view.getState();
  if (event.altKey || isTyping(event.target) || palette || help || event.defaultPrevented) return undefined;
  if (!open && event.key !== '?' && event.key !== 'Escape') return undefined;
  return PLAIN[event.key] ?? (isControl(event.target) ? undefined : ACTING[event.key]);
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
