import { createStore, type StoreApi } from 'zustand/vanilla';
import type { TensorFile } from '../formats/types.ts';
import type { AskedOverlay } from '../engine/types.ts';
import type { QueryError } from './query/types.ts';

export type Workspace = 'studio' | 'compare' | 'bench' | 'train' | 'search' | 'kv' | 'report';
/** Parts of the benchmark workspace. */
export type Lab = 'speed' | 'profile' | 'latency' | 'verify' | 'accuracy' | 'devices';
export type Overlay = 'operator' | 'macs' | 'parameters' | 'bytes' | 'history' | AskedOverlay;
export type DockTab = 'recipe' | 'jobs' | 'checks';
export type InspectorTab = 'node' | 'tensors' | 'passes' | 'history';

/** What is looked at: not undoable, not in the recipe. Node ids are those of the IR. */
export interface ViewState {
  readonly workspace: Workspace;
  readonly lab: Lab;
  readonly selected: number | null;
  /** Key of the group that is selected; a node and a group are never selected together. */
  readonly selectedGroup: string | null;
  /** Nodes chosen beside the selected one, for edits of several. */
  readonly marked: readonly number[];
  readonly overlay: Overlay;
  readonly dock: DockTab;
  readonly inspector: InspectorTab;
  readonly search: string;
  /** Node ids that the search found, in topological order; null: nothing is searched for. */
  readonly matches: readonly number[] | null;
  /** Index into `matches` of the match that is shown. */
  readonly match: number;
  /** Nodes that stand out because a finding is about them; null: none. */
  readonly lit: readonly number[] | null;
  /** Number of paths that the search found; null: it is no path, or its ways are not counted. */
  readonly paths: number | null;
  /** Why the search cannot be read. */
  readonly queryError: QueryError | null;
  readonly palette: boolean;
  readonly exporting: boolean;
  /** Whether the dialog for saving a picture is open. */
  readonly picturing: boolean;
  readonly help: boolean;
  /** A file of tensors whose header is shown. */
  readonly tensorFile: TensorFile | null;
  /** Whether the benchmark workspace shows what tuning would do. */
  readonly planning: boolean;
  /** Shows what the last step changed, in place of the operators' colours. */
  readonly diff: boolean;
  /** Asks the canvas to bring a node into view; the nonce makes a repeated wish a new one. */
  readonly focus: { readonly node: number; readonly nonce: number } | null;
  /** The near miss whose reason is shown: index into the refusals of the pass being looked at. */
  readonly refusal: number | null;
  /** Scopes of the outline that are unfolded. */
  readonly unfolded: ReadonlySet<string>;
}

export type ViewStore = StoreApi<ViewState>;

export const createViewStore = (): ViewStore =>
  createStore<ViewState>(() => ({
    workspace: 'studio',
    lab: 'speed',
    selected: null,
    selectedGroup: null,
    marked: [],
    overlay: 'operator',
    dock: 'recipe',
    inspector: 'node',
    search: '',
    matches: null,
    match: 0,
    lit: null,
    paths: null,
    queryError: null,
    palette: false,
    exporting: false,
    picturing: false,
    help: false,
    tensorFile: null,
    planning: false,
    diff: false,
    focus: null,
    refusal: null,
    unfolded: new Set(),
  }));
