import { toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Core } from './core.ts';
import type { ExportingActions } from './exporting.ts';
import type { KeepingActions } from './keeping.ts';
import { decodeLink, encodeLink } from './link/codec.ts';
import { placeOf } from './link/place.ts';
import type { LinkingActions } from './link/linking.ts';
import { modelName, type Link } from './link/types.ts';
import { isLargeRecipe } from './recipe-size.ts';
import type { KeyValue } from './settings.ts';
import { isSearching } from './searching-run.ts';
import { isSupernetUnsaved } from './supernet-run.ts';
import { isUnsaved } from './training-run.ts';

/** What a tab was doing: enough to go on with it. */
export interface Session {
  readonly tab: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly link: Link;
}

export interface SessionActions {
  /** Goes on with what a tab was doing before; a file that is not kept is asked for. */
  continueSession(): Promise<void>;
  dropSession(): void;
}

const KEY = 'whittle.sessions';
/** Tabs whose sessions are remembered; the oldest go first. */
const KEPT = 8;

/** By tab: the time, and the link as text. Each tab writes its own entry only. */
type Stored = Readonly<Record<string, { readonly at: number; readonly link: string }>>;

function load(storage: KeyValue | null): Stored {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? 'null');
    return typeof stored === 'object' && stored !== null ? (stored as Stored) : {};
  } catch {
    // A damaged journal is replaced at the next change.
    return {};
  }
}

/** The tabs' sessions in local storage, written at each change so that a crash loses nothing. */
export function createJournal(storage: KeyValue | null) {
  const save = (entries: Stored): void => {
    const newest = Object.entries(entries).sort(([, a], [, b]) => b.at - a.at);
    try {
      storage?.setItem(KEY, JSON.stringify(Object.fromEntries(newest.slice(0, KEPT))));
    } catch {
      // Storage is full or blocked: this session is not restored.
    }
  };
  const sessionOf = (tab: string, { at, link }: Stored[string]): Session | null => {
    try {
      const decoded = decodeLink(link);
      return decoded && { tab, at, link: decoded };
    } catch {
      // Of another version, or damaged: there is nothing to go on with.
      return null;
    }
  };
  return {
    write: ({ tab, at, link }: Session) => save({ ...load(storage), [tab]: { at, link: encodeLink(link) } }),
    remove(tab: string) {
      const { [tab]: removed, ...rest } = load(storage);
      if (removed) save(rest);
    },
    /** The newest first. */
    read: (): readonly Session[] =>
      Object.entries(load(storage))
        .flatMap(([tab, entry]) => sessionOf(tab, entry) ?? [])
        .sort((a, b) => b.at - a.at),
  };
}

/** This tab's own session, else the newest of a tab that is gone. */
export function sessionToOffer(all: readonly Session[], tab: string, open: ReadonlySet<string>): Session | null {
  return all.find((each) => each.tab === tab) ?? all.find((each) => !open.has(each.tab)) ?? null;
}

/**
 * True where leaving would lose a training, a supernet, a search at work, or steps: nothing has saved them, and neither
 * sample nor copy brings the model back.
 */
function isRisky(core: Core, keeping: KeepingActions): boolean {
  if (isUnsaved(core.training.getState().run) || isSearching(core.searching.getState().run)) return true;
  if (isSupernetUnsaved(core.supernet.getState().run)) return true;
  const { document, savedRecipe } = core.document.getState();
  if (!document || document.cursor === 0) return false;
  // A check that ends makes another document of the same steps.
  if (JSON.stringify(savedRecipe) === JSON.stringify(document.recipe)) return false;
  if (isLargeRecipe(document.recipe)) return true;
  return !(core.source && 'sample' in core.source) && !keeping.isKept(document.name);
}

/** Once for each model: the steps of before are not kept either, for they would be others. */
function tellLarge(core: Core, { saveRecipe }: Pick<ExportingActions, 'saveRecipe'>): void {
  const { opened } = core.document.getState();
  if (told.get(core) === opened) return;
  told.set(core, opened);
  core.notices.show({
    tone: 'warning',
    title: 'The steps are not kept over a reload',
    text: 'They hold repairs that weigh as much as weights. Save the recipe before you leave.',
    action: { label: 'Save recipe', run: saveRecipe },
  });
}

const told = new WeakMap<Core, number>();

type Others = Pick<LinkingActions, 'follow'> & Pick<ExportingActions, 'saveRecipe'> & KeepingActions;

export function sessionActions(core: Core, others: Others): SessionActions & { resume(): Promise<void> } {
  const { document: store, platform, view } = core;
  const journal = createJournal(platform.storage);
  const { tab } = platform;
  platform.guardLeave(() => isRisky(core, others));

  const write = (): void => {
    const link = store.getState().waiting ? null : placeOf(core);
    if (!link) return;
    const isLarge = link.recipe !== null && isLargeRecipe(link.recipe);
    if (isLarge) tellLarge(core, others);
    journal.write({ tab: tab.id, at: platform.now(), link: isLarge ? { ...link, recipe: null, stop: 0 } : link });
  };
  store.subscribe((state, before) => {
    if (before.document && !state.document && state.status === 'empty' && state.openError === null)
      journal.remove(tab.id);
    else if (state.document !== before.document || state.picture !== before.picture || state.waiting !== before.waiting)
      write();
  });
  view.subscribe((state, before) => {
    const { selected, workspace, overlay, search } = before;
    const same = state.selected === selected && state.workspace === workspace && state.overlay === overlay;
    if (!same || state.search !== search) write();
  });

  // The entry of a tab that is gone stays until this tab has taken it over.
  let takenOver: string | null = null;
  store.subscribe((state, before) => {
    if (!before.waiting || state.waiting || takenOver === null) return;
    if (state.document && takenOver !== tab.id) journal.remove(takenOver);
    takenOver = null;
  });

  // The model of an offered session, opened by hand: the offer goes on beside it.
  core.onOpened(() => {
    const { session, document, waiting } = store.getState();
    if (!session || !document || waiting) return;
    store.setState({ session: null });
    const { name, steps } = sessionParts(session);
    if (name !== document.name || steps === 0) return;
    const action = { label: 'Continue', run: () => void others.follow(session.link) };
    core.notices.show({ tone: 'warning', title: `${name} was left with ${plural(steps, 'step')}`, action });
  });

  const actions: SessionActions = {
    async continueSession() {
      const { session } = store.getState();
      if (!session) return;
      store.setState({ session: null });
      takenOver = session.tab;
      await others.follow(session.link);
    },
    dropSession() {
      const { session } = store.getState();
      if (session) journal.remove(session.tab);
      store.setState({ session: null });
    },
  };

  return {
    ...actions,
    /** At the start: follows the link in the address, or goes on with a session, or offers to. */
    async resume() {
      await others.listKept();
      const fragment = platform.address?.read() ?? '';
      const session = sessionToOffer(journal.read(), tab.id, await tab.open());
      if (session && tab.reloaded && session.tab === tab.id) {
        store.setState({ session });
        const { model } = session.link;
        if ('sample' in model || others.isKept(model.file)) await actions.continueSession();
        return;
      }
      try {
        const link = decodeLink(fragment);
        if (link) return await others.follow(link);
      } catch (error) {
        const text = toErrorRecord(error).message;
        core.notices.show({ tone: 'warning', title: 'The link cannot be read', text });
      }
      if (!store.getState().document) store.setState({ session });
    },
  };
}

/** `model.onnx, 3 steps` in the parts that the page shows. */
export const sessionParts = ({ link }: Session): { readonly name: string; readonly steps: number } => ({
  name: modelName(link),
  steps: link.recipe?.steps.length ?? 0,
});
