import { plainOperator } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import { rowsOfTerm } from './terms.ts';

/** `Conv 21`: what a person calls a node. */
export const labelOf = ({ opTypes, nodeOps, nodeOrdinals }: GraphView, row: number): string =>
  `${plainOperator(opTypes[nodeOps[row]!] ?? '?')} ${nodeOrdinals[row] ?? ''}`.trim();

/** Rows whose label is the text, then rows that have it in operator, name or key attributes; `most` at most. */
export function rowsNamed(view: GraphView, text: string, most: number): readonly number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const [first, rest]: [number[], number[]] = [[], []];
  const found = rowsOfTerm(view, { kind: 'word', text: wanted }, false);
  const [, op, ordinal] = /^(\S+) (\d+)$/.exec(wanted) ?? [];
  view.nodeOrdinals.forEach((each, row) => {
    if (each === Number(ordinal) && plainOperator(view.opTypes[view.nodeOps[row]!]!).toLowerCase() === op)
      first.push(row);
    else if (found[row] === 1 && rest.length < most) rest.push(row);
  });
  return [...first, ...rest].slice(0, most);
}
