import { isFolded, type GraphView } from '../ir/view.ts';
import type { GraphLayout } from '../layout/types.ts';

/** A box of the picture: a node, a folded group, a pill, or the name of a frame. */
export interface Box {
  readonly what: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const boxAt = (what: string, left: number, top: number, width: number, height: number): Box => ({
  what,
  left,
  top,
  right: left + width,
  bottom: top + height,
});

export const rowBox = (layout: GraphLayout, row: number): Box =>
  boxAt(`row ${row}`, layout.x[row]!, layout.y[row]!, layout.widths[row]!, layout.heights[row]!);

function foldedBox({ folded }: GraphLayout, index: number): Box {
  const [width, height] = [folded.widths[index]!, folded.heights[index]!];
  return boxAt(`folded group ${folded.groups[index]}`, folded.x[index]!, folded.y[index]!, width, height);
}

function portBox(layout: GraphLayout, port: number): Box {
  const [width, height] = [layout.portWidths[port]!, layout.portHeights[port]!];
  return boxAt(`port ${port}`, layout.portX[port]! - width / 2, layout.portY[port]! - height / 2, width, height);
}

/** The box of an item as routes name it. */
function itemBox(layout: GraphLayout, item: number): Box {
  const rows = layout.x.length;
  if (item < 0) return portBox(layout, -1 - item);
  return item < rows ? rowBox(layout, item) : foldedBox(layout, item - rows);
}

const STUB_HEIGHT = 18;
/** A letter of a frame's name, and where names begin; DESIGN.md sets them 11 high. */
const LETTER = 6.5;
const NAME = { left: 12, top: 6, height: 16 };

/** Everything that may not lie on something else. */
function boxesOf(layout: GraphLayout): { readonly solid: Box[]; readonly names: Box[] } {
  const solid: Box[] = [];
  layout.x.forEach((_, row) => {
    if (layout.hidden[row] === 0) solid.push(rowBox(layout, row));
  });
  layout.folded.groups.forEach((_, index) => solid.push(foldedBox(layout, index)));
  layout.portX.forEach((_, port) => solid.push(portBox(layout, port)));
  layout.stubX.forEach((x, stub) => {
    const width = layout.stubWidths[stub]!;
    solid.push(boxAt(`stub ${stub}`, x - width / 2, layout.stubY[stub]! - STUB_HEIGHT / 2, width, STUB_HEIGHT));
  });
  const names = layout.blocks.map(({ name, x, y, width }) => {
    const wide = Math.min(width - 2 * NAME.left, name.length * LETTER);
    return boxAt(`name ${name}`, x + NAME.left, y + NAME.top, wide, NAME.height);
  });
  return { solid, names };
}

/** What boundaries may share without lying on each other. */
const TOUCH = 0.5;
const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right - TOUCH && b.left < a.right - TOUCH && a.top < b.bottom - TOUCH && b.top < a.bottom - TOUCH;
const isInside = (a: Box, b: Box): boolean =>
  a.left >= b.left - TOUCH && a.right <= b.right + TOUCH && a.top >= b.top - TOUCH && a.bottom <= b.bottom + TOUCH;

const CELL = 256;

/** Boxes by the cells of a coarse grid. */
class Index {
  private readonly cells = new Map<string, Box[]>();

  add(box: Box): void {
    for (const key of cellsOf(box)) {
      const list = this.cells.get(key);
      if (list) list.push(box);
      else this.cells.set(key, [box]);
    }
  }
  near(box: Box): Set<Box> {
    const found = new Set<Box>();
    for (const key of cellsOf(box)) for (const each of this.cells.get(key) ?? []) found.add(each);
    return found;
  }
}

function* cellsOf({ left, top, right, bottom }: Box): Generator<string> {
  for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
    for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) yield `${x} ${y}`;
  }
}

/** Corners of a route. */
export function routePoints(layout: GraphLayout, route: number): [number, number][] {
  const points: [number, number][] = [];
  for (let i = layout.routeStarts[route]!; i < layout.routeStarts[route + 1]!; i++) {
    points.push([layout.routePoints[2 * i]!, layout.routePoints[2 * i + 1]!]);
  }
  return points;
}

/**
 * What is wrong with a layout, one sentence each: things that lie on each other, wires that are not orthogonal, run
 * through a node, or do not end at their ends, uses that are not drawn once, frames that cut each other.
 */
export function layoutProblems(
  view: GraphView,
  layout: GraphLayout,
  toggled: ReadonlySet<string> = new Set(),
): string[] {
  const { solid, names } = boxesOf(layout);
  const index = new Index();
  const problems: string[] = [];
  for (const box of [...solid, ...names]) {
    for (const other of index.near(box)) if (overlap(box, other)) problems.push(`${box.what} lies on ${other.what}`);
    index.add(box);
  }
  const walls = new Index();
  for (const box of solid) walls.add(box);
  layout.routeWires.forEach((_, route) => problems.push(...routeProblems(layout, walls, route)));
  return [...problems, ...frameProblems(layout), ...missingUses(view, layout, toggled)];
}

function routeProblems(layout: GraphLayout, walls: Index, route: number): string[] {
  const points = routePoints(layout, route);
  const problems: string[] = [];
  const [from, to] = [layout.routeSources[route]!, layout.routeSinks[route]!].map((item) => itemBox(layout, item));
  if (!points[0] || !onEdge(from!, points[0])) problems.push(`route ${route} does not start at ${from!.what}`);
  if (!points.at(-1) || !onEdge(to!, points.at(-1)!)) problems.push(`route ${route} does not end at ${to!.what}`);
  points.slice(1).forEach(([x, y], i) => {
    const [px, py] = points[i]!;
    if (x !== px && y !== py) problems.push(`route ${route} runs askew`);
    const run = {
      what: '',
      left: Math.min(x, px),
      right: Math.max(x, px),
      top: Math.min(y, py),
      bottom: Math.max(y, py),
    };
    for (const box of walls.near(run)) if (crosses(run, box)) problems.push(`route ${route} runs through ${box.what}`);
  });
  return problems;
}

/** The inside of a box; its edge may be touched. */
const crosses = (run: Box, box: Box): boolean =>
  run.left < box.right - TOUCH &&
  run.right > box.left + TOUCH &&
  run.top < box.bottom - TOUCH &&
  run.bottom > box.top + TOUCH;

const NEAR = 0.02;
const onEdge = (box: Box, [x, y]: [number, number]): boolean =>
  x >= box.left - NEAR &&
  x <= box.right + NEAR &&
  y >= box.top - NEAR &&
  y <= box.bottom + NEAR &&
  (Math.abs(x - box.left) < NEAR || Math.abs(y - box.top) < NEAR || Math.abs(y - box.bottom) < NEAR);

/** Frames hold what is in them, and lie in each other or apart. */
function frameProblems(layout: GraphLayout): string[] {
  const frames = layout.blocks.map(({ name, x, y, width, height }) => boxAt(`frame ${name}`, x, y, width, height));
  const index = new Index();
  const problems: string[] = [];
  frames.forEach((frame, block) => {
    for (const other of index.near(frame)) {
      if (overlap(frame, other) && !isInside(frame, other)) problems.push(`${frame.what} cuts ${other.what}`);
    }
    index.add(frame);
    for (const row of layout.blocks[block]!.rows) {
      if (!isInside(rowBox(layout, row), frame)) problems.push(`row ${row} is not in ${frame.what}`);
    }
  });
  return problems;
}

/** Each use of a wire that is no constant is drawn once, as a route or as a stub, unless it is inside of one item. */
function missingUses(view: GraphView, layout: GraphLayout, toggled: ReadonlySet<string>): string[] {
  const itemOf = itemsOfRows(view, layout, toggled);
  const drawn = new Map<string, number>();
  const draw = (wire: number, sink: number): void => {
    const key = `${wire} ${sink}`;
    drawn.set(key, (drawn.get(key) ?? 0) + 1);
  };
  layout.routeWires.forEach((wire, route) => draw(wire, layout.routeSinks[route]!));
  layout.stubWires.forEach((wire, stub) => draw(wire, layout.stubSinks[stub]!));
  const wanted = new Set<string>();
  view.wireSources.forEach((source, wire) => {
    if (source === -2) return;
    for (const row of view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1])) {
      if (source < 0 || itemOf(row) !== itemOf(source)) wanted.add(`${wire} ${itemOf(row)}`);
    }
  });
  view.outputs.forEach((wire, port) => {
    if (view.wireSources[wire] !== -2) wanted.add(`${wire} ${-1 - view.inputs.length - port}`);
  });
  const problems = [...wanted].filter((use) => !drawn.has(use)).map((use) => `use ${use} is not drawn`);
  for (const [use, times] of drawn) {
    if (times > 1) problems.push(`use ${use} is drawn ${times} times`);
    if (!wanted.has(use)) problems.push(`${use} is drawn and is no use`);
  }
  return problems;
}

/** What stands for a row in the picture: itself, the outermost folded group that it is in, or what holds that. */
function itemsOfRows(
  { groups }: GraphView,
  { x, folded }: GraphLayout,
  toggled: ReadonlySet<string>,
): (row: number) => number {
  const boxes = new Map(Array.from(folded.groups, (group, index) => [group, x.length + index]));
  const itemOf = (row: number): number => {
    let outermost = -1;
    for (let group = groups.ofRow[row]!; group >= 0; group = groups.parents[group]!) {
      if (isFolded(groups, group, toggled)) outermost = group;
    }
    if (outermost < 0) return row;
    return groups.holders[outermost]! >= 0 ? itemOf(groups.holders[outermost]!) : boxes.get(outermost)!;
  };
  return itemOf;
}
