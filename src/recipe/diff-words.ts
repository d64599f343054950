import { plural } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import { diffRecipes, type FieldChange, type RecipeDiff, type SitesChange, type StepChange } from './diff.ts';
import type { Recipe, SiteChoice } from './types.ts';

/** Longer values are cut, characters. */
const LONGEST = 48;

function valueText(value: Json | undefined): string {
  if (value === undefined) return 'not set';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

const fieldText = ({ name, before, after }: FieldChange): string =>
  `${name} ${valueText(before)} → ${valueText(after)}`;

function choiceText(choice: SiteChoice): string {
  if (choice === 'all') return 'all sites';
  if (!Array.isArray(choice) && !('except' in choice)) return 'sites that only a later Whittle knows';
  return 'except' in choice ? `all but ${plural(choice.except.length, 'site')}` : plural(choice.length, 'site');
}

function sitesText({ before, after, added, removed }: SitesChange): string {
  const [old, now] = [choiceText(before), choiceText(after)];
  if (old !== now) return `${old} → ${now}`;
  return `${now}: ${added.length} of them named anew, ${removed.length} no longer`;
}

/** A difference with its words. */
export interface ToldDiff extends Omit<RecipeDiff, 'steps'> {
  readonly sentence: string;
  readonly steps: readonly (StepChange & { readonly words: readonly string[] })[];
}

/** What differs between two recipes, as people read it. */
export function tellDiff(a: Recipe, b: Recipe): ToldDiff {
  const found = diffRecipes(a, b);
  const steps = found.steps.map((step) => ({ ...step, words: changeWords(step) }));
  return { ...found, steps, sentence: diffSentence(found) };
}

/** What differs in a step, in short parts: `ratio 0.5 → 0.3`, `all sites → all but 1 site`. */
function changeWords({ kind, before, after, options, sites, decisions, fields, known }: StepChange): readonly string[] {
  const decided = decisions ? decisions.added.length + decisions.removed.length + decisions.changed.length : 0;
  return [
    ...(kind === 'moved' ? [`from place ${before} to ${after}`] : []),
    ...options.map((change) => (kind === 'added' || kind === 'removed' ? optionText(change) : fieldText(change))),
    ...(sites ? [sitesText(sites)] : []),
    ...(decided > 0 ? [`decided otherwise at ${plural(decided, 'site')}`] : []),
    ...fields.map(fieldText),
    ...(known ? [] : ['a pass that this Whittle does not have']),
  ];
}

const optionText = ({ name, before, after }: FieldChange): string => `${name} ${valueText(after ?? before)}`;

/** A change of what is said of a whole recipe. */
function headerText(change: FieldChange): string {
  if (change.name !== 'untilStable') return fieldText(change);
  return change.after === true ? 'repeated until nothing changes' : 'not repeated until nothing changes';
}

/** What two recipes have in common and what not, in a sentence. */
function diffSentence({ equal, steps, header }: RecipeDiff): string {
  if (equal) return 'Both are the same.';
  const count = (wanted: StepChange['kind']): number => steps.filter(({ kind }) => kind === wanted).length;
  const parts = (['added', 'removed', 'changed', 'moved'] as const).flatMap((kind) =>
    count(kind) > 0 ? [`${plural(count(kind), 'step')} ${kind}`] : [],
  );
  const counts = header.filter(({ name }) => name !== 'model').map(headerText);
  return `${[...parts, ...counts].join(', ')}; ${count('same')} the same.`;
}
