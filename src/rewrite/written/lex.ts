import { CodedError } from '../../base/error.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const WORD = /[A-Za-z_][\w.]*/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const TEXT = /"[^"]*"/y;
const SIGN = /\.\.\.|[…()[\],:=?*]/y;

/** A fault in a written rule names its place: the caller shows it under the text. */
export const faultAt = (field: string, at: number, message: string): CodedError =>
  new CodedError('bad-request', `${field}, at character ${at + 1}: ${message}`, { field, at });

/** Cuts a rule's text into tokens; throws `bad-request` at the first character that is none. */
export function lex(field: string, text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const token = tokenAt(text, at);
    if (!token) throw faultAt(field, at, `"${text.charAt(at)}" has no meaning here.`);
    tokens.push(token);
    at += token.text.length;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

function tokenAt(text: string, at: number): Token | null {
  for (const [kind, pattern] of [
    ['number', NUMBER],
    ['word', WORD],
    ['text', TEXT],
    ['sign', SIGN],
  ] as const) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return { kind, text: found, at };
  }
  return null;
}
