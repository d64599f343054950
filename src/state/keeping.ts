import { toErrorRecord } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';
import type { KeptModel } from '../storage/types.ts';
import type { Core } from './core.ts';
import type { OpeningActions } from './opening.ts';
import type { Recent } from './recents.ts';

export interface KeepingActions {
  /** Answers whether opened models are kept in this browser's own storage; yes keeps the open one too. */
  setKeepModels(keep: boolean): void;
  /** A sample or a kept model opens at once and its recipe is replayed; another file has to be given again. */
  openRecent(recent: Recent): Promise<void>;
  isKept(name: string): boolean;
  /** Opens a kept model; true when it is open. */
  openKept(name: string): Promise<boolean>;
  /** Removes a model's copy and its recipe. */
  forgetRecent(name: string): Promise<void>;
  /** Removes all recents and all copies, and says how many bytes that freed. */
  clearRecents(): Promise<void>;
  /** Asks which models are kept; nothing can be before a person has agreed. */
  listKept(): Promise<void>;
}

export function keepingActions(core: Core, opening: OpeningActions): KeepingActions {
  const { document: store, notices, recents, settings } = core;
  const { models } = core.platform;
  const setKept = (kept: readonly KeptModel[]): void => recents.setState({ kept });

  const warn = (title: string, error: unknown): void => {
    const { code, message } = toErrorRecord(error);
    if (code !== 'cancelled') notices.show({ tone: 'warning', title, text: message });
  };

  /** Copies the open model, where that was agreed to. */
  const keepOpen = async (): Promise<void> => {
    const { document } = store.getState();
    if (!models || !document || !core.source || !('files' in core.source)) return;
    if (settings.getState().settings.keepModels !== 'yes') return;
    const { files } = core.source;
    try {
      setKept(
        await core.runner.run('keep', `Keeping ${document.name}`, (call) =>
          models.call('keep', { name: document.name, files }, call),
        ),
      );
    } catch (error) {
      warn(`${document.name} is not kept`, error);
    }
  };

  core.onOpened(() => void keepOpen());

  const actions: KeepingActions = {
    async openRecent({ name, recipe, sample }) {
      const pending = recipe.steps.length > 0 ? { name, recipe } : null;
      store.setState({ pending, openError: null, openErrorName: null });
      if (sample !== null) await opening.openSample(sample);
      else if (actions.isKept(name)) await actions.openKept(name);
    },
    setKeepModels(keep) {
      const { settings: now } = settings.getState();
      settings.setState({ settings: { ...now, keepModels: keep ? 'yes' : 'no' } });
      if (keep) void keepOpen();
    },
    isKept: (name) => recents.getState().kept.some((model) => model.name === name),
    async openKept(name) {
      if (!models) return false;
      try {
        const files = await models.call('files', { name });
        await opening.openFiles(files);
        return store.getState().document?.name === name;
      } catch (error) {
        warn(`${name} did not open`, error);
        setKept(await models.call('list', null).catch(() => []));
        return false;
      }
    },
    async forgetRecent(name) {
      recents.forget(name);
      if (!models || !recents.getState().kept.some((model) => model.name === name)) return;
      try {
        setKept(await models.call('forget', { name }));
      } catch (error) {
        warn(`${name} could not be removed`, error);
      }
    },
    async clearRecents() {
      try {
        const freed = models && recents.getState().kept.length > 0 ? await models.call('clear', null) : 0;
        recents.clear();
        setKept([]);
        const text = freed > 0 ? `${formatBytes(freed)} freed.` : 'No model was kept.';
        notices.show({ tone: 'good', title: 'Recents cleared', text });
      } catch (error) {
        warn('The kept models could not be removed', error);
      }
    },
    async listKept() {
      if (!models || settings.getState().settings.keepModels === 'ask') return;
      try {
        setKept(await models.call('list', null));
      } catch (error) {
        warn('Kept models cannot be read', error);
      }
    },
  };
  return actions;
}
