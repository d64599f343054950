import { randomInt } from 'node:crypto';

/** Without letters and digits that look alike. 31^8 codes: about 2^40. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const LENGTH = 8;
const LIFETIME = 10 * 60_000;

/** Wrong guesses within a minute: of one address, and of all. */
const WINDOW = 60_000;
const GUESSES_OF_ONE = 5;
const GUESSES_OF_ALL = 30;

/** `ABCD-EFGH`. */
const newCode = (): string => {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
};

/** As people type them: small letters, with or without the dash. */
const plain = (code: string): string => code.toUpperCase().replaceAll(/[\s-]/g, '');

interface Issued<Owner> {
  readonly code: string;
  readonly owner: Owner;
  readonly expires: number;
}

/** Codes that let one device join each: an owner has one at a time, for ten minutes. `now`: ms. */
export class Codes<Owner> {
  private issued: readonly Issued<Owner>[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  issue(owner: Owner): { readonly code: string; readonly expiresIn: number } {
    const code = newCode();
    const others = this.live().filter((each) => each.owner !== owner);
    this.issued = [...others, { code, owner, expires: this.now() + LIFETIME }];
    return { code, expiresIn: LIFETIME };
  }

  /** The code that an owner has; null: none, or it was used, or it is too old. */
  of(owner: Owner): { readonly code: string; readonly expiresIn: number } | null {
    const found = this.live().find((each) => each.owner === owner);
    return found ? { code: found.code, expiresIn: found.expires - this.now() } : null;
  }

  /** Whose code it is, once; null: nobody's. */
  redeem(code: string): { readonly owner: Owner } | null {
    const wanted = plain(code);
    const found = this.live().find((each) => plain(each.code) === wanted);
    if (!found) return null;
    this.issued = this.issued.filter((each) => each !== found);
    return found;
  }

  private live(): readonly Issued<Owner>[] {
    return this.issued.filter(({ expires }) => expires > this.now());
  }
}

/** Counts wrong guesses of codes and tokens. */
export class Guesses {
  private wrong: readonly { readonly address: string; readonly at: number }[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** ms until an address may try again; 0: now. */
  wait(address: string): number {
    this.wrong = this.wrong.filter(({ at }) => at > this.now() - WINDOW);
    const own = this.wrong.filter((each) => each.address === address);
    const until = (of: typeof this.wrong, most: number): number =>
      of.length < most ? 0 : (of.at(-most)?.at ?? 0) + WINDOW - this.now();
    return Math.max(until(own, GUESSES_OF_ONE), until(this.wrong, GUESSES_OF_ALL));
  }

  count(address: string): void {
    this.wrong = [...this.wrong, { address, at: this.now() }];
  }
}
