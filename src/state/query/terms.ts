import { FAMILIES } from '../../base/families.ts';
import type { GraphView } from '../../ir/view.ts';
import { globOf } from './glob.ts';
import { holds } from './numbers.ts';
import { shapeMatcher } from './shapes.ts';
import type { NumberField, Term, TextField } from './types.ts';

/** [rows] 1: the row is what a term asks for. */
export type Rows = Uint8Array;

/** `com.microsoft.fusedconv` is `fusedconv` too. */
const isOp = (op: string, text: string): boolean => op === text || op.endsWith(`.${text}`);

function rowsByOp(view: GraphView, text: string): Rows {
  const ops = view.opTypes.map((op) => op.toLowerCase());
  const glob = globOf(text);
  const exact = glob ?? ((op: string) => isOp(op, text));
  // While an operator's name is still being typed, its beginning is enough.
  const test = glob || ops.some(exact) ? exact : (op: string) => op.startsWith(text) || op.includes(`.${text}`);
  const found = ops.map(test);
  return Uint8Array.from(view.nodeOps, (op) => Number(found[op]));
}

const lowered = new WeakMap<GraphView, readonly string[]>();
/** Names in lower case: made once per view. */
function namesOf(view: GraphView): readonly string[] {
  const names = lowered.get(view) ?? view.nodeNames.map((name) => name.toLowerCase());
  lowered.set(view, names);
  return names;
}

function rowsByName(view: GraphView, text: string): Rows {
  const test = globOf(text) ?? ((name: string) => name.includes(text));
  return Uint8Array.from(namesOf(view), (name) => Number(test(name)));
}

/** Rows that write a wire for which `test` holds. */
function rowsByOutput(view: GraphView, test: (wire: number) => boolean): Rows {
  const rows = new Uint8Array(view.nodeIds.length);
  view.wireSources.forEach((row, wire) => {
    if (row >= 0 && rows[row] === 0 && test(wire)) rows[row] = 1;
  });
  return rows;
}

function rowsByShape(view: GraphView, text: string): Rows {
  const fits = shapeMatcher(text);
  return rowsByOutput(view, (wire) => fits(view.wireShapes[wire]!, view.batches[view.wireBatches[wire]!] ?? ''));
}

/** Rows that write or read a tensor of the element type; `float` and `int` are the beginnings of several. */
function rowsByDtype(view: GraphView, text: string): Rows {
  const exact = view.dtypes.includes(text);
  const found = view.dtypes.map((dtype) => (exact ? dtype === text : dtype.startsWith(text)));
  const test = (wire: number): boolean => found[view.wireDtypes[wire]!] ?? false;
  const rows = rowsByOutput(view, test);
  for (let wire = 0; wire < view.wireDtypes.length; wire++) {
    if (!test(wire)) continue;
    for (let i = view.useStarts[wire]!; i < view.useStarts[wire + 1]!; i++) rows[view.useRows[i]!] = 1;
  }
  return rows;
}

function rowsByFamily(view: GraphView, text: string): Rows {
  const found = Array.from(view.opFamilies, (family) => FAMILIES[family]?.startsWith(text) ?? false);
  return Uint8Array.from(view.nodeOps, (op) => Number(found[op]));
}

/** Rows inside of a group of that name, or in a name scope of that name. */
function rowsByGroup(view: GraphView, text: string): Rows {
  const test = globOf(text) ?? ((name: string) => name === text);
  const { names, parents, ofRow } = view.groups;
  const found = new Uint8Array(names.length);
  // Parents come before their children.
  names.forEach((name, group) => {
    found[group] = Number(test(name.toLowerCase()) || found[parents[group]!] === 1);
  });
  return Uint8Array.from(namesOf(view), (name, row) =>
    Number(found[ofRow[row]!] === 1 || name.split('/').slice(0, -1).some(test)),
  );
}

const TEXT: Readonly<Record<TextField, (view: GraphView, text: string) => Rows>> = {
  op: rowsByOp,
  name: rowsByName,
  shape: rowsByShape,
  dtype: rowsByDtype,
  family: rowsByFamily,
  in: rowsByGroup,
};

const sum = (column: Float64Array): number => column.reduce((all, each) => all + (Number.isNaN(each) ? 0 : each), 0);

/** [rows] what a field of numbers is compared with; NaN: unknown. */
const NUMBERS: Readonly<Record<NumberField, (view: GraphView) => Float64Array>> = {
  cost: (view) => {
    const total = sum(view.macs);
    return total > 0 ? view.macs.map((each) => each / total) : view.macs;
  },
  macs: (view) => view.macs,
  params: (view) => view.parameters,
  bytes: (view) => view.weightBytes,
};

function rowsByWord(view: GraphView, text: string): Rows {
  const names = namesOf(view);
  const ops = view.opTypes.map((op) => op.toLowerCase().includes(text));
  return Uint8Array.from(view.nodeOps, (op, row) =>
    Number(ops[op] || names[row]!.includes(text) || view.nodeDetails[row]!.toLowerCase().includes(text)),
  );
}

const join = (columns: readonly Rows[], join: (a: number, b: number) => number): Rows =>
  columns.reduce((all, column) => all.map((each, row) => join(each, column[row]!)));
const either = (columns: readonly Rows[]): Rows => join(columns, (a, b) => a | b);

/**
 * The rows that a term asks for: one column for each part of it.
 *
 * @param inPath a bare word in a path is an operator
 */
export function rowsOfTerm(view: GraphView, term: Term, inPath: boolean): Rows {
  switch (term.kind) {
    case 'any':
      return new Uint8Array(view.nodeIds.length).fill(1);
    case 'word':
      return inPath ? rowsByOp(view, term.text) : rowsByWord(view, term.text);
    case 'text':
      return either(term.values.map((value) => TEXT[term.field](view, value)));
    case 'number':
      return Uint8Array.from(NUMBERS[term.field](view), (each) => Number(holds(term.sign, each, term.value)));
    case 'unknown':
      return Uint8Array.from(NUMBERS[term.field](view), (each) => Number(Number.isNaN(each)));
    case 'made':
      return view.made;
    case 'not':
      return rowsOfTerm(view, term.of, inPath).map((each) => 1 - each);
    case 'all':
      return join(
        term.of.map((each) => rowsOfTerm(view, each, inPath)),
        (a, b) => a & b,
      );
    case 'some':
      return either(term.of.map((each) => rowsOfTerm(view, each, inPath)));
    default:
      return term satisfies never;
  }
}

/** Names of the parts of the model, for suggestions: groups, or name scopes where there are none. */
export function partNames(view: GraphView): readonly string[] {
  if (view.groups.names.length > 0) return [...new Set(view.groups.names)];
  return [...new Set(view.nodeNames.flatMap((name) => name.split('/').filter(Boolean).slice(0, -1)))];
}
