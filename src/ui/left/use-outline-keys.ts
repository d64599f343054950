import { useRef, type KeyboardEvent } from 'react';
import type { App } from '../../state/app.ts';
import { adjacencyOf, rowsOf } from '../../state/query/adjacency.ts';
import { chordOf, outlineKey, type OutlineKey } from '../shell/keys.ts';
import { isPort, lineNamed, rowOf, type Line, type OutlineState } from './outline-lines.ts';

/** Letters that follow each other within this time are one beginning of a name, ms. */
const TYPING_MS = 700;

export interface OutlineMoves {
  to(index: number): void;
  enter(line: Line): void;
  goTo(row: number): void;
  openMenu(): void;
}

interface Place {
  readonly app: App;
  readonly state: OutlineState;
  readonly at: number;
  readonly line: Line;
  readonly moves: OutlineMoves;
}

function vertical({ state: { lines }, at, moves }: Place, key: string): void {
  const targets: Readonly<Record<string, number>> = {
    ArrowUp: at - 1,
    ArrowDown: at + 1,
    Home: 0,
    End: lines.length - 1,
  };
  moves.to(Math.max(0, Math.min(lines.length - 1, targets[key] ?? at)));
}

/** Right unfolds, then goes in; left folds, then goes out to the part around. */
function sideways({ app, state: { lines }, at, line, moves }: Place, key: string): void {
  if (isPort(line)) return;
  const { unfolded, part, depth } = line;
  if (unfolded === (key === 'ArrowLeft')) app.actions.toggleFold(part.key);
  else if (key === 'ArrowRight') {
    if (unfolded) moves.to(at + 1);
  } else {
    const out = lines.findLastIndex((each, index) => index < at && !isPort(each) && each.depth < depth);
    if (out >= 0) moves.to(out);
  }
}

function toggle({ app, state, line }: Place): void {
  if (isPort(line)) return;
  const row = rowOf(line);
  const site = row < 0 ? null : state.markOf(state.view.nodeIds[row]!).site;
  if (site) app.actions.toggleSite(site.key);
  else if (line.unfolded !== null) app.actions.toggleFold(line.part.key);
}

/** From the node of the line, or from the selected one inside of the folded part that the line is. */
function walk({ app, state: { view }, line, moves }: Place, side: 'producers' | 'consumers'): void {
  if (isPort(line)) return;
  const { selected } = app.view.getState();
  const inside = selected === null ? -1 : view.nodeIds.indexOf(selected);
  const own = rowOf(line);
  const row = own < 0 && inside >= 0 && line.part.holds(inside) ? inside : own;
  const [next] = row < 0 ? [] : rowsOf(adjacencyOf(view)[side], row);
  if (next !== undefined) moves.goTo(next);
}

/** The group of the line, or the innermost one around its node. */
function fold({ app, state: { view }, line }: Place): void {
  if (isPort(line)) return;
  const { group, first } = line.part;
  const key = view.groups.keys[group >= 0 ? group : (view.groups.ofRow[first] ?? -1)];
  if (key !== undefined) app.actions.toggleGroup(key);
}

const REACTIONS: Readonly<Record<OutlineKey, (place: Place, key: string) => void>> = {
  lines: vertical,
  unfold: sideways,
  go: ({ line, moves }) => moves.enter(line),
  outlineSite: toggle,
  producer: (place) => walk(place, 'producers'),
  consumer: (place) => walk(place, 'consumers'),
  foldLine: fold,
  menu: ({ line, moves }) => isPort(line) || moves.openMenu(),
};

/** Keys of the outline; true when the key was used. Letters go to the next line whose name begins with them. */
export function useOutlineKeys(
  app: App,
  state: OutlineState,
  at: number,
  moves: OutlineMoves,
): (event: KeyboardEvent) => boolean {
  const typed = useRef({ letters: '', time: 0 });
  return (event) => {
    const line = state.lines[at];
    if (!line) return false;
    const id = outlineKey(chordOf(event));
    if (id) {
      REACTIONS[id]({ app, state, at, line, moves }, event.key);
      return true;
    }
    if (
      event.key.length !== 1 ||
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      !/[\p{L}\p{N}_.]/u.test(event.key)
    ) {
      return false;
    }
    const { letters, time } = typed.current;
    const goesOn = event.timeStamp - time < TYPING_MS;
    typed.current = { letters: (goesOn ? letters : '') + event.key.toLowerCase(), time: event.timeStamp };
    // A first letter goes on from the next line; a longer beginning may stay.
    const found = lineNamed(state.lines, typed.current.letters, goesOn ? at : at + 1);
    if (found >= 0) moves.to(found);
    return true;
  };
}
