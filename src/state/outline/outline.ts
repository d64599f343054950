import type { GraphView } from '../../ir/view.ts';
import { outlineOfGroups } from './groups.ts';
import type { Outline, OutlinePart } from './parts.ts';
import { outlineOfNames } from './scopes.ts';

/** One line of the outline as it is shown. */
export interface OutlineLine {
  readonly part: OutlinePart;
  readonly depth: number;
  /** Null: nothing to unfold. */
  readonly unfolded: boolean | null;
  /** 1-based place among the lines of the same parent, and how many those are. */
  readonly place: number;
  readonly siblings: number;
}

/** The model by its groups, or by the names of its nodes where it has none. */
export const buildOutline = (view: GraphView): Outline =>
  view.groups.keys.length > 0 ? outlineOfGroups(view) : outlineOfNames(view);

const outlines = new WeakMap<GraphView, Outline>();

/** The outline of a view; the same one each time. */
export function outlineOf(view: GraphView): Outline {
  let outline = outlines.get(view);
  if (!outline) outlines.set(view, (outline = buildOutline(view)));
  return outline;
}

/** The lines that show: a part's children only where it is unfolded. */
export function outlineLines(outline: Outline, unfolded: ReadonlySet<string>): readonly OutlineLine[] {
  const lines: OutlineLine[] = [];
  const visit = (parts: readonly OutlinePart[], depth: number): void =>
    parts.forEach((part, index) => {
      const open = part.children ? unfolded.has(part.key) : null;
      lines.push({ part, depth, unfolded: open, place: index + 1, siblings: parts.length });
      if (open && part.children) visit(part.children(), depth + 1);
    });
  visit(outline.parts, 0);
  return lines;
}

/** The parts that a node is in, from the outermost on, and its own at the end. */
export function partsAround(outline: Outline, row: number): readonly OutlinePart[] {
  const around: OutlinePart[] = [];
  let inside: readonly OutlinePart[] = outline.parts;
  for (;;) {
    const part = inside.find((each) => each.holds(row));
    if (!part) return around;
    around.push(part);
    if (part.children === null || (part.kind === 'node' && part.first === row)) return around;
    inside = part.children();
  }
}

/** Key of the line that stands for a node: its own, or that of the folded part that it is in. */
export function lineOf(outline: Outline, unfolded: ReadonlySet<string>, row: number): string | null {
  const around = partsAround(outline, row);
  return (around.find((part) => !unfolded.has(part.key)) ?? around.at(-1))?.key ?? null;
}
