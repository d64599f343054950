import { addPoly, atomOf, atomPoly, constantPoly, extremePoly, floorPoly, multiplyPoly, type Poly } from './poly.ts';

const TOKEN =
  /\s*(?:(\d+)|(floor|[Mm]in|[Mm]ax)(?=\()|([A-Za-z_?][\w.?]*(?:-[\w.?]+)*)|'([^'\n]*)'|(\*\*|\/\/|[-+*/(),]))/y;

interface Token {
  readonly kind: 'number' | 'function' | 'name' | 'sign';
  readonly text: string;
}

function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, number, called, name, quoted, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (called !== undefined) tokens.push({ kind: 'function', text: called.toLowerCase() });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else tokens.push({ kind: 'name', text: name ?? quoted ?? '' });
  }
  return tokens;
}

/** Recursive descent: sum → product → power → factor. Any step that fails makes the whole text a plain name. */
class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Poly | null {
    const poly = this.sum();
    return this.at === this.tokens.length ? poly : null;
  }

  private take(...signs: string[]): string | null {
    const token = this.tokens[this.at];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return null;
    this.at++;
    return token.text;
  }

  private sum(): Poly | null {
    let total: Poly | null = constantPoly(0);
    let sign: string | null = this.take('-') ?? '+';
    while (sign !== null && total !== null) {
      const term = this.product();
      total = term && addPoly(total, term, sign === '-' ? -1 : 1);
      sign = this.take('+', '-');
    }
    return total;
  }

  private product(): Poly | null {
    let product = this.power();
    for (let sign = this.take('*', '//'); sign !== null && product !== null; sign = this.take('*', '//')) {
      const factor: Poly | null = this.power();
      if (factor === null || (sign === '//' && factor.size === 0)) return null;
      product = sign === '*' ? multiplyPoly(product, factor) : floorPoly(product, factor);
    }
    return product;
  }

  private power(): Poly | null {
    const base = this.factor();
    if (base === null || this.take('**') === null) return base;
    const token = this.tokens[this.at++];
    const exponent = token?.kind === 'number' ? Number(token.text) : NaN;
    if (!(exponent <= 8)) return null;
    let power = constantPoly(1);
    for (let i = 0; i < exponent; i++) power = multiplyPoly(power, base);
    return power;
  }

  private factor(): Poly | null {
    if (this.take('(') !== null) return this.closed(this.sum());
    const token = this.tokens[this.at++];
    switch (token?.kind) {
      case 'number':
        return Number.isSafeInteger(Number(token.text)) ? constantPoly(Number(token.text)) : null;
      case 'name': {
        const atom = atomOf(token.text);
        return atom === null ? null : atomPoly(atom);
      }
      case 'function':
        return token.text === 'floor' ? this.floor() : this.extreme(token.text === 'min' ? 'min' : 'max');
      default:
        return null;
    }
  }

  /** `floor(a/b)` */
  private floor(): Poly | null {
    if (this.take('(') === null) return null;
    const numerator = this.sum();
    if (numerator === null || this.take('/') === null) return null;
    const divisor = this.product();
    if (divisor === null || divisor.size === 0) return null;
    return this.closed(floorPoly(numerator, divisor));
  }

  /** `min(a, b)`, `max(a, b)` */
  private extreme(kind: 'min' | 'max'): Poly | null {
    if (this.take('(') === null) return null;
    const a = this.sum();
    if (a === null || this.take(',') === null) return null;
    const b = this.sum();
    return this.closed(b && extremePoly(kind, a, b));
  }

  private closed(poly: Poly | null): Poly | null {
    return this.take(')') === null ? null : poly;
  }
}

/**
 * Reads what `printPoly` writes, and the expressions that exporters use as names (`past_length + 1`, `2*s0`,
 * `floor(H/2)`). Any other text is one symbol; null when it cannot even be quoted.
 */
export function parsePoly(text: string): Poly | null {
  const tokens = tokenize(text);
  const parsed = tokens && new Parser(tokens).whole();
  if (parsed) return parsed;
  const atom = atomOf(text);
  return atom === null ? null : atomPoly(atom);
}
