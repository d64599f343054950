import type { Json } from '../base/json.ts';
import type { Backend } from '../rewrite/pass.ts';

export type SiteChoice = 'all' | readonly string[] | { readonly except: readonly string[] };

/** A step holds decisions, not wishes: replay needs no data, no device and no luck. */
export interface RecipeStep {
  readonly pass: string;
  readonly options: Readonly<Record<string, Json>>;
  readonly sites: SiteChoice;
  /** By site key, what was decided there (kept channels). */
  readonly decisions?: Readonly<Record<string, Json>>;
}

export interface Recipe {
  /** Version of this format. */
  readonly whittle: 1;
  readonly name?: string;
  readonly backend?: Backend;
  /** Left out: the recipe fits any model. */
  readonly model?: { readonly sha256: string; readonly name?: string };
  /** Clean-up steps in a row are repeated until they change nothing (presets). */
  readonly untilStable?: boolean;
  readonly steps: readonly RecipeStep[];
}
