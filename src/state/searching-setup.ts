import { SEARCH } from '../search/defaults.ts';
import type { Constraint, GeneRequest, ObjectiveId, SearchRequest } from '../search/types.ts';
import type { SearchingState } from './searching-store.ts';
import type { KeyValue } from './settings.ts';

const KEY = 'whittle.searching';
/** Models whose setups are remembered; those used longest ago go first. */
const KEPT = 8;

type Stored = readonly (readonly [name: string, request: SearchRequest])[];

function stored(storage: KeyValue | null): Stored {
  try {
    const found = JSON.parse(storage?.getItem(KEY) ?? '[]') as { version?: number; requests?: Stored };
    return found.version === 1 && Array.isArray(found.requests) ? found.requests : [];
  } catch {
    // A damaged list is replaced at the next change.
    return [];
  }
}

/** What a search of this model was set to when one began last; else what is usual. */
export function rememberedSearch(storage: KeyValue | null, model: string, threads: number): SearchRequest {
  const found = stored(storage).find(([name]) => name === model)?.[1];
  return found ? { ...SEARCH, ...found, space: { ...SEARCH.space, ...found.space } } : { ...SEARCH, threads };
}

export function rememberSearch(storage: KeyValue | null, model: string, request: SearchRequest): void {
  const others = stored(storage).filter(([name]) => name !== model);
  try {
    const requests = [[model, request], ...others].slice(0, KEPT);
    storage?.setItem(KEY, JSON.stringify({ version: 1, requests }));
  } catch {
    // Storage is full or blocked: the next visit starts from what is usual.
  }
}

/** Latency is an objective, or bound. */
export const asksLatency = ({ objectives, constraints }: SearchRequest): boolean =>
  objectives.includes('latency') || constraints.some(({ objective }) => objective === 'latency');

export const constraintOf = ({ constraints }: SearchRequest, objective: ObjectiveId): Constraint | null =>
  constraints.find((each) => each.objective === objective) ?? null;

/** In the objective’s own unit; null: there is no bound, or it is a share of what is not known yet. */
export function limitOf(constraint: Constraint | null, original: number | null): number | null {
  if (!constraint?.relative) return constraint?.bound ?? null;
  return original === null ? null : constraint.bound * original;
}

/** The request with another bound; null: none. `relative`: it is a share of the original. */
export function withBound(
  request: SearchRequest,
  objective: ObjectiveId,
  bound: number | null,
  relative = false,
): SearchRequest {
  const others = request.constraints.filter((each) => each.objective !== objective);
  const own = { objective, bound: bound ?? 0, ...(relative && { relative }) };
  return { ...request, constraints: bound === null ? others : [...others, own] };
}

/** Two or three objectives: a fourth takes the place of the one before it; fewer than two do not go. */
export function toggledObjective({ objectives }: SearchRequest, id: ObjectiveId): readonly ObjectiveId[] {
  if (objectives.includes(id)) return objectives.length > 2 ? objectives.filter((each) => each !== id) : objectives;
  return [...objectives.slice(0, 2), id];
}

/** The request with a gene set otherwise than is usual; null: as is usual. */
export function withGene(request: SearchRequest, id: string, gene: GeneRequest | null): SearchRequest {
  const { [id]: _, ...others } = request.space.genes;
  return { ...request, space: { ...request.space, genes: gene === null ? others : { ...others, [id]: gene } } };
}

/** What is lacking before a search can begin, in a sentence with its cure; null: nothing. */
export function searchLacks(
  state: Pick<SearchingState, 'data' | 'space' | 'request' | 'asking' | 'spaceError'>,
): string | null {
  const { data, space, request } = state;
  if (!data.view) {
    return 'There is nothing to judge networks by yet: drop samples on Samples, choose them, or have some drawn here.';
  }
  if (!space)
    return state.spaceError ? 'What may be searched is not known: see Space.' : 'The space is being looked at.';
  const { genes, notes } = space.result.view;
  if (genes.length === 0) {
    const why = notes.length > 0 ? notes.join(' ') : 'No group of channels, heads or residual blocks of it can be cut.';
    return `There is nothing to search in this model. ${why}`;
  }
  if (!genes.some(({ searched }) => searched)) {
    return 'Nothing may change: choose a kind of change on Space, or let a gene go.';
  }
  if (request.quality === 'accuracy' && !data.view.labels && data.view.kind !== 'text') {
    return 'Accuracy asks for labels, and these samples have none: give a file of labels, or judge by the original.';
  }
  return null;
}
