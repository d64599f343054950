import type { Tokenizer } from '../data/tokenizer.ts';

/** Stands for bytes that are no UTF-8, or not yet. */
const BROKEN = '\uFFFD';
/** A character of UTF-8 lacks its end for three bytes at most. */
const LONGEST_TAIL = 3;
/** Tokens of the prompt that the first new one is read behind. */
const CONTEXT = 8;

/**
 * Turns ids into text as they come. A character that is cut across tokens waits for its end, and what could be the begin
 * of a stop text waits until it is one or none: no part of a stop is ever given out.
 *
 * Tokens are decoded together with those before, since what stands between two words may belong to either of them.
 */
export class TextStream {
  private readonly decode: Tokenizer['decode'];
  private readonly stops: readonly string[];
  /** The last tokens whose text is known, then those whose text is not whole yet. */
  private window: number[];
  private known: number;
  /** What of the window's text was given on. */
  private told: string;
  /** Read, but perhaps the begin of a stop. */
  private waiting = '';
  private over = false;

  /** @param prompt ids in front of the text, whose own text is not given out */
  constructor(tokenizer: Pick<Tokenizer, 'decode'>, prompt: readonly number[] = [], stops: readonly string[] = []) {
    this.decode = tokenizer.decode;
    this.stops = stops.filter((stop) => stop !== '');
    this.window = prompt.slice(-CONTEXT);
    this.known = this.window.length;
    const text = this.decode(this.window);
    this.told = text.slice(0, text.length - brokenTail(text));
  }

  /** Whether a stop has come: nothing follows. */
  get stopped(): boolean {
    return this.over;
  }

  /** The text that is sure by now, perhaps none. */
  push(id: number): string {
    if (this.over) return '';
    this.window.push(id);
    const text = this.decode(this.window);
    const tail = brokenTail(text);
    if (tail > 0) return this.give(this.after(text.slice(0, text.length - Math.min(tail, LONGEST_TAIL)), false));
    const piece = this.after(text, true);
    this.forget();
    return this.give(piece);
  }

  /** What waited, once no more ids come. */
  end(): string {
    if (this.over) return '';
    return this.give(this.after(this.decode(this.window), true), true);
  }

  /** What is whole needs only the last text in front of it; tokens that have none are no such text. */
  private forget(): void {
    const rest = this.window.slice(this.known);
    const text = this.decode(rest);
    if (text !== '') [this.window, this.told] = [rest, text];
    this.known = this.window.length;
  }

  /** What is new in the text of the window. */
  private after(text: string, whole: boolean): string {
    // Bytes that were a character may read otherwise with one that is not whole behind them.
    if (!whole && !text.startsWith(this.told)) return '';
    const piece = text.slice(this.told.length);
    if (piece !== '') this.told = text;
    return piece;
  }

  private give(piece: string, last = false): string {
    this.waiting += piece;
    const at = firstOf(this.waiting, this.stops);
    if (at !== null) {
      const text = this.waiting.slice(0, at);
      this.over = true;
      this.waiting = '';
      return text;
    }
    const held = last ? 0 : beginOfStop(this.waiting, this.stops);
    const text = this.waiting.slice(0, this.waiting.length - held);
    this.waiting = this.waiting.slice(this.waiting.length - held);
    return text;
  }
}

function brokenTail(text: string): number {
  let count = 0;
  while (count < text.length && text[text.length - 1 - count] === BROKEN) count++;
  return count;
}

/** Where the stop begins that is the first to end, however the text was cut into pieces; the longest of several. */
function firstOf(text: string, stops: readonly string[]): number | null {
  const found = stops.map((stop) => ({ at: text.indexOf(stop), length: stop.length })).filter(({ at }) => at >= 0);
  found.sort((a, b) => a.at + a.length - (b.at + b.length) || a.at - b.at);
  return found[0]?.at ?? null;
}

/** Length of the longest end of the text that some stop begins with. */
function beginOfStop(text: string, stops: readonly string[]): number {
  const most = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = Math.min(most, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}
