import type { GraphView } from '../ir/view.ts';

/** One word of a search: what it looks at, and the text in lower case. */
interface Term {
  readonly field: 'op' | 'name' | 'shape' | 'any';
  readonly text: string;
}

/** `op:Conv name:features.7 192`: every word has to be found. */
function parseSearch(text: string): readonly Term[] {
  return text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const match = /^(op|name|shape):(.*)$/.exec(word);
      return match ? { field: match[1] as Term['field'], text: match[2] ?? '' } : { field: 'any', text: word };
    });
}

const has = (text: string | undefined, part: string): boolean => text?.toLowerCase().includes(part) ?? false;

/** Rows whose outputs have a shape with the text in it; `x` is taken for `×`. */
function rowsWithShape(view: GraphView, text: string): Set<number> {
  const part = text.replaceAll('x', '×');
  const rows = new Set<number>();
  view.wireShapes.forEach((shape, wire) => {
    const row = view.wireSources[wire] ?? -1;
    if (row >= 0 && shape.includes(part)) rows.add(row);
  });
  return rows;
}

/** `Conv`, or `com.microsoft.FusedConv` without its domain. */
const isOp = (op: string, part: string): boolean => op === part || op.split('.').at(-1) === part;

/** Ids of the nodes that a search finds, in topological order. */
export function findMatches(view: GraphView, text: string): readonly number[] {
  const terms = parseSearch(text).filter((term) => term.text !== '');
  if (terms.length === 0) return [];
  const shapes = new Map(
    terms.filter(({ field }) => field === 'shape').map((term) => [term.text, rowsWithShape(view, term.text)]),
  );
  const ops = view.opTypes.map((op) => op.toLowerCase());
  // While an operator's name is still being typed, its beginning is enough.
  const opMatches = (op: number, part: string): boolean =>
    ops.some((each) => isOp(each, part)) ? isOp(ops[op] ?? '', part) : (ops[op]?.startsWith(part) ?? false);
  const matches = (row: number, { field, text: part }: Term): boolean => {
    const op = view.nodeOps[row] ?? 0;
    if (field === 'op') return opMatches(op, part);
    if (field === 'name') return has(view.nodeNames[row], part);
    if (field === 'shape') return shapes.get(part)?.has(row) ?? false;
    return has(ops[op], part) || has(view.nodeNames[row], part) || has(view.nodeDetails[row], part);
  };
  const found: number[] = [];
  view.nodeIds.forEach((id, row) => {
    if (terms.every((term) => matches(row, term))) found.push(id);
  });
  return found;
}
