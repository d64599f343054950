import { CodedError } from '../../base/error.ts';

/** A formula over the scores of one group: a number, or one for each atom. */
type Value = number | Float64Array;
type Variables = (name: string) => Value;
type Expression = (variables: Variables) => Value;

export interface Formula {
  /** Names that it reads, each once. */
  readonly variables: readonly string[];
  readonly evaluate: Expression;
}

const each = (a: Value, f: (x: number) => number): Value => (typeof a === 'number' ? f(a) : a.map(f));

function both(a: Value, b: Value, f: (x: number, y: number) => number): Value {
  if (typeof a !== 'number') return a.map((x, i) => f(x, typeof b === 'number' ? b : (b[i] ?? NaN)));
  return each(b, (y) => f(a, y));
}

const over =
  (f: (values: Float64Array) => number) =>
  ([a = 0]: readonly Value[]): Value =>
    f(typeof a === 'number' ? Float64Array.of(a) : a);
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const pairwise =
  (f: (x: number, y: number) => number) =>
  (values: readonly Value[]): Value =>
    values.reduce((a, b) => both(a, b, f));

interface Callable {
  /** Fewest and most arguments. */
  readonly takes: readonly [number, number];
  apply(values: readonly Value[]): Value;
}
const one = (f: (x: number) => number): Callable => ({ takes: [1, 1], apply: ([a = 0]) => each(a, f) });
const reduces = (f: (values: Float64Array) => number): Callable => ({ takes: [1, 1], apply: over(f) });

/** Of each atom by itself; `mean`, `sum` and `largest` are over the atoms of the group. */
const FUNCTIONS: Readonly<Record<string, Callable>> = {
  abs: one(Math.abs),
  sqrt: one(Math.sqrt),
  log: one(Math.log),
  exp: one(Math.exp),
  min: { takes: [2, 9], apply: pairwise(Math.min) },
  max: { takes: [2, 9], apply: pairwise(Math.max) },
  mean: reduces((values) => sum(values) / Math.max(values.length, 1)),
  sum: reduces(sum),
  largest: reduces((values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
};

interface Token {
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}
const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|[-+*/^(),])|(\S))/gy;
/** Parentheses and signs within one another. */
const DEEPEST = 100;

/**
 * Numbers, names, + - * / ^, parentheses and functions; ^ binds tighter than a sign, and to the right. Throws
 * `bad-request` that says at which character it is not understood, and what may stand there.
 *
 * @param names that may be read
 */
export const parseFormula = (text: string, names: readonly string[]): Formula => new Parser(text, names).parse();

class Parser {
  private readonly tokens: readonly Token[];
  private readonly names: readonly string[];
  private readonly length: number;
  private readonly read = new Set<string>();
  private next = 0;
  private depth = 0;

  constructor(text: string, names: readonly string[]) {
    this.names = names;
    this.length = text.length;
    this.tokens = [...text.matchAll(TOKEN)].map(([all, known, other], i, list): Token => {
      const at = (list[i]?.index ?? 0) + all.length - (known ?? other ?? '').length;
      if (other !== undefined) throw refused(`"${other}" at character ${at + 1} has no meaning`);
      return { text: known ?? '', at };
    });
  }

  parse(): Formula {
    const evaluate = this.sum();
    if (this.peek() !== '') throw this.unexpected('an operator');
    return { variables: [...this.read], evaluate };
  }

  private sum(): Expression {
    let left = this.product();
    for (;;) {
      const [a, sign] = [left, this.take('+', '-')];
      if (sign === null) return left;
      const b = this.product();
      left = (of) => both(a(of), b(of), sign === '+' ? (x, y) => x + y : (x, y) => x - y);
    }
  }

  private product(): Expression {
    let left = this.signed();
    for (;;) {
      const [a, sign] = [left, this.take('*', '/')];
      if (sign === null) return left;
      const b = this.signed();
      left = (of) => both(a(of), b(of), sign === '*' ? (x, y) => x * y : (x, y) => x / y);
    }
  }

  private signed(): Expression {
    if (++this.depth > DEEPEST) throw refused(`It nests more than ${DEEPEST} deep`);
    const sign = this.take('+', '-');
    const found = sign === null ? this.power() : this.signed();
    this.depth--;
    return sign === '-' ? (of) => each(found(of), (x) => -x) : found;
  }

  private power(): Expression {
    const base = this.atom();
    if (this.take('^') === null) return base;
    const exponent = this.signed();
    return (of) => both(base(of), exponent(of), Math.pow);
  }

  private atom(): Expression {
    const text = this.peek();
    if (this.take('(') !== null) {
      const inside = this.sum();
      this.expect(')');
      return inside;
    }
    if (/^[\d.]/.test(text)) {
      this.next++;
      return () => Number(text);
    }
    if (!/^[A-Za-z_]/.test(text)) throw this.unexpected('a number, a name or "("');
    const { at } = this.tokens[this.next++] ?? { at: 0 };
    return this.take('(') === null ? this.variable(text, at) : this.call(text, at);
  }

  private variable(name: string, at: number): Expression {
    if (!this.names.includes(name)) {
      throw refused(`There is no "${name}" (character ${at + 1}). Names: ${this.names.join(', ')}`);
    }
    this.read.add(name);
    return (of) => of(name);
  }

  private call(name: string, at: number): Expression {
    const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!called) {
      const known = Object.keys(FUNCTIONS).join(', ');
      throw refused(`There is no function "${name}" (character ${at + 1}). Functions: ${known}`);
    }
    const inside = [this.sum()];
    while (this.take(',') !== null) inside.push(this.sum());
    this.expect(')');
    const [least, most] = called.takes;
    if (inside.length < least || inside.length > most) {
      throw refused(`${name} takes ${least === most ? String(least) : `${least} to ${most}`}, not ${inside.length}`);
    }
    return (of) => called.apply(inside.map((argument) => argument(of)));
  }

  private peek(): string {
    return this.tokens[this.next]?.text ?? '';
  }

  private take(...texts: readonly string[]): string | null {
    const text = this.peek();
    if (!texts.includes(text)) return null;
    this.next++;
    return text;
  }

  private expect(text: string): void {
    if (this.take(text) === null) throw this.unexpected(`"${text}"`);
  }

  private unexpected(wanted: string): CodedError {
    const token = this.tokens[this.next];
    return refused(
      token
        ? `"${token.text}" stands at character ${token.at + 1} where ${wanted} is wanted`
        : `It ends at character ${this.length}, where ${wanted} is wanted`,
    );
  }
}

const refused = (what: string): CodedError =>
  new CodedError('bad-request', `The formula is not understood. ${what}.`, {});
