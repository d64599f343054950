import { isSearching, pointOf, type SearchRun } from '../../state/searching-run.ts';

/** Why the selected network cannot become steps; null: it can. */
export function openRefusal(run: SearchRun | null, selected: number | null): string | null {
  if (!run || !pointOf(run.points, selected)) return 'No network is selected.';
  if (selected === 0) return 'This is the model as it is.';
  if (isSearching(run)) return 'The search is at work: stop and keep it first.';
  return run.holds ? null : 'The recipe below it has changed since: search again.';
}
