import type { Json } from '../base/json.ts';
import { hasPass, passById } from '../passes/index.ts';
import { alignSteps } from './align.ts';
import { sameJson } from './same.ts';
import type { Recipe, RecipeStep, SiteChoice } from './types.ts';

export type StepChangeKind = 'same' | 'added' | 'removed' | 'changed' | 'moved';

/** A field whose value differs; undefined: one of the two does not have it. */
export interface FieldChange {
  readonly name: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Which sites are asked for, and the keys that only one of the two names. */
export interface SitesChange {
  readonly before: SiteChoice;
  readonly after: SiteChoice;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Keys of sites by what became of their decisions. */
export interface DecisionsChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface StepChange {
  readonly kind: StepChangeKind;
  readonly pass: string;
  /** The pass's title; its id where this build does not have it. */
  readonly title: string;
  /** False: this build does not have the pass. */
  readonly known: boolean;
  /** Place in each recipe, from 1; null: it is not there. */
  readonly before: number | null;
  readonly after: number | null;
  /** What an option was and is; its default where a recipe leaves it out. */
  readonly options: readonly FieldChange[];
  readonly sites: SitesChange | null;
  readonly decisions: DecisionsChange | null;
  /** Whatever else differs: `session`, `measured`, fields of a later build. */
  readonly fields: readonly FieldChange[];
}

export interface RecipeDiff {
  /** Both replay to the same. */
  readonly equal: boolean;
  /** What is said of the whole: `backend`, `untilStable`, `model`. */
  readonly header: readonly FieldChange[];
  /** Steps of both in one order: those of the second, with what is gone where it was. */
  readonly steps: readonly StepChange[];
}

/** What differs between two recipes, step by step. Names of recipes do not count. */
export function diffRecipes(a: Recipe, b: Recipe): RecipeDiff {
  const steps = alignSteps(a.steps, b.steps).map(({ before, after, moved }): StepChange => {
    const [old, now] = [before === null ? null : a.steps[before]!, after === null ? null : b.steps[after]!];
    return { ...changeOf(old, now, moved), ...placeOf(before, after) };
  });
  const header = changes(headerOf(a), headerOf(b));
  // Another file under the same steps is no other recipe.
  const counts = header.filter(({ name }) => name !== 'model');
  return { equal: counts.length === 0 && steps.every(({ kind }) => kind === 'same'), header, steps };
}

const placeOf = (before: number | null, after: number | null) => ({
  before: before === null ? null : before + 1,
  after: after === null ? null : after + 1,
});

const headerOf = ({ backend, untilStable, model }: Recipe): Record<string, Json | undefined> => ({
  backend,
  untilStable: untilStable === true ? true : undefined,
  model: model?.sha256,
});

function changeOf(
  old: RecipeStep | null,
  now: RecipeStep | null,
  moved: boolean,
): Omit<StepChange, 'before' | 'after'> {
  const { pass } = (now ?? old)!;
  const known = hasPass(pass);
  const base = { pass, title: known ? passById(pass).title : pass, known };
  if (!old || !now) {
    const only = (now ?? old)!;
    const [before, after] = now ? [undefined, only] : [only, undefined];
    const options = changes({ ...before?.options }, { ...after?.options });
    return { ...base, kind: now ? 'added' : 'removed', options, sites: null, decisions: null, fields: [] };
  }
  const options = changes(optionsOf(old), optionsOf(now));
  const sites = sitesChange(old.sites, now.sites);
  const decisions = decisionsChange(old.decisions ?? {}, now.decisions ?? {});
  const fields = changes(othersOf(old), othersOf(now));
  const same = options.length === 0 && !sites && !decisions && fields.length === 0;
  return { ...base, kind: moved ? 'moved' : same ? 'same' : 'changed', options, sites, decisions, fields };
}

/** With the defaults of the pass, so that an option that was left out does not look changed. */
function optionsOf({ pass, options }: RecipeStep): Record<string, Json> {
  if (!hasPass(pass)) return options;
  const defaults = Object.entries(passById(pass).options).map(([name, spec]) => [name, spec.default] as const);
  return { ...Object.fromEntries(defaults), ...options };
}

/** Timings are how a step came about, not what it does. */
const TOLD = new Set(['pass', 'options', 'sites', 'decisions', 'measured']);

const othersOf = (step: RecipeStep): Record<string, Json | undefined> =>
  Object.fromEntries(Object.entries(step).filter(([name]) => !TOLD.has(name))) as Record<string, Json | undefined>;

function changes(
  before: Readonly<Record<string, Json | undefined>>,
  after: Readonly<Record<string, Json | undefined>>,
): readonly FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !sameJson(before[name], after[name]))
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** A step of a later build may choose its sites in a form of its own: it names none here. */
function keysOf(choice: SiteChoice): readonly string[] {
  const keys: unknown = choice !== 'all' && 'except' in choice ? choice.except : choice;
  return Array.isArray(keys) ? (keys as readonly string[]) : [];
}

const missingIn = (keys: readonly string[], others: readonly string[]): readonly string[] => {
  const known = new Set(others);
  return keys.filter((key) => !known.has(key));
};

function sitesChange(before: SiteChoice, after: SiteChoice): SitesChange | null {
  if (sameJson(before, after)) return null;
  const [old, now] = [keysOf(before), keysOf(after)];
  const [added, removed] = [missingIn(now, old), missingIn(old, now)];
  const sameKind = Array.isArray(before) === Array.isArray(after) && before !== 'all' && after !== 'all';
  // The same keys in another order.
  if (sameKind && added.length + removed.length === 0) return null;
  return { before, after, added, removed };
}

function decisionsChange(
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): DecisionsChange | null {
  const [old, now] = [Object.keys(before), Object.keys(after)];
  const [added, removed] = [missingIn(now, old), missingIn(old, now)];
  const changed = now.filter((key) => key in before && !sameJson(before[key], after[key]));
  return added.length + removed.length + changed.length === 0 ? null : { added, removed, changed };
}
