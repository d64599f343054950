import { CodedError } from '../../base/error.ts';
import type { Recipe } from '../../recipe/types.ts';
import { OVERLAYS } from '../overlays.ts';
import type { Overlay, Workspace } from '../view.ts';
import { isLargeRecipe } from '../recipe-size.ts';
import { checksum, pack, unpack } from './packed.ts';
import { viewReport, type ReportView } from './report-view.ts';
import type { Link, LinkModel } from './types.ts';

/** Longer links are cut short by mail and chat programs, characters. */
export const LONGEST = 8000;
/** With a report, a link is for where there is more room: browsers take a hundred times of it. */
export const LONGEST_REPORT = 24_000;
/** No link of this studio is as long, nor any session that is kept as one: it is not looked into. */
const TOO_LONG = 4_000_000;
/** Without parts that are packed; with them, and a checksum over all. */
const [PLAIN, PACKED] = ['1', '2'];

const WORKSPACES: Readonly<Record<Workspace, true>> = {
  studio: true,
  compare: true,
  bench: true,
  train: true,
  search: true,
  kv: true,
  report: true,
};

/** A link is not to be a way to fill the memory: a recipe, or a report, of more bytes is none. */
const LARGEST_RECIPE = 4e6;
const LARGEST_REPORT = 4e5;

function decodeRecipe(text: string): Recipe {
  const recipe = unpack(text, LARGEST_RECIPE) as Recipe | null;
  // Of which version it is, and whether it is one, says whoever replays it.
  if (typeof recipe?.whittle === 'number' && Array.isArray(recipe.steps)) return recipe;
  throw bad('its recipe cannot be read: it was cut short or changed');
}

function decodeReport(text: string): ReportView {
  const report = viewReport(unpack(text, LARGEST_REPORT));
  if (report) return report;
  throw bad('its report cannot be read: it was cut short or changed');
}

const bad = (why: string): CodedError =>
  new CodedError('bad-request', `The link was not followed: ${why}. Open the model by hand.`);

const entriesOf = (link: Link): readonly (readonly [string, string | false | null])[] => [
  'sample' in link.model ? ['sample', link.model.sample] : ['file', link.model.file],
  ['sha256', ('file' in link.model && link.model.sha256) ?? null],
  ['node', link.node],
  ['stop', link.stop > 0 && String(link.stop)],
  ['workspace', link.workspace !== 'studio' && link.workspace],
  ['overlay', link.overlay !== 'operator' && link.overlay],
  ['query', link.query !== '' && link.query],
  ['fold', link.toggled.length > 0 && JSON.stringify(link.toggled)],
  ['recipe', link.recipe !== null && link.recipe.steps.length > 0 && pack(link.recipe)],
  ['report', link.report !== undefined && pack(link.report)],
];

/**
 * `v=1&sample=mobilenet-v2&node=…`; what is as at first is left out. With a recipe or a report it is of version 2, and ends
 * with a checksum: what was cut short on its way is told from what says something else.
 */
export function encodeLink(link: Link): string {
  const told = entriesOf(link).filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string');
  const packed = told.some(([name]) => name === 'recipe' || name === 'report');
  const entries = [['v', packed ? PACKED : PLAIN] as const, ...told];
  const params = new URLSearchParams(entries.map(([name, value]) => [name, value]));
  if (packed) params.set('check', checksum(entries));
  return params.toString();
}

/** What is left out of a link that is too long, in that order; where there is nothing of the kind, the link is as it was. */
const CUTS: readonly { readonly what: string; readonly cut: (link: Link) => Link }[] = [
  { what: 'device and limits of the report', cut: (link) => withReport(link, { device: [], limits: [] }) },
  {
    what: 'what was said of each step',
    cut: (link) => withReport(link, { steps: (link.report?.steps ?? []).map((step) => ({ ...step, message: '' })) }),
  },
  { what: 'the steps of the report', cut: (link) => withReport(link, { steps: [] }) },
  { what: 'the report', cut: withoutReport },
  { what: 'the recipe', cut: (link) => (link.recipe ? { ...link, recipe: null, stop: 0 } : link) },
  { what: 'what is folded', cut: (link) => (link.toggled.length > 0 ? { ...link, toggled: [] } : link) },
  { what: 'the search', cut: (link) => (link.query === '' ? link : { ...link, query: '' }) },
  { what: 'the node', cut: (link) => (link.node === null ? link : { ...link, node: null }) },
];

function withoutReport(link: Link): Link {
  if (!link.report) return link;
  const { report: _, ...rest } = link;
  return rest;
}

const withReport = (link: Link, changes: Partial<ReportView>): Link =>
  link.report ? { ...link, report: { ...link.report, ...changes } } : link;

/** The link within its bound, and what had to be left out for that. */
export function fitLink(link: Link): { readonly text: string; readonly leftOut: readonly string[] } {
  // A large recipe is not even packed: that would take the page's time at every change.
  const isLarge = link.recipe !== null && isLargeRecipe(link.recipe);
  let now: Link = isLarge ? { ...link, recipe: null, stop: 0 } : link;
  const leftOut: string[] = isLarge ? ['the recipe'] : [];
  let text = encodeLink(now);
  for (const { what, cut } of CUTS) {
    if (text.length <= (now.report ? LONGEST_REPORT : LONGEST)) break;
    const next = cut(now);
    if (next === now) continue;
    now = next;
    text = encodeLink(now);
    leftOut.push(what);
  }
  // Parts of a report that is not there are not worth a word.
  const whole = leftOut.includes('the report') ? leftOut.filter((what) => !ofReport(what)) : leftOut;
  return { text, leftOut: whole };
}

const ofReport = (what: string): boolean => CUTS.findIndex((cut) => cut.what === what) < 3;

function modelOf(params: URLSearchParams): LinkModel {
  const [sample, file] = [params.get('sample'), params.get('file')];
  if (sample) return { sample };
  const sha256 = params.get('sha256');
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) throw bad('the hash of its file is none');
  if (file) return { file, ...(sha256 !== null && { sha256 }) };
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

/** A version that is known here, and nothing changed or cut off since it was written. */
function requireWhole(params: URLSearchParams, version: string): void {
  if (version !== PLAIN && version !== PACKED) {
    throw bad(`it is of version ${version}, and this studio reads versions up to ${PACKED}`);
  }
  if (version === PLAIN) return;
  const check = params.get('check');
  if (check === null) throw bad('it was cut short on its way');
  const entries = [...params].filter(([name]) => name !== 'check');
  if (check !== checksum(entries)) throw bad('it was changed or cut short on its way');
}

/**
 * What a fragment says; null: it is no link of this studio.
 *
 * @throws CodedError `bad-request` for a link that cannot be followed
 */
export function decodeLink(fragment: string): Link | null {
  if (fragment.length > TOO_LONG) throw bad('it is longer than any link of this studio');
  const params = new URLSearchParams(fragment);
  const version = params.get('v');
  if (version === null) return null;
  requireWhole(params, version);
  const [recipe, report] = [params.get('recipe'), params.get('report')];
  return {
    model: modelOf(params),
    recipe: recipe === null ? null : decodeRecipe(recipe),
    stop: stopOf(params.get('stop')),
    node: params.get('node'),
    workspace: oneOf<Workspace>('workspace', params.get('workspace'), 'studio', Object.keys(WORKSPACES)),
    overlay: oneOf<Overlay>('overlay', params.get('overlay'), 'operator', OVERLAYS),
    query: params.get('query') ?? '',
    toggled: foldOf(params.get('fold')),
    ...(report !== null && { report: decodeReport(report) }),
  };
}
