import type { QueryError, Span } from './types.ts';

export type Token = Span &
  (
    | { readonly kind: 'word'; readonly text: string; readonly quoted: boolean }
    /** `op:Conv` is field `op` and value `Conv`; the value may be empty while it is typed. */
    | { readonly kind: 'field'; readonly field: string; readonly value: string }
    | { readonly kind: 'next' | 'far' | 'or' | 'open' | 'close' | 'not' }
  );

/** What ends a word that is not in quotes. */
const WORD = /[^\s>|()"]+/y;
/** Two colons are part of a name: `onnx::MatMul_12`. */
const FIELD = /([a-z]+):(?!:)/iy;
const SIGN = /[<>]=?|=/y;
const SYMBOLS: readonly (readonly [string, 'next' | 'far' | 'or' | 'open' | 'close'])[] = [
  ['>>', 'far'],
  ['>', 'next'],
  ['|', 'or'],
  ['(', 'open'],
  [')', 'close'],
];

/** Reads a text from left to right; throws a `QueryError` where a quote is not closed. */
class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  /** `"a b"` without its quotes; null: there is none here. */
  quoted(): string | null {
    if (this.text[this.at] !== '"') return null;
    const end = this.text.indexOf('"', this.at + 1);
    if (end < 0) throw fault('The quote is not closed.', this.at, 1);
    const inside = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inside;
  }

  symbol(): Token | null {
    const found = SYMBOLS.find(([symbol]) => this.text.startsWith(symbol, this.at));
    if (!found) return null;
    const [symbol, kind] = found;
    this.at += symbol.length;
    return { kind, at: this.at - symbol.length, length: symbol.length };
  }
}

/** A fault of a query, to be thrown: the page shows it under the field. */
export class QueryFault extends Error {
  readonly fault: QueryError;
  constructor(record: QueryError) {
    super(record.message);
    this.fault = record;
  }
}
export const fault = (message: string, at: number, length: number): QueryFault =>
  new QueryFault({ message, at, length });

function token(reader: Reader): Token {
  const { at } = reader;
  const symbol = reader.symbol();
  if (symbol) return symbol;
  // A minus before a term negates it; alone, or inside of a word, it is text.
  if (reader.text[at] === '-' && /[^\s>|)]/.test(reader.text[at + 1] ?? ' ')) {
    reader.at += 1;
    return { kind: 'not', at, length: 1 };
  }
  const field = reader.take(FIELD)?.[1]?.toLowerCase();
  if (field !== undefined) {
    const value = (reader.take(SIGN)?.[0] ?? '') + (reader.quoted() ?? reader.take(WORD)?.[0] ?? '');
    return { kind: 'field', field, value, at, length: reader.at - at };
  }
  const quoted = reader.quoted();
  const text = quoted ?? reader.take(WORD)?.[0] ?? '';
  const span = { at, length: reader.at - at };
  if (quoted === null && text.toLowerCase() === 'or') return { kind: 'or', ...span };
  return { kind: 'word', text, quoted: quoted !== null, ...span };
}

/** The tokens of a query, each with its place. */
export function lex(text: string): readonly Token[] {
  const reader = new Reader(text);
  const tokens: Token[] = [];
  for (;;) {
    reader.take(/\s*/y);
    if (reader.at >= text.length) return tokens;
    tokens.push(token(reader));
  }
}
