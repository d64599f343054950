import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { CodedError } from '../../base/error.ts';
import type { Recipe } from '../../recipe/types.ts';
import { OVERLAYS } from '../overlays.ts';
import type { Overlay, Workspace } from '../view.ts';
import { isLargeRecipe } from '../recipe-size.ts';
import type { Link, LinkModel } from './types.ts';

/** Longer links are cut short by mail and chat programs, characters. */
export const LONGEST = 6000;
const VERSION = '1';

const WORKSPACES: Readonly<Record<Workspace, true>> = {
  studio: true,
  compare: true,
  bench: true,
  train: true,
  search: true,
  kv: true,
  report: true,
};

const known = new WeakMap<Recipe, string>();
/** Compressed JSON in the alphabet of addresses; made once per recipe. */
function encodeRecipe(recipe: Recipe): string {
  const before = known.get(recipe);
  if (before !== undefined) return before;
  const bytes = deflateSync(strToU8(JSON.stringify(recipe)), { level: 9 });
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const encoded = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  known.set(recipe, encoded);
  return encoded;
}

/** A link is not to be a way to fill the memory: a recipe of more bytes is no recipe. */
const LARGEST_RECIPE = 4e6;

function decodeRecipe(text: string): Recipe {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    // A full buffer means that there was more.
    const bytes = inflateSync(packed, { out: new Uint8Array(LARGEST_RECIPE) });
    const recipe = JSON.parse(strFromU8(bytes)) as Recipe;
    if (bytes.byteLength < LARGEST_RECIPE && recipe.whittle === 1 && Array.isArray(recipe.steps)) return recipe;
  } catch {
    // Said below.
  }
  throw bad('its recipe cannot be read: it was cut short or changed');
}

const bad = (why: string): CodedError =>
  new CodedError('bad-request', `The link was not followed: ${why}. Open the model by hand.`);

const entriesOf = (link: Link): readonly (readonly [string, string | false | null])[] => [
  ['v', VERSION],
  'sample' in link.model ? ['sample', link.model.sample] : ['file', link.model.file],
  ['node', link.node],
  ['stop', link.stop > 0 && String(link.stop)],
  ['workspace', link.workspace !== 'studio' && link.workspace],
  ['overlay', link.overlay !== 'operator' && link.overlay],
  ['query', link.query !== '' && link.query],
  ['fold', link.toggled.length > 0 && JSON.stringify(link.toggled)],
  ['recipe', link.recipe !== null && link.recipe.steps.length > 0 && encodeRecipe(link.recipe)],
];

/** `v=1&sample=mobilenet-v2&node=…`; what is as at first is left out. */
export function encodeLink(link: Link): string {
  const params = new URLSearchParams();
  for (const [name, value] of entriesOf(link)) if (value !== false && value !== null) params.set(name, value);
  return params.toString();
}

/** What is left out of a link that is too long, in that order. */
const CUTS: readonly (readonly [string, Partial<Link>])[] = [
  ['the recipe', { recipe: null, stop: 0 }],
  ['what is folded', { toggled: [] }],
  ['the search', { query: '' }],
  ['the node', { node: null }],
];

/** The link within `LONGEST` characters, and what had to be left out for that. */
export function fitLink(link: Link): { readonly text: string; readonly leftOut: readonly string[] } {
  const cutTo = (cuts: number): string =>
    encodeLink(Object.assign({}, link, ...CUTS.slice(0, cuts).map(([, cut]) => cut)) as Link);
  // A large recipe is not even packed: that would take the page's time at every change.
  let cuts = link.recipe !== null && isLargeRecipe(link.recipe) ? 1 : 0;
  let text = cutTo(cuts);
  while (text.length > LONGEST && cuts < CUTS.length) text = cutTo(++cuts);
  return { text, leftOut: CUTS.slice(0, cuts).map(([what]) => what) };
}

function modelOf(params: URLSearchParams): LinkModel {
  const [sample, file] = [params.get('sample'), params.get('file')];
  if (sample) return { sample };
  if (file) return { file };
  throw bad('it names no model');
}

function foldOf(text: string | null): readonly string[] {
  if (text === null) return [];
  try {
    const keys: unknown = JSON.parse(text);
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys;
  } catch {
    // Said below.
  }
  throw bad('what is folded cannot be read');
}

function stopOf(text: string | null): number {
  const stop = Number(text ?? 0);
  if (Number.isInteger(stop) && stop >= 0) return stop;
  throw bad(`there is no stop ${text}`);
}

function oneOf<T extends string>(what: string, text: string | null, first: T, all: readonly string[]): T {
  if (text === null) return first;
  if (all.includes(text)) return text as T;
  throw bad(`there is no ${what} ${text}`);
}

/**
 * What a fragment says; null: it is no link of this studio.
 *
 * @throws CodedError `bad-request` for a link that cannot be followed
 */
export function decodeLink(fragment: string): Link | null {
  const params = new URLSearchParams(fragment);
  const version = params.get('v');
  if (version === null) return null;
  if (version !== VERSION) throw bad(`it is of version ${version}, and this studio reads version ${VERSION}`);
  const recipe = params.get('recipe');
  return {
    model: modelOf(params),
    recipe: recipe === null ? null : decodeRecipe(recipe),
    stop: stopOf(params.get('stop')),
    node: params.get('node'),
    workspace: oneOf<Workspace>('workspace', params.get('workspace'), 'studio', Object.keys(WORKSPACES)),
    overlay: oneOf<Overlay>('overlay', params.get('overlay'), 'operator', OVERLAYS),
    query: params.get('query') ?? '',
    toggled: foldOf(params.get('fold')),
  };
}
