import type { PruneMark, WidthChange } from './types.ts';

/** A piece of a label: as it is, a width that goes, or the one in its place. */
export interface WidthPart {
  readonly text: string;
  readonly kind: 'same' | 'old' | 'new';
  /** Its place among the pieces. */
  readonly at: number;
}
type Piece = Omit<WidthPart, 'at'>;

/** The widths of a node that change: all of them where they are known, else that of its mark. */
export function widthsOf(
  mark: PruneMark | null,
  all: readonly WidthChange[] | null | undefined,
): readonly WidthChange[] {
  if (all && all.length > 0) return all;
  if (!mark || mark.before === mark.after) return [];
  return [{ before: mark.before, after: mark.after, taken: mark.role === 'in axis' }];
}

/**
 * The attributes with old widths beside the new ones; null where they name none of them. Where there are no attributes,
 * the width that the node gives stands alone.
 */
export function widthParts(detail: string, changes: readonly WidthChange[]): readonly WidthPart[] | null {
  if (detail === '') {
    const change = changes.find(({ taken }) => !taken) ?? changes[0];
    return change ? placed(pair(change)) : null;
  }
  let parts: readonly Piece[] = [{ text: detail, kind: 'same' }];
  for (const change of changes) parts = replaced(parts, change);
  return parts.length > 1 || parts[0]?.kind !== 'same' ? placed(parts) : null;
}

const placed = (pieces: readonly Piece[]): WidthPart[] => pieces.map((piece, at) => ({ ...piece, at }));

const pair = ({ before, after }: WidthChange): Piece[] => [
  { text: String(before), kind: 'old' },
  { text: ` ${after}`, kind: 'new' },
];

/** `32→192`: what is taken stands first, what is given last. */
function replaced(parts: readonly Piece[], change: WidthChange): readonly Piece[] {
  const named = new RegExp(`(?<!\\d)${change.before}(?!\\d)`, 'g');
  const places = parts.flatMap(({ text, kind }, part) =>
    kind === 'same' ? Array.from(text.matchAll(named), ({ index }) => ({ part, index })) : [],
  );
  const place = change.taken ? places[0] : places.at(-1);
  if (!place) return parts;
  const { text } = parts[place.part] ?? { text: '' };
  const around = [text.slice(0, place.index), text.slice(place.index + String(change.before).length)];
  const [left, right] = around.map((each): Piece[] => (each === '' ? [] : [{ text: each, kind: 'same' }]));
  return [
    ...parts.slice(0, place.part),
    ...(left ?? []),
    ...pair(change),
    ...(right ?? []),
    ...parts.slice(place.part + 1),
  ];
}

const MOST_CELLS = 48;

/** Channels in file order as cells, true: kept. Many channels share a cell, which is kept when most of them are. */
export function cellsOfCut(cut: Uint8Array): boolean[] {
  const cells = Math.min(MOST_CELLS, cut.length);
  return Array.from({ length: cells }, (_, cell) => {
    const channels = cut.subarray((cell * cut.length) / cells, ((cell + 1) * cut.length) / cells);
    const gone = channels.reduce((sum, each) => sum + each, 0);
    return 2 * gone < channels.length;
  });
}
