import { toErrorRecord } from '../../base/error.ts';
import type { Core } from '../core.ts';
import type { KeepingActions } from '../keeping.ts';
import type { OpeningActions } from '../opening.ts';
import type { SelectingActions } from '../selecting.ts';
import type { SteppingActions } from '../stepping.ts';
import { decodeLink, fitLink } from './codec.ts';
import { goTo, placeOf } from './place.ts';
import { modelName, type Link } from './types.ts';

export interface LinkingActions {
  /** Copies a link to what is shown; with `node`, to that node. */
  copyLink(node?: number): Promise<void>;
  /** Opens the model of a link where it can, and shows what the link says; a file is waited for. */
  follow(link: Link): Promise<void>;
  /** Gives up waiting for the file of a link. */
  dropLink(): void;
}

type Others = Pick<OpeningActions, 'openSample'> &
  Pick<SteppingActions, 'replayRecipe' | 'moveTo'> &
  Pick<SelectingActions, 'search' | 'focusNode'> &
  Pick<KeepingActions, 'openKept' | 'isKept'>;

/** The address follows what is shown after this many ms: browsers limit how often it may change. */
const SETTLED_MS = 250;

export function linkingActions(core: Core, others: Others): LinkingActions {
  const { document: store, view, notices, platform } = core;

  const tell = (error: unknown): void =>
    void notices.show({
      tone: 'warning',
      title: 'Not all of the link could be shown',
      text: toErrorRecord(error).message,
    });

  const show = async (link: Link): Promise<void> => {
    try {
      await goTo(core, link, others);
    } catch (error) {
      tell(error);
    }
  };

  /** The model that a link waited for is open now, or another one is. */
  const onOpened = async (): Promise<void> => {
    const { waiting, document } = store.getState();
    if (!waiting || !document) return;
    if (document.name === modelName(waiting)) await show(waiting);
    else {
      const text = `The link is of ${modelName(waiting)}; ${document.name} is shown as it is.`;
      notices.show({ tone: 'warning', title: 'Another model', text });
    }
    // Until here, neither address nor journal take the half-way state over.
    if (store.getState().waiting === waiting) store.setState({ waiting: null });
  };
  core.onOpened(() => void onOpened());

  const follow = async (link: Link): Promise<void> => {
    const { document } = store.getState();
    const here = core.source && ('sample' in core.source ? core.source.sample : document?.name);
    if (document && here === ('sample' in link.model ? link.model.sample : link.model.file)) return show(link);
    store.setState({ waiting: link });
    if ('sample' in link.model) {
      await others.openSample(link.model.sample);
      if (!store.getState().document) store.setState({ waiting: null });
    } else if (others.isKept(link.model.file)) await others.openKept(link.model.file);
  };

  const onFragment = (): void => {
    try {
      const link = decodeLink(platform.address?.read() ?? '');
      if (link) void follow(link);
    } catch (error) {
      tell(error);
    }
  };
  platform.address?.onChange(onFragment);

  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    // While a link waits for its file, it stays in the address.
    if (store.getState().waiting) return;
    const link = placeOf(core);
    platform.address?.write(link ? fitLink(link).text : '');
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, SETTLED_MS);
  };
  store.subscribe((state, before) => {
    const same = state.picture === before.picture && state.document === before.document;
    if (!same || state.waiting !== before.waiting) later();
  });
  view.subscribe((state, before) => {
    const { selected, workspace, overlay, search } = before;
    const same = state.selected === selected && state.workspace === workspace;
    if (!same || state.overlay !== overlay || state.search !== search) later();
  });

  return {
    async copyLink(node) {
      const link = placeOf(core, node);
      if (!link || !platform.address) return;
      const { text, leftOut } = fitLink(link);
      const left = leftOut.length > 0 ? ` Too long with it, so it leaves out ${leftOut.join(' and ')}.` : '';
      const needs = 'file' in link.model ? ` Who follows it needs ${link.model.file}.` : '';
      try {
        await platform.copy(platform.address.withFragment(text));
        notices.show({ tone: 'good', title: 'Link copied', text: `It holds no weights.${needs}${left}` });
      } catch (error) {
        notices.show({ tone: 'error', title: 'The link was not copied', text: toErrorRecord(error).message });
      }
    },
    follow,
    dropLink() {
      store.setState({ waiting: null, pending: null });
      platform.address?.write('');
    },
  };
}
