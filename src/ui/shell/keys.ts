import { MOD } from '../kit/controls.tsx';

type Section = 'Everywhere' | 'Graph' | 'Outline' | 'Passes' | 'Recipe' | 'Search' | 'Architecture search';

interface KeyRow {
  readonly id: string;
  /** Who listens: the page anywhere, one part of it while it has the focus, or the browser, which opens menus itself. */
  readonly where: 'page' | 'canvas' | 'outline' | 'search' | 'front' | 'browser';
  readonly section: Section;
  /** As `chordOf` writes them. */
  readonly chords: readonly string[];
  readonly what: string;
  /** Works without an open model too. */
  readonly always?: true;
  /** Works while a person writes in a field. */
  readonly typing?: true;
  /** A focused button, link or slider has a use of its own for it. */
  readonly yields?: true;
}

/** Every key of the page: the handlers read this table, the sheet shows it, the palette names keys from it. */
export const KEYS = [
  {
    id: 'palette',
    where: 'page',
    section: 'Everywhere',
    chords: ['Mod+k'],
    what: 'All commands',
    always: true,
    typing: true,
  },
  {
    id: 'open',
    where: 'page',
    section: 'Everywhere',
    chords: ['Mod+o'],
    what: 'Open files',
    always: true,
    typing: true,
  },
  { id: 'search', where: 'page', section: 'Everywhere', chords: ['Mod+f'], what: 'Search nodes', typing: true },
  {
    id: 'region',
    where: 'page',
    section: 'Everywhere',
    chords: ['F6'],
    what: 'Next region',
    always: true,
    typing: true,
  },
  {
    id: 'regionBack',
    where: 'page',
    section: 'Everywhere',
    chords: ['Shift+F6'],
    what: 'Region before',
    always: true,
    typing: true,
  },
  {
    id: 'left',
    where: 'page',
    section: 'Everywhere',
    chords: ['Mod+b'],
    what: 'Left panel open or closed',
    typing: true,
  },
  {
    id: 'inspector',
    where: 'page',
    section: 'Everywhere',
    chords: ['Mod+\\'],
    what: 'Inspector open or closed',
    typing: true,
  },
  {
    id: 'link',
    where: 'page',
    section: 'Everywhere',
    chords: ['Mod+Shift+l'],
    what: 'Copy a link to what is shown',
    typing: true,
  },
  { id: 'fold', where: 'page', section: 'Everywhere', chords: ['e'], what: 'Fold or unfold the selected group' },
  {
    id: 'foldCopies',
    where: 'page',
    section: 'Everywhere',
    chords: ['Shift+e'],
    what: 'The same, with all its copies',
  },
  { id: 'export', where: 'page', section: 'Everywhere', chords: ['Mod+e'], what: 'Export', typing: true },
  { id: 'help', where: 'page', section: 'Everywhere', chords: ['?'], what: 'This sheet', always: true },

  {
    id: 'walk',
    where: 'canvas',
    section: 'Graph',
    chords: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'],
    what: 'Producer, consumer, siblings',
  },
  { id: 'fit', where: 'canvas', section: 'Graph', chords: ['f', 'Shift+f'], what: 'Fit the selection, or all' },
  { id: 'actual', where: 'canvas', section: 'Graph', chords: ['1'], what: '100 %' },
  { id: 'all', where: 'canvas', section: 'Graph', chords: ['0'], what: 'Everything' },
  { id: 'zoom', where: 'canvas', section: 'Graph', chords: ['+', '=', '-'], what: 'Closer, farther' },
  { id: 'canvasSite', where: 'canvas', section: 'Graph', chords: [' '], what: 'Site of the selected node on or off' },
  {
    id: 'deselect',
    where: 'canvas',
    section: 'Graph',
    chords: ['Escape'],
    what: 'Close the reason, or select nothing',
  },
  { id: 'canvasFold', where: 'canvas', section: 'Graph', chords: ['e'], what: 'Fold around the node, unfold the box' },
  { id: 'canvasCopies', where: 'canvas', section: 'Graph', chords: ['Shift+e'], what: 'The same, with all its copies' },
  {
    id: 'canvasMenu',
    where: 'browser',
    section: 'Graph',
    chords: ['Shift+F10', 'ContextMenu'],
    what: 'Edit the selected node',
  },
  {
    id: 'path',
    where: 'canvas',
    section: 'Graph',
    chords: ['p', 'Shift+p'],
    what: 'Light all that leads to it and from it',
  },
  { id: 'overlay', where: 'page', section: 'Graph', chords: ['o'], what: 'Next overlay' },
  { id: 'diff', where: 'page', section: 'Graph', chords: ['d'], what: 'What the last step changed' },

  {
    id: 'lines',
    where: 'outline',
    section: 'Outline',
    chords: ['ArrowUp', 'ArrowDown', 'Home', 'End'],
    what: 'Line before, next, first, last; letters go to a name',
  },
  {
    id: 'unfold',
    where: 'outline',
    section: 'Outline',
    chords: ['ArrowRight', 'ArrowLeft'],
    what: 'Unfold or go in, fold or go out',
  },
  {
    id: 'go',
    where: 'outline',
    section: 'Outline',
    chords: ['Enter'],
    what: 'Show on the graph; open the reason of a near miss',
  },
  {
    id: 'outlineSite',
    where: 'outline',
    section: 'Outline',
    chords: [' '],
    what: 'Site on or off; a part unfolded or folded',
  },
  { id: 'producer', where: 'outline', section: 'Outline', chords: ['Alt+ArrowUp'], what: 'Producer of the node' },
  { id: 'consumer', where: 'outline', section: 'Outline', chords: ['Alt+ArrowDown'], what: 'Consumer of the node' },
  {
    id: 'foldLine',
    where: 'outline',
    section: 'Outline',
    chords: ['Shift+Enter'],
    what: 'Fold or unfold the group on the graph',
  },
  {
    id: 'menu',
    where: 'outline',
    section: 'Outline',
    chords: ['ContextMenu', 'Shift+F10'],
    what: 'All that can be done with the line',
  },

  { id: 'previous', where: 'page', section: 'Passes', chords: ['['], what: 'Previous match or site' },
  { id: 'next', where: 'page', section: 'Passes', chords: [']'], what: 'Next match or site' },
  {
    id: 'site',
    where: 'page',
    section: 'Passes',
    chords: [' '],
    what: 'Site of the selected node on or off',
    yields: true,
  },
  { id: 'apply', where: 'page', section: 'Passes', chords: ['Enter'], what: 'Apply', yields: true },
  { id: 'escape', where: 'page', section: 'Passes', chords: ['Escape'], what: 'Cancel', always: true },

  { id: 'undo', where: 'page', section: 'Recipe', chords: ['Mod+z'], what: 'Undo' },
  { id: 'redo', where: 'page', section: 'Recipe', chords: ['Mod+Shift+z', 'Mod+y'], what: 'Redo' },

  {
    id: 'nextMatch',
    where: 'search',
    section: 'Search',
    chords: ['Enter', 'Shift+Enter'],
    what: 'Next match, match before',
  },
  { id: 'suggest', where: 'search', section: 'Search', chords: ['ArrowDown', 'ArrowUp'], what: 'Suggestions' },
  { id: 'take', where: 'search', section: 'Search', chords: ['Tab'], what: 'Take the suggestion' },
  { id: 'clear', where: 'search', section: 'Search', chords: ['Escape'], what: 'Close the suggestions, or clear' },

  {
    id: 'frontStep',
    where: 'front',
    section: 'Architecture search',
    chords: ['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown'],
    what: 'Next network on the front, network before',
  },
  {
    id: 'frontOpen',
    where: 'front',
    section: 'Architecture search',
    chords: ['Enter'],
    what: 'Open the network on the canvas',
  },
] as const satisfies readonly KeyRow[];

export type KeyId = (typeof KEYS)[number]['id'];
export type PageKey = Extract<(typeof KEYS)[number], { readonly where: 'page' }>['id'];
export const SECTIONS: readonly Section[] = [
  'Everywhere',
  'Graph',
  'Outline',
  'Search',
  'Passes',
  'Recipe',
  'Architecture search',
];

/**
 * A key press as the table writes it: `Mod+Shift+z`, `Shift+F6`, `?`. ⌘ and Ctrl are one; Shift is left out where the
 * character already tells of it; letters are lower case whatever caps lock says.
 */
export function chordOf(event: {
  readonly key: string;
  readonly metaKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}): string {
  const mod = event.metaKey || event.ctrlKey;
  const letter = /^\p{L}$/u.test(event.key);
  const key = letter ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (letter || key.length > 1);
  return (mod ? 'Mod+' : '') + (event.altKey ? 'Alt+' : '') + (shift ? 'Shift+' : '') + key;
}

/** `⌥` on a Mac, `Alt ` elsewhere. */
const ALT = MOD === '⌘' ? '⌥' : 'Alt ';

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
  ' ': 'Space',
  ContextMenu: 'Menu',
};

/** A chord as it is shown: `⇧⌘Z`, `Esc`. */
export function chordText(chord: string): string {
  const [, mod, alt, shift, key = ''] = /^(Mod\+)?(Alt\+)?(Shift\+)?([\s\S]+)$/.exec(chord) ?? [];
  return (
    (shift ? '⇧' : '') +
    (alt ? ALT : '') +
    (mod ? MOD : '') +
    (NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key))
  );
}

const byId = new Map<KeyId, KeyRow>(KEYS.map((row) => [row.id, row]));
/** The first chord of a row, as it is shown. */
export const keysOf = (id: KeyId): string => chordText(byId.get(id)?.chords[0] ?? '');

const PAGE = KEYS.filter((row) => row.where === 'page') as readonly (KeyRow & { readonly id: PageKey })[];
const byChord = new Map(PAGE.flatMap((row) => row.chords.map((chord) => [chord, row] as const)));
/** The row of the page's own key for a press. */
export const pageKey = (chord: string): (KeyRow & { readonly id: PageKey }) | undefined => byChord.get(chord);

const OUTLINE = KEYS.filter((row) => row.where === 'outline');
export type OutlineKey = Extract<(typeof KEYS)[number], { readonly where: 'outline' }>['id'];
/** The outline's own key for a press. */
export const outlineKey = (chord: string): OutlineKey | undefined =>
  OUTLINE.find((row) => row.chords.some((each) => each === chord))?.id;
