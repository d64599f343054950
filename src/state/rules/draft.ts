import { CodedError, type ErrorRecord } from '../../base/error.ts';
import { EXACTNESS, type Exactness } from '../../base/exactness.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** A rule as a person writes it; conditions one a line. */
export interface RuleDraft {
  readonly name: string;
  readonly pattern: string;
  readonly replace: string;
  readonly where: string;
  readonly class: Exactness;
}
export type RuleField = 'name' | 'pattern' | 'replace' | 'where';

/** Why a rule cannot be read, and where. */
export interface RuleFault {
  /** Null: it is about the rule as a whole. */
  readonly field: RuleField | null;
  /** Place in that field's text, from 0; null: nowhere in particular. */
  readonly at: number | null;
  readonly length: number;
  readonly message: string;
}

export const EMPTY: RuleDraft = { name: 'my-rule', pattern: '', replace: '', where: '', class: 'order' };

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

/** The rule as recipes carry it. */
export function ruleOf({ name, pattern, replace, where, class: exactness }: RuleDraft): JsonObject {
  const conditions = linesOf(where).map((line) => line.trim());
  return {
    name: name.trim(),
    pattern,
    replace,
    ...(conditions.length > 0 ? { where: conditions } : {}),
    class: exactness,
  };
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** A rule from a file or a recipe as a draft; throws `bad-request` for what is no rule. */
export function draftOf(value: Json): RuleDraft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CodedError('bad-request', 'A rule is a JSON object with "name", "pattern" and "replace".');
  }
  const { name, pattern, replace, where, class: exactness } = value as JsonObject;
  if (typeof pattern !== 'string' || typeof replace !== 'string') {
    throw new CodedError('bad-request', 'This is no rule: it lacks the texts "pattern" and "replace".');
  }
  return {
    name: text(name) || EMPTY.name,
    pattern,
    replace,
    where: Array.isArray(where) ? where.map(text).join('\n') : '',
    class: EXACTNESS.find((each) => each === exactness) ?? EMPTY.class,
  };
}

/** Where line `index` of those that are not empty stands in a text. */
function placeOfLine(where: string, index: number): { readonly at: number; readonly length: number } | null {
  let at = 0;
  let seen = 0;
  for (const line of where.split('\n')) {
    if (line.trim() !== '' && seen++ === index) return { at, length: line.length };
    at += line.length + 1;
  }
  return null;
}

/** `Condition 2` by its number, `Condition "rank(x) = 3"` by its text. */
function conditionAt(where: string, field: string): { readonly at: number; readonly length: number } | null {
  const [, number, quoted] = /^Condition (?:(\d+)|"(.*)")$/.exec(field) ?? [];
  const index = number === undefined ? linesOf(where).findIndex((line) => line.trim() === quoted) : Number(number) - 1;
  return placeOfLine(where, index);
}

const sentence = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1);

/** What the parser says, under the field that it is about. */
export function faultOf({ message, data }: ErrorRecord, draft: RuleDraft): RuleFault {
  const field = text(data['field']);
  const at = typeof data['at'] === 'number' ? data['at'] : null;
  const said = sentence(field === '' ? message : message.replace(/^.*?at character \d+: /, ''));
  if (field === 'The pattern') return { field: 'pattern', at, length: 1, message: said };
  if (field === 'The replacement') return { field: 'replace', at, length: 1, message: said };
  const place = conditionAt(draft.where, field);
  if (place) return { field: 'where', ...place, message: said };
  return { field: message.startsWith('The "name"') ? 'name' : null, at: null, length: 0, message: said };
}
