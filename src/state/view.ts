import { createStore, type StoreApi } from 'zustand/vanilla';

export type Workspace = 'studio' | 'compare' | 'bench' | 'report';
export type Overlay = 'operator' | 'macs' | 'parameters' | 'bytes' | 'history';
export type DockTab = 'recipe' | 'jobs' | 'checks';

/** What is looked at: not undoable, not in the recipe. Node ids are those of the IR. */
export interface ViewState {
  readonly workspace: Workspace;
  readonly selected: number | null;
  readonly overlay: Overlay;
  readonly dock: DockTab;
  readonly search: string;
  readonly palette: boolean;
  readonly exporting: boolean;
  /** Asks the canvas to bring a node into view; the nonce makes a repeated wish a new one. */
  readonly focus: { readonly node: number; readonly nonce: number } | null;
}

export type ViewStore = StoreApi<ViewState>;

export const createViewStore = (): ViewStore =>
  createStore<ViewState>(() => ({
    workspace: 'studio',
    selected: null,
    overlay: 'operator',
    dock: 'recipe',
    search: '',
    palette: false,
    exporting: false,
    focus: null,
  }));
