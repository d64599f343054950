import { EXACTNESS, type Exactness } from '../../base/exactness.ts';
import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { DATA_TYPES } from '../../ir/types.ts';
import { faultAt, lex, type Token } from './lex.ts';
import type { CallExpression, Condition, Expression, Literal, WrittenRule } from './types.ts';

/**
 * Recursive descent: `expression := [label:] operator [ '[' attributes ']' ] '(' inputs ')' | name[:const][?] | number | _`.
 */
class Parser {
  private readonly field: string;
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(field: string, text: string) {
    this.field = field;
    this.tokens = lex(field, text);
  }

  whole(): Expression {
    const found = this.expression();
    if (this.peek.kind !== 'end') throw this.fault('Here the rule should end.');
    return found;
  }

  expression(): Expression {
    const { peek } = this;
    if (peek.kind === 'number') return { kind: 'number', value: Number(this.next().text), at: peek.at };
    if (peek.kind !== 'word') throw this.fault('Here an operator, a name or a number is wanted.');
    const word = this.next();
    if (word.text === '_') return { kind: 'absent', at: word.at };
    if (this.isSign('(') || this.isSign('[')) return this.call(word, null);
    if (!this.accept(':')) return this.name(word, false);
    if (this.peek.kind === 'word' && this.peek.text === 'const') {
      this.next();
      return this.name(word, true);
    }
    if (this.peek.kind !== 'word') throw this.fault('After the colon stands an operator, or const.');
    return this.call(this.next(), word.text);
  }

  private name({ text, at }: Token, constant: boolean): Expression {
    return { kind: 'name', name: text, constant, optional: this.accept('?'), at };
  }

  private call({ text, at }: Token, label: string | null): CallExpression {
    const { spread, attributes } = this.attributes();
    if (!this.accept('(')) throw this.fault(`The inputs of ${text} are wanted: ${text}(…).`);
    const inputs: Expression[] = [];
    let more = false;
    while (!this.isSign(')') && !more) {
      if (inputs.length > 0 && !this.accept(',')) throw this.fault('Here a comma or a closing bracket is wanted.');
      if (this.accept('...') || this.accept('…')) more = true;
      else inputs.push(this.expression());
    }
    if (!this.accept(')')) throw this.fault('This bracket is not closed.');
    return { kind: 'call', operator: text, label, spread, attributes, inputs, more, at };
  }

  private attributes(): Pick<CallExpression, 'spread' | 'attributes'> {
    const spread: string[] = [];
    const attributes: [string, Literal][] = [];
    if (!this.accept('[')) return { spread, attributes };
    while (!this.isSign(']')) {
      if (spread.length + attributes.length > 0 && !this.accept(',')) throw this.fault('Here a comma or ] is wanted.');
      if (this.accept('*')) spread.push(this.word('the label of a node of the pattern'));
      else {
        const key = this.word('the name of an attribute');
        if (!this.accept('=')) throw this.fault(`${key}=value is wanted.`);
        attributes.push([key, this.literal()]);
      }
    }
    this.accept(']');
    return { spread, attributes };
  }

  private literal(): Literal {
    const token = this.next();
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'text') return token.text.slice(1, -1);
    if (token.text !== '[') throw faultAt(this.field, token.at, 'A number, "text" or a list of numbers is wanted.');
    const list: number[] = [];
    while (!this.isSign(']')) {
      if (list.length > 0 && !this.accept(',')) throw this.fault('Here a comma or ] is wanted.');
      if (this.peek.kind !== 'number') throw this.fault('A list holds numbers.');
      list.push(Number(this.next().text));
    }
    this.accept(']');
    return list;
  }

  private word(what: string): string {
    if (this.peek.kind !== 'word') throw this.fault(`Here ${what} is wanted.`);
    return this.next().text;
  }

  private get peek(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '', at: 0 };
  }
  private next(): Token {
    const token = this.peek;
    this.at += 1;
    return token;
  }
  private isSign = (text: string): boolean => this.peek.kind === 'sign' && this.peek.text === text;
  private accept(text: string): boolean {
    const found = this.isSign(text);
    if (found) this.at += 1;
    return found;
  }
  private fault = (message: string): CodedError => faultAt(this.field, this.peek.at, message);
}

const CONDITION = /^\s*(rank|size|dtype|dim|same)\s*\(\s*(\w+)\s*(?:,\s*(-?\w+)\s*)?\)\s*(?:=\s*(-?\w+)\s*)?$/;

function parseCondition(text: string, index: number): Condition {
  const field = `Condition ${index + 1}`;
  const [, kind, of = '', second, wanted] = CONDITION.exec(text) ?? [];
  const common = { text: text.trim(), of, at: 0 };
  const wrong = (): CodedError =>
    faultAt(
      field,
      0,
      `"${text}" is none of rank(x) = 3, size(x) = 1, dim(x, -1) = 64, dtype(x) = float32, same(x, y).`,
    );
  const number = wanted === undefined ? NaN : Number(wanted);
  if (kind === 'same' && second !== undefined && wanted === undefined) return { ...common, kind, other: second };
  if (kind === 'dtype' && second === undefined && DATA_TYPES.some((each) => each === wanted)) {
    return { ...common, kind, wanted: wanted ?? '' };
  }
  if ((kind === 'rank' || kind === 'size') && second === undefined && Number.isInteger(number)) {
    return { ...common, kind, wanted: number };
  }
  if (kind === 'dim' && Number.isInteger(Number(second)) && Number.isInteger(number)) {
    return { ...common, kind, axis: Number(second), wanted: number };
  }
  throw wrong();
}

const parseText = (field: string, value: Json | undefined): Expression => {
  if (typeof value !== 'string')
    throw new CodedError('bad-request', `${field} is missing: a text such as "Relu(Relu(x))".`);
  return new Parser(field, value).whole();
};

/** Names, labels and operators that an expression holds. */
export function* calls(expression: Expression): Generator<CallExpression> {
  if (expression.kind !== 'call') return;
  yield expression;
  for (const input of expression.inputs) yield* calls(input);
}
export function* names(expression: Expression): Generator<Extract<Expression, { kind: 'name' }>> {
  if (expression.kind === 'name') yield expression;
  if (expression.kind === 'call') for (const input of expression.inputs) yield* names(input);
}

/** What the replacement asks for has to be in the pattern. */
function checkReplacement(pattern: CallExpression, replace: Expression): void {
  const known = new Set(Array.from(names(pattern), ({ name }) => name));
  const labels = new Set(Array.from(calls(pattern), ({ label }) => label));
  for (const { name, at } of names(replace)) {
    if (!known.has(name)) throw faultAt('The replacement', at, `the pattern has no "${name}".`);
  }
  for (const { spread, more, label, at } of calls(replace)) {
    for (const each of spread) {
      if (!labels.has(each)) throw faultAt('The replacement', at, `no node of the pattern is labelled "${each}".`);
    }
    if (more) throw faultAt('The replacement', at, 'an open list of inputs has no meaning here.');
    if (label !== null) throw faultAt('The replacement', at, `the label "${label}" has no meaning here.`);
  }
}

const CLASSES = EXACTNESS.filter((each) => each !== 'approximation');

/**
 * Reads a rule from its JSON: `{ "name", "pattern", "replace", "where"?, "class"? }`. Throws `bad-request` that names the
 * field and the character.
 */
export function parseWrittenRule(value: Json): WrittenRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CodedError('bad-request', 'A rule is a JSON object with "name", "pattern" and "replace".');
  }
  const fields = value as JsonObject;
  const { name, where = [], class: exactness = 'order' } = fields;
  if (typeof name !== 'string' || !/^[A-Za-z0-9-]+$/.test(name)) {
    throw new CodedError('bad-request', 'The "name" of a rule is made of letters, digits and dashes.');
  }
  const pattern = parseText('The pattern', fields['pattern']);
  if (pattern.kind !== 'call') throw faultAt('The pattern', pattern.at, 'a pattern is an operator with its inputs.');
  const spread = [...calls(pattern)].find((each) => each.spread.length > 0);
  if (spread) throw faultAt('The pattern', spread.at, 'attributes are taken over in the replacement only.');
  const replace = parseText('The replacement', fields['replace']);
  checkReplacement(pattern, replace);
  if (!Array.isArray(where) || !where.every((each) => typeof each === 'string')) {
    throw new CodedError('bad-request', 'The "where" of a rule is a list of conditions, each a text.');
  }
  const found = CLASSES.find((each) => each === exactness);
  if (!found) throw new CodedError('bad-request', `The "class" of a rule is one of ${CLASSES.join(', ')}.`);
  const conditions = where.map(parseCondition);
  const known = new Set(Array.from(names(pattern), (each) => each.name));
  for (const condition of conditions) {
    for (const each of [condition.of, ...(condition.kind === 'same' ? [condition.other] : [])]) {
      if (!known.has(each)) throw faultAt(`Condition "${condition.text}"`, 0, `the pattern has no "${each}".`);
    }
  }
  return { name, pattern, replace, where: conditions, class: found satisfies Exactness };
}
