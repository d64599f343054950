import { FAMILIES } from '../../base/families.ts';
import { plainOperator, plural } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import { NUMBER_EXAMPLES } from './numbers.ts';
import { partNames } from './terms.ts';
import { NUMBER_FIELDS, TEXT_FIELDS, type Field } from './types.ts';

export interface Suggestion {
  /** What takes the place of the word under the caret. */
  readonly text: string;
  /** What it means, or how often it occurs. */
  readonly hint: string;
}
export interface Suggestions {
  /** The part of the text that a suggestion takes the place of. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly Suggestion[];
}

const MOST = 8;

const MEANINGS: Readonly<Record<Field, string>> = {
  op: 'operator',
  name: 'part of the name',
  shape: 'dimensions of an output: 64x28x28, 1x64x*',
  dtype: 'element type of a tensor',
  family: 'family of the operator',
  in: 'name scope or group',
  cost: 'share of all MACs: >1%',
  macs: 'MACs: >1M',
  params: 'parameters: >100k',
  bytes: 'bytes of weights: >1MB',
};

function operators(view: GraphView): readonly Suggestion[] {
  const counts = new Float64Array(view.opTypes.length);
  for (const op of view.nodeOps) counts[op]! += 1;
  return view.opTypes
    .map((op, index) => ({ text: plainOperator(op), count: counts[index]! }))
    .sort((a, b) => b.count - a.count)
    .map(({ text, count }) => ({ text, hint: plural(count, 'node') }));
}

const quotedIfNeeded = (text: string): string => (/[\s>|()]/.test(text) ? `"${text}"` : text);
const plain = (texts: readonly string[]): readonly Suggestion[] => texts.map((text) => ({ text, hint: '' }));

/** What a field's value may be. Names and shapes are too many to list. */
const VALUES: Readonly<Record<Field, (view: GraphView) => readonly Suggestion[]>> = {
  op: operators,
  name: () => [],
  shape: () => [],
  dtype: (view) => plain(view.dtypes.filter((dtype) => dtype !== 'undefined')),
  family: (view) => plain(FAMILIES.filter((_, family) => view.opFamilies.includes(family))),
  in: (view) => plain(partNames(view).map(quotedIfNeeded)),
  cost: () => plain(NUMBER_EXAMPLES.cost),
  macs: () => plain(NUMBER_EXAMPLES.macs),
  params: () => plain(NUMBER_EXAMPLES.params),
  bytes: () => plain(NUMBER_EXAMPLES.bytes),
};

const FIELDS: readonly Field[] = [...TEXT_FIELDS, ...NUMBER_FIELDS];

/** The word before the caret: up to a blank, bracket, bar, or a `>` that is not of a field's value. */
const BEFORE = /[^\s(|>]*(?::[<>]?=?[^\s(|>]*)?$/;
const wordBefore = (text: string): string => (BEFORE.exec(text)?.[0] ?? '').replace(/^-/, '');

const begins = (text: string, start: string): boolean =>
  text.toLowerCase().startsWith(start) && text.length > start.length;

/** What may stand where the caret is. */
export function suggest(view: GraphView, text: string, caret: number): Suggestions {
  const word = wordBefore(text.slice(0, caret));
  const span = { from: caret - word.length, to: caret };
  const [head, tail] = word.split(/:(.*)/s);
  const field = FIELDS.find((each) => tail !== undefined && each === head?.toLowerCase());
  if (field) {
    // The values that stand before a comma are settled.
    const settled = tail?.slice(0, tail.lastIndexOf(',') + 1) ?? '';
    const start = (tail ?? '').slice(settled.length).toLowerCase();
    const items = VALUES[field](view)
      .filter((each) => begins(each.text, start))
      .slice(0, MOST)
      .map((each) => ({ ...each, text: `${field}:${settled}${each.text}` }));
    return { ...span, items };
  }
  const start = word.toLowerCase();
  const fields = FIELDS.filter((each) => begins(`${each}:`, start)).map((each) => ({
    text: `${each}:`,
    hint: MEANINGS[each],
  }));
  if (start === '') return { ...span, items: fields };
  const ops = operators(view).filter((each) => begins(each.text, start));
  return { ...span, items: [...ops, ...fields].slice(0, MOST) };
}
