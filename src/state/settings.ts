import { createStore, type StoreApi } from 'zustand/vanilla';

export type Theme = 'dark' | 'light' | 'system';

/** Kept between visits, with a version, in the browser's local storage. Widths and heights in px; null: by window. */
export interface Settings {
  readonly version: 1;
  readonly theme: Theme;
  /** WASM threads for checks and benchmarks. */
  readonly threads: number;
  readonly leftWidth: number | null;
  readonly leftOpen: boolean;
  readonly rightWidth: number | null;
  readonly rightOpen: boolean;
  readonly dockHeight: number | null;
  /** Height of the outline's part of the left panel, as a share. */
  readonly outlineShare: number;
  /** Names of the inspector's sections that are folded away. */
  readonly closedSections: readonly string[];
  /** Whether opened models are kept in this browser's own storage; a person is asked once. */
  readonly keepModels: 'ask' | 'yes' | 'no';
  /** Ids of the commands that were run last from the palette, the newest first. */
  readonly recentCommands: readonly string[];
}
interface SettingsState {
  readonly settings: Settings;
}
export type SettingsStore = StoreApi<SettingsState>;

const KEY = 'whittle.settings';
export const DEFAULTS: Settings = {
  version: 1,
  theme: 'system',
  threads: 1,
  leftWidth: null,
  leftOpen: true,
  rightWidth: null,
  rightOpen: true,
  dockHeight: null,
  outlineShare: 0.42,
  closedSections: [],
  keepModels: 'ask',
  recentCommands: [],
};

/** What `localStorage` offers; absent where storage is blocked. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

function load(storage: KeyValue | null): Settings {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? 'null') as Partial<Settings> | null;
    return kept?.version === 1 ? { ...DEFAULTS, ...kept } : DEFAULTS;
  } catch {
    // A damaged entry is no reason not to start: the defaults take its place at the next change.
    return DEFAULTS;
  }
}

export function createSettingsStore(storage: KeyValue | null): SettingsStore {
  const store = createStore<SettingsState>(() => ({ settings: load(storage) }));
  store.subscribe(({ settings }) => {
    try {
      storage?.setItem(KEY, JSON.stringify(settings));
    } catch {
      // Storage is full or blocked: the setting holds for this visit.
    }
  });
  return store;
}
