import { invariant } from '../../../base/assert.ts';
import { CodedError } from '../../../base/error.ts';
import type { PagedCache } from './cache.ts';
import type { PagedSequence } from './sequence.ts';

/** A request on its way through the cache; only `Admission` writes its fields. */
export interface Ticket {
  /** In the order of arrival. */
  readonly id: number;
  /** The positions that it may reach. */
  readonly longest: number;
  /** What is to be run first: its prompt; once it was put out to be run again, the tokens of all positions it had. */
  readonly tokens: readonly number[];
  readonly state: 'waiting' | 'running' | 'swapped' | 'done';
  /** While it runs or is swapped out. */
  readonly sequence: PagedSequence | null;
}

type Entry = { -readonly [Key in keyof Ticket]: Ticket[Key] };
type Line = Exclude<Ticket['state'], 'done'>;

/**
 * Who may use a `PagedCache` that is too small for all. A request is let in when the blocks of its prompt are there, in
 * the order of arrival; where one that runs wants a block and none is left, the one that came last is put out: to the
 * host, or, where that is full, back among those that wait, to be run again. So the one that came first always goes on,
 * and as nothing is let in that could not finish alone, all do, provided that no other sequence holds blocks for good.
 *
 * A step: `admit`, then for each of `running`, the first first, unless it was put out meanwhile: the tokens from its
 * sequence's `appended` on, or the next one; `grow` by as many; run them; append their rows with the tokens.
 */
export class Admission {
  private readonly cache: PagedCache;
  /** Each in the order of arrival. */
  private readonly lines: Readonly<Record<Line, Entry[]>> = { running: [], swapped: [], waiting: [] };
  private arrived = 0;
  /** How often a request was put out to the host, and to be run again. */
  readonly putOut = { swapped: 0, again: 0 };

  constructor(cache: PagedCache) {
    this.cache = cache;
  }

  /** In the order of arrival. */
  get running(): readonly Ticket[] {
    return [...this.lines.running];
  }

  get swapped(): readonly Ticket[] {
    return [...this.lines.swapped];
  }

  get waiting(): readonly Ticket[] {
    return [...this.lines.waiting];
  }

  /**
   * Gets in line.
   * @throws CodedError `bad-request` where the request would not fit even alone.
   */
  submit(tokens: readonly number[], longest: number): Ticket {
    const { blocks, block } = this.cache;
    if (tokens.length === 0 || longest < tokens.length) {
      const message = `A request of ${tokens.length} tokens cannot end at ${longest} positions: it needs a token, and room for all.`;
      throw new CodedError('bad-request', message);
    }
    const wanted = this.cache.blocksFor(longest);
    if (wanted > blocks.count) {
      const message =
        `A request of up to ${longest} positions wants ${wanted} blocks of ${block}, and the pool has ${blocks.count}: ` +
        'give the cache more memory, or let the request be shorter.';
      throw new CodedError('bad-request', message, { longest, wanted, blocks: blocks.count });
    }
    return this.enter({ id: this.next(), longest, tokens, state: 'waiting', sequence: null });
  }

  /** Lets in whom there is room for: those that were put out first, then those that wait. They begin to run now. */
  admit(): Ticket[] {
    const admitted: Ticket[] = [];
    for (const line of [this.lines.swapped, this.lines.waiting]) {
      while (line.length > 0) {
        const first = line[0]!;
        // Nobody overtakes: whoever needs more than there is holds up the others, and so comes in.
        if (!this.letIn(first)) return admitted;
        this.move(first, 'running');
        admitted.push(first);
      }
    }
    return admitted;
  }

  /** Makes room for `count` more positions of one that runs; false: it was put out itself. */
  grow(ticket: Ticket, count: number): boolean {
    const sequence = this.sequenceOf(ticket);
    if (sequence.appended + count > ticket.longest) {
      const message = `Request ${ticket.id} was to end at ${ticket.longest} positions, and wants ${sequence.appended + count}: submit it with more.`;
      throw new CodedError('bad-request', message, { request: ticket.id });
    }
    while (!this.cache.reserve(sequence, count)) {
      const last = this.lines.running.at(-1)!;
      if (this.lines.running.length === 1) {
        const message = `Request ${ticket.id} runs alone and finds no block: release the sequences that are none of its kind.`;
        throw new CodedError('out-of-memory', message, { request: ticket.id });
      }
      this.put(last);
      if (last === ticket) return false;
    }
    return true;
  }

  /** Another request that goes on from where this one is. */
  fork(ticket: Ticket): Ticket {
    const sequence = this.cache.fork(this.sequenceOf(ticket));
    return this.enter({ ...ticket, id: this.next(), state: 'running', sequence });
  }

  /** It is served, or nobody wants it any more. */
  finish(ticket: Ticket): void {
    const entry = this.entryOf(ticket);
    entry.sequence?.release();
    entry.sequence = null;
    this.move(entry, 'done');
  }

  /** Beside what it needs at once, a block for each that runs, so that it is not put out by their next step. */
  private letIn(ticket: Entry): boolean {
    const spare = this.lines.running.length;
    if (ticket.state === 'swapped') {
      const { sequence } = ticket;
      invariant(sequence, `request ${ticket.id} has no sequence`);
      return this.cache.swap.blocksOf(sequence) + spare <= this.cache.blocks.available && this.cache.swapIn(sequence);
    }
    if (this.cache.roomAfter(ticket.tokens) < spare) return false;
    ticket.sequence = this.cache.open(ticket.tokens);
    return this.cache.reserve(ticket.sequence, ticket.tokens.length - ticket.sequence.appended);
  }

  private put(ticket: Entry): void {
    const { sequence } = ticket;
    invariant(sequence, `request ${ticket.id} has no sequence`);
    if (this.cache.swapOut(sequence)) {
      this.move(ticket, 'swapped');
      this.putOut.swapped += 1;
      return;
    }
    if (sequence.tokens.length < sequence.appended) {
      const message = `Request ${ticket.id} cannot be run again, for its tokens were not told: give them when rows are appended.`;
      throw new CodedError('bad-request', message, { request: ticket.id });
    }
    ticket.tokens = sequence.tokens.length > ticket.tokens.length ? [...sequence.tokens] : ticket.tokens;
    this.move(ticket, 'waiting');
    ticket.sequence = null;
    sequence.release();
    this.putOut.again += 1;
  }

  private sequenceOf(ticket: Ticket): PagedSequence {
    const { state, sequence } = this.entryOf(ticket);
    if (state === 'running' && sequence) return sequence;
    throw new CodedError('bad-request', `Request ${ticket.id} is ${state}: only one that runs can go on.`);
  }

  private entryOf(ticket: Ticket): Entry {
    if (ticket.state !== 'done') return ticket;
    throw new CodedError('bad-request', `Request ${ticket.id} is not in line any more.`);
  }

  private enter(entry: Entry): Ticket {
    this.lines[entry.state as Line].push(entry);
    return entry;
  }

  private move(entry: Entry, to: Ticket['state']): void {
    const from = this.lines[entry.state as Line];
    from.splice(from.indexOf(entry), 1);
    entry.state = to;
    if (to === 'done') return;
    const behind = this.lines[to].findIndex(({ id }) => id > entry.id);
    this.lines[to].splice(behind < 0 ? this.lines[to].length : behind, 0, entry);
  }

  private next(): number {
    return (this.arrived += 1);
  }
}
