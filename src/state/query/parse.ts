import { FAMILIES } from '../../base/families.ts';
import { fault, lex, QueryFault, type Token } from './lex.ts';
import { NUMBER_EXAMPLES, parseNumber } from './numbers.ts';
import {
  NUMBER_FIELDS,
  TEXT_FIELDS,
  type Link,
  type NumberField,
  type PathQuery,
  type Query,
  type QueryError,
  type Term,
  type TextField,
} from './types.ts';

const isTextField = (field: string): field is TextField => TEXT_FIELDS.some((each) => each === field);
const isNumberField = (field: string): field is NumberField => NUMBER_FIELDS.some((each) => each === field);

/** Recursive descent over tokens: `paths := path (or path)*`, `path := step ((> | >>) step)*`, `step := term+`. */
class Parser {
  private readonly tokens: readonly Token[];
  private readonly end: number;
  private at = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.tokens = tokens;
    this.end = end;
  }

  query(): Query {
    const paths = [this.path()];
    while (this.accept('or')) paths.push(this.path());
    const rest = this.peek();
    if (rest) throw fault('This bracket was never opened.', rest.at, rest.length);
    return paths;
  }

  private path(): PathQuery {
    const steps = [this.step()];
    const links: Link[] = [];
    for (let link = this.link(); link; link = this.link()) {
      links.push(link);
      steps.push(this.step());
    }
    return { steps, links };
  }

  private link(): Link | null {
    if (this.accept('next')) return 'next';
    return this.accept('far') ? 'far' : null;
  }

  /** Terms that all have to hold. */
  private step(): Term {
    const terms: Term[] = [];
    for (let term = this.term(); term; term = this.term()) terms.push(term);
    const [first] = terms;
    if (!first) throw this.missing();
    return terms.length === 1 ? first : { kind: 'all', of: terms };
  }

  private term(): Term | null {
    const token = this.peek();
    if (token?.kind === 'not') {
      this.at += 1;
      const of = this.term();
      if (!of) throw this.missing();
      return { kind: 'not', of };
    }
    if (token?.kind === 'open') return this.bracket(token);
    if (token?.kind === 'field') return this.next(fieldTerm(token));
    if (token?.kind === 'word') return this.next(wordTerm(token));
    return null;
  }

  private bracket(open: Token): Term {
    this.at += 1;
    const of = [this.step()];
    while (this.accept('or')) of.push(this.step());
    const token = this.peek();
    if (token?.kind === 'next' || token?.kind === 'far') {
      throw fault('A path cannot stand in brackets.', token.at, token.length);
    }
    if (!this.accept('close')) throw fault('This bracket is not closed.', open.at, open.length);
    return { kind: 'some', of };
  }

  private next(term: Term): Term {
    this.at += 1;
    return term;
  }

  private peek(): Token | undefined {
    return this.tokens[this.at];
  }

  private accept(kind: Token['kind']): boolean {
    const found = this.peek()?.kind === kind;
    if (found) this.at += 1;
    return found;
  }

  private missing(): QueryFault {
    const token = this.peek();
    return token
      ? fault('Something is missing before this.', token.at, token.length)
      : fault('Something is missing at the end.', this.end, 0);
  }
}

function wordTerm({ text, quoted }: Token & { kind: 'word' }): Term {
  if (!quoted && text === '*') return { kind: 'any' };
  if (!quoted && text.toLowerCase() === 'made') return { kind: 'made' };
  return { kind: 'word', text: text.toLowerCase() };
}

function fieldTerm({ field, value, at, length }: Token & { kind: 'field' }): Term {
  if (isNumberField(field)) {
    const term = parseNumber(field, value);
    if (term) return term;
    throw fault(`${field}: wants a sign and a number, as in ${field}:${NUMBER_EXAMPLES[field][0]}.`, at, length);
  }
  if (!isTextField(field)) {
    const known = [...TEXT_FIELDS, ...NUMBER_FIELDS].map((each) => `${each}:`).join(' ');
    throw fault(`There is no field ${field}:. There are ${known}. A name with a colon goes in quotes.`, at, length);
  }
  const values = value
    .toLowerCase()
    .split(',')
    .filter((each) => each !== '');
  if (values.length === 0) throw fault(`${field}: wants a value.`, at, length);
  if (field === 'family') for (const each of values) checkFamily(each, at, length);
  return { kind: 'text', field, values };
}

function checkFamily(name: string, at: number, length: number): void {
  if (FAMILIES.some((family) => family.startsWith(name))) return;
  throw fault(`There is no family ${name}. There are ${FAMILIES.join(', ')}.`, at, length);
}

/** Reads a query; null: there is nothing in it. */
export function parseQuery(text: string): Query | QueryError | null {
  try {
    const tokens = lex(text);
    return tokens.length === 0 ? null : new Parser(tokens, text.length).query();
  } catch (error) {
    if (error instanceof QueryFault) return error.fault;
    throw error;
  }
}

export const isQueryError = (query: Query | QueryError): query is QueryError => 'message' in query;
