import { toErrorRecord } from '../base/error.ts';
import type { DocumentView, Picture } from '../engine/types.ts';
import type { GraphApi, ModelsApi } from '../protocol/api.ts';
import type { CallOptions, Client } from '../protocol/client.ts';
import type { Host } from '../protocol/host.ts';
import type { Recipe } from '../recipe/types.ts';
import { createAccuracyStore, type AccuracyStore } from './accuracy-store.ts';
import { ALONE } from './alone.ts';
import { createCompareStore, type CompareStore } from './compared.ts';
import type { DeviceWatch } from './device-watch.ts';
import { createDevicesStore, type DevicesAccess, type DevicesStore } from './devices.ts';
import { createDocumentStore, type DocumentStore, type Failure } from './document.ts';
import { createInspectionStore, type InspectionStore } from './inspection.ts';
import { createJobRunner, createJobsStore, type JobKind, type JobRunner, type JobsStore } from './jobs.ts';
import { createKvStore, type KvStore } from './kv-store.ts';
import { createNoticesStore, type NoticesStore } from './notices.ts';
import { createRecentsStore, type RecentsStore } from './recents.ts';
import { createRecipesStore, type RecipesStore } from './recipes-store.ts';
import { createSettingsStore, type KeyValue, type SettingsStore } from './settings.ts';
import { createVerifyLabStore, type VerifyLabStore } from './verify-lab-store.ts';
import { createTablesStore, type TablesStore } from './tables-store.ts';
import { createSearchingStore, type SearchingStore } from './searching-store.ts';
import { createSupernetStore, type SupernetStore } from './supernet-store.ts';
import { createTrainingStore, type TrainingStore } from './training-store.ts';
import { createViewStore, type ViewStore } from './view.ts';

/** What the page gives the state: the few things that only a browser can do. */
export interface Platform {
  readonly storage: KeyValue | null;
  /** Hands a file to the person. */
  save(name: string, content: Blob): void;
  /** Opens a file in a tab of its own. */
  openInTab(file: File): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** The address of the page; null: there is none (tests). */
  readonly address: AddressBar | null;
  readonly tab: Tab;
  /** The worker that keeps models in the browser's own storage; null: this browser has none. */
  readonly models: Client<ModelsApi> | null;
  /** The way to lent devices; absent: the page's server has no relay. */
  readonly devices?: DevicesAccess;
  /** Told when the network is back. */
  onOnline?(listener: () => void): void;
  copy(text: string): Promise<void>;
  /** Whether the tab is hidden, the device on battery, the processor under pressure. */
  readonly device: DeviceWatch;
  /** Asks before the page is left while `risky` says that something would be lost. */
  guardLeave(risky: () => boolean): void;
  /** Resolves once the picture is on the screen: work beside its drawing would delay it. */
  painted(): Promise<void>;
  /** Works out what the page needs of a picture before it is shown, in short tasks. */
  prepare(picture: Picture): Promise<void>;
}

/** The part of the address after `#`. */
export interface AddressBar {
  read(): string;
  /** In place: no entry of the history. */
  write(fragment: string): void;
  /** Told when a person puts another fragment there. */
  onChange(listener: () => void): void;
  /** The whole address with that fragment. */
  withFragment(fragment: string): string;
}

/** This tab among those of the studio. */
export interface Tab {
  /** Stays the same when the tab is loaded again. */
  readonly id: string;
  /** The page was loaded again, or the browser brought the tab back. */
  readonly reloaded: boolean;
  /** Ids of the tabs that are open. */
  open(): Promise<ReadonlySet<string>>;
}

export interface Stores {
  readonly document: DocumentStore;
  readonly view: ViewStore;
  readonly jobs: JobsStore;
  readonly settings: SettingsStore;
  readonly recents: RecentsStore;
  readonly recipes: RecipesStore;
  readonly notices: NoticesStore;
  readonly inspection: InspectionStore;
  readonly compare: CompareStore;
  readonly accuracy: AccuracyStore;
  readonly verifyLab: VerifyLabStore;
  readonly devices: DevicesStore;
  readonly tables: TablesStore;
  readonly training: TrainingStore;
  readonly searching: SearchingStore;
  readonly supernet: SupernetStore;
  readonly kv: KvStore;
}

/** What was opened: enough to open it once more. */
export type Source = { readonly files: readonly File[] } | { readonly sample: string };
export type Opened = { readonly document: DocumentView; readonly picture: Picture };

/** What the groups of actions share. */
export interface Core extends Stores {
  readonly platform: Platform;
  readonly runner: JobRunner;
  readonly client: Client<GraphApi>;
  source: Source | null;
  /** Counts what is shown: another number means that answers of before no longer fit. */
  epoch: number;
  /** Steps of the recipe, the undone ones included: what the document's own recipe leaves out. */
  fullRecipe: Recipe | null;
  /** The hard stop: ends the workers; open calls fail with `worker-died`. */
  restart(): void;
  /** What a worker sent, ready to be shown: part of the job that asked for it. */
  prepared(opened: Promise<Opened>): Promise<Opened>;
  /** Takes a new revision over and tells every group of actions. */
  adopt(opened: Opened): void;
  onAdopt(listener: () => void): void;
  /** Told once another document is open, after everybody else has taken it over. */
  onOpened(listener: () => void): void;
  /** Says in place that something failed; a cancel is no failure. Gives back null. */
  fail(place: Failure['place'], what: string, error: unknown): null;
  /** Runs a job that changes the document; null when it failed, or when it may not run now. */
  change<T>(
    kind: JobKind,
    place: Failure['place'],
    title: string,
    work: (call: CallOptions, job: number) => Promise<T>,
  ): Promise<T | null>;
}

/** Jobs that change the document: one at a time. */
export const CHANGES: readonly JobKind[] = ['open', 'apply', 'replay', 'move', 'recover'];

/** What no longer holds once another revision is shown. */
const CLEARED = {
  sites: {},
  sitesErrors: {},
  preview: null,
  prune: null,
  edit: null,
  detail: null,
  detailError: null,
  overlays: {},
  failure: null,
  diff: null,
  before: null,
} as const;

export function createCore(host: () => Host, platform: Platform, onStuck: () => void): Core {
  const stores: Stores = {
    document: createDocumentStore(),
    view: createViewStore(),
    jobs: createJobsStore(),
    settings: createSettingsStore(platform.storage),
    recents: createRecentsStore(platform.storage),
    recipes: createRecipesStore(),
    notices: createNoticesStore(),
    inspection: createInspectionStore(),
    compare: createCompareStore(),
    accuracy: createAccuracyStore(),
    verifyLab: createVerifyLabStore(),
    devices: createDevicesStore(platform.devices !== undefined),
    tables: createTablesStore(),
    training: createTrainingStore(),
    searching: createSearchingStore(),
    supernet: createSupernetStore(),
    kv: createKvStore(),
  };
  const runner = createJobRunner(stores.jobs, onStuck);
  const listeners: (() => void)[] = [];
  const openedListeners: (() => void)[] = [];
  let opened = stores.document.getState().opened;

  /** Why a change may not start now, in words; null: it may. */
  const refusal = (kind: JobKind): string | null => {
    if (ALONE.includes(kind) && runner.isRunning('train'))
      return 'A training is at work, and a measurement needs the device for itself: stop it, or wait.';
    if (runner.isRunning('search'))
      return 'A search is at work, and it times networks: stop it and keep what it found, or wait.';
    if (runner.isRunning('supernet')) return 'A supernet is being trained: stop it and keep what it learnt, or wait.';
    if (runner.isRunning(...ALONE))
      return 'A measurement is running. It needs the device for itself: cancel it, or wait.';
    return runner.isRunning(...CHANGES) ? 'Another change is still at work.' : null;
  };

  const core: Core = {
    ...stores,
    platform,
    runner,
    get client() {
      return host().client;
    },
    source: null,
    epoch: 0,
    fullRecipe: null,
    restart: () => host().restart(),
    async prepared(opened) {
      await platform.prepare((await opened).picture);
      return opened;
    },
    adopt({ document, picture }) {
      core.epoch += 1;
      // Before the stores change: who listens to them reads it.
      if (document.cursor === document.stops.length - 1) core.fullRecipe = document.recipe;
      const origin = document.cursor === 0 ? { origin: picture } : {};
      stores.document.setState({ ...CLEARED, status: 'open', document, picture, ...origin });
      stores.view.setState({ refusal: null });
      for (const listener of listeners) listener();
      if (stores.document.getState().opened === opened) return;
      opened = stores.document.getState().opened;
      for (const listener of openedListeners) listener();
    },
    onAdopt: (listener) => void listeners.push(listener),
    onOpened: (listener) => void openedListeners.push(listener),
    fail(place, what, caught) {
      const error = toErrorRecord(caught);
      if (error.code === 'cancelled') stores.notices.announce(`${what}: cancelled.`);
      else {
        stores.document.setState({ failure: { place, what, error } });
        stores.notices.announce(`${what} failed. ${error.message}`);
      }
      return null;
    },
    async change(kind, place, title, work) {
      const reason = refusal(kind);
      if (reason !== null) {
        stores.notices.show({ tone: 'plain', title: `${title} has to wait`, text: reason });
        return null;
      }
      if (stores.document.getState().failure !== null) stores.document.setState({ failure: null });
      try {
        return await runner.run(kind, title, work);
      } catch (error) {
        return core.fail(place, title, error);
      }
    },
  };
  return core;
}
