import { toErrorRecord } from '../../base/error.ts';
import type { Core } from '../core.ts';
import type { ExportingActions } from '../exporting.ts';
import type { KeepingActions } from '../keeping.ts';
import type { OpeningActions } from '../opening.ts';
import type { SelectingActions } from '../selecting.ts';
import type { SteppingActions } from '../stepping.ts';
import { decodeLink, fitLink } from './codec.ts';
import { goTo, placeOf } from './place.ts';
import { viewReport } from './report-view.ts';
import { modelName, type Link } from './types.ts';

export interface LinkingActions {
  /** Copies a link to what is shown; with `node`, to that node. */
  copyLink(node?: number): Promise<void>;
  /** The same with what the report of it says, for whoever does not have the model. */
  copyReportLink(): Promise<void>;
  /** Opens the model of a link where it can, and shows what the link says; a file is waited for. */
  follow(link: Link): Promise<void>;
  /** Gives up waiting for the file of a link. */
  dropLink(): void;
}

type Others = Pick<OpeningActions, 'openSample'> &
  Pick<SteppingActions, 'replayRecipe' | 'moveTo'> &
  Pick<SelectingActions, 'search' | 'focusNode'> &
  Pick<KeepingActions, 'openKept' | 'isKept'> &
  Pick<ExportingActions, 'reportData'>;

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

  /** The open file is the one of the link: by its hash where that is asked for, else by its name. */
  const isSame = async (link: Link): Promise<boolean> => {
    const { document } = store.getState();
    if (!document) return false;
    const named = document.name === modelName(link);
    const sha256 = 'file' in link.model ? link.model.sha256 : link.report?.model.sha256;
    // Reading a large file takes time: only where the name does not tell, or what a report says hangs on it.
    if (!sha256 || (named && !link.report)) return named;
    try {
      const here = await core.client.call('modelHash', null);
      return here === null ? named : here === sha256;
    } catch {
      return named;
    }
  };

  /** Another model than that of the link: it is shown as it is, and the recipe is one click away. */
  const tellOther = (link: Link, name: string): void => {
    const sha256 = ('file' in link.model && link.model.sha256) || link.report?.model.sha256;
    const hash = sha256 ? ` (SHA-256 ${sha256.slice(0, 12)}…)` : '';
    const what = link.report ? 'The report' : 'The link';
    const text = `${what} is of ${modelName(link)}${hash}. ${name} is another file, and is shown as it is.`;
    const action = link.recipe ? { action: { label: 'Replay on it', run: () => void show(link) } } : {};
    notices.show({ tone: 'warning', title: 'Another model', text, ...action });
  };

  /** The model that a link waited for is open now, or another one is. */
  const onOpened = async (): Promise<void> => {
    const { waiting, document } = store.getState();
    if (!waiting || !document) return;
    if (await isSame(waiting)) await show(waiting);
    else tellOther(waiting, document.name);
    // Until here, neither address nor journal take the half-way state over.
    if (store.getState().waiting === waiting) store.setState({ waiting: null });
  };
  core.onOpened(() => void onOpened());

  const follow = async (link: Link): Promise<void> => {
    const { document } = store.getState();
    const here = core.source && ('sample' in core.source ? core.source.sample : document?.name);
    if (document && here === ('sample' in link.model ? link.model.sample : link.model.file)) {
      if (await isSame(link)) return show(link);
      return tellOther(link, document.name);
    }
    store.setState({ waiting: link });
    if ('sample' in link.model) {
      await others.openSample(link.model.sample);
      if (!store.getState().document) store.setState({ waiting: null });
    } else if (others.isKept(link.model.file)) await others.openKept(link.model.file);
    else if (document) {
      const text = `It is of ${modelName(link)}: open that file, and it is shown as the link has it.`;
      notices.show({ tone: 'warning', title: 'The link is of another model', text });
    }
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

  const copy = async (link: Link, title: string): Promise<void> => {
    if (!platform.address) return;
    const { text, leftOut } = fitLink(link);
    const left = leftOut.length > 0 ? ` Too long with it, so it leaves out ${leftOut.join(' and ')}.` : '';
    const needs = 'file' in link.model ? ` Who follows it needs ${link.model.file}.` : '';
    // Its own parts, and not what was left out of it.
    const holds = link.report
      ? 'It holds figures and verdicts, no pictures, no single runs and no weights.'
      : 'It holds no weights.';
    try {
      await platform.copy(platform.address.withFragment(text));
      notices.show({ tone: 'good', title, text: `${holds}${needs}${left}` });
    } catch (error) {
      notices.show({ tone: 'error', title: 'The link was not copied', text: toErrorRecord(error).message });
    }
  };

  return {
    async copyLink(node) {
      const link = placeOf(core, node);
      if (link) await copy(link, 'Link copied');
    },
    async copyReportLink() {
      const data = await others.reportData();
      const report = data && viewReport(data);
      const link = placeOf(core);
      if (!report || !link) return;
      const { sha256 } = report.model;
      const model = 'file' in link.model && sha256 !== '' ? { ...link.model, sha256 } : link.model;
      await copy({ ...link, model, report }, 'Link with the report copied');
    },
    follow,
    dropLink() {
      store.setState({ waiting: null, pending: null });
      platform.address?.write('');
    },
  };
}
