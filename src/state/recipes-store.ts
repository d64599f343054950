import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { BenchEntry } from './document.ts';
import type { PresetInfo, ToldDiff } from '../engine/recipes/read.ts';
import type { SweepPoint, SweepResult } from '../engine/recipes/sweep-types.ts';
import type { StopView } from '../engine/types.ts';
import type { Recipe } from '../recipe/types.ts';

/** Parts of the sheet of recipes. */
export type RecipesTab = 'gallery' | 'diff' | 'branches' | 'sweep';

/** A recipe that a person kept in this browser under a name. */
export interface SavedRecipe {
  readonly id: string;
  readonly name: string;
  readonly recipe: Recipe;
  /** The model that it was made with; null: it came from a file. */
  readonly model: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One line of the recipe of the open model; just one of them is at work. */
export interface Branch {
  readonly id: string;
  readonly name: string;
  /** The stop where it parted from the branch that it was begun on. */
  readonly from: number;
  /** All steps, the undone ones included. */
  readonly recipe: Recipe;
  readonly cursor: number;
  /** The stop that it showed last; null: it has not been at work in this visit. */
  readonly result: StopView | null;
  /** Benchmarks that were taken on it. */
  readonly benches: readonly BenchEntry[];
}

/** What a recipe is picked by for a difference: `current`, `preset:ID`, `saved:ID`, `branch:ID`. */
export type RecipeRef = string;

/** What is asked for in the sheet's sweep. */
export interface SweepForm {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly option: string;
  /** As it is written: `0.1..0.7:7`. */
  readonly values: string;
  readonly verify: boolean;
  readonly bench: boolean;
}

export interface SweepRun {
  readonly status: 'running' | 'done' | 'cancelled' | 'failed';
  readonly job: number | null;
  /** The recipe that was swept: a value is taken into it. */
  readonly recipe: Recipe;
  readonly step: number;
  readonly option: string;
  readonly label: string;
  readonly title: string;
  /** Value by value, as they are found. */
  readonly points: readonly SweepPoint[];
  readonly total: number;
  readonly original: SweepResult['original'];
  readonly error: ErrorRecord | null;
}

export interface RecipesState {
  readonly open: boolean;
  readonly tab: RecipesTab;
  readonly presets: readonly PresetInfo[];
  /** The newest first. */
  readonly saved: readonly SavedRecipe[];
  /** False: this browser keeps nothing, and recipes hold for this visit. */
  readonly keeps: boolean;
  readonly a: RecipeRef;
  readonly b: RecipeRef;
  /** Of `a` and `b`; null: not asked for yet. */
  readonly diff: ToldDiff | null;
  readonly diffError: ErrorRecord | null;
  /** Of the open model; the first one is where it all began. Empty: it has no branch but that. */
  readonly branches: readonly Branch[];
  /** Id of the branch at work. */
  readonly branch: string;
  readonly form: SweepForm | null;
  readonly sweep: SweepRun | null;
}

export type RecipesStore = StoreApi<RecipesState>;

export const MAIN = 'main';

export const createRecipesStore = (): RecipesStore =>
  createStore<RecipesState>(() => ({
    open: false,
    tab: 'gallery',
    presets: [],
    saved: [],
    keeps: true,
    a: 'current',
    b: 'preset:wasm',
    diff: null,
    diffError: null,
    branches: [],
    branch: MAIN,
    form: null,
    sweep: null,
  }));
