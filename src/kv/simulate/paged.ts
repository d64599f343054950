import { Admission, type Ticket } from '../cache/paged/admission.ts';
import { PagedCache } from '../cache/paged/cache.ts';
import { finalLength } from './contiguous.ts';
import type { Request } from './mix.ts';
import type { Server, Use } from './server.ts';

/** The cache of pages itself, with nothing in its blocks. */
export class PagedServer implements Server {
  private readonly cache: PagedCache;
  private readonly admission: Admission;
  private readonly requests = new Map<Ticket, Request>();
  private sharedPositions = 0;
  private savedPositions = 0;
  /** Tokens that are generated are no other request's. */
  private token = 0;

  constructor(positions: number, block: number, sharing: boolean) {
    this.cache = new PagedCache({ layers: [], block, blocks: Math.floor(positions / block), sharing });
    this.admission = new Admission(this.cache);
  }

  get running(): number {
    return this.admission.running.length;
  }

  get waiting(): number {
    return this.admission.waiting.length + this.admission.swapped.length;
  }

  get told() {
    const { swapped, again } = this.admission.putOut;
    const { sharedPositions, savedPositions } = this;
    return { preemptions: swapped + again, sharedPositions, savedPositions };
  }

  arrive(request: Request): void {
    this.requests.set(this.admission.submit(request.prompt, finalLength(request)), request);
  }

  advance(): void {
    this.admission.admit();
    for (const ticket of this.admission.running) {
      // One before it may have put it out.
      if (ticket.state !== 'running' || !ticket.sequence) continue;
      const { tokens, sequence } = ticket;
      const prompt = tokens.slice(sequence.appended);
      const more = prompt.length > 0 ? prompt : [(this.token -= 1)];
      if (!this.admission.grow(ticket, more.length)) continue;
      if (sequence.appended === sequence.shared) this.sharedPositions += sequence.shared;
      sequence.append(more.length, [], more);
    }
  }

  use(): Use {
    const { blocks, block } = this.cache;
    let [reserved, internal, inTables] = [0, 0, 0];
    for (const ticket of this.admission.running) {
      const { sequence } = ticket;
      if (!sequence) continue;
      const own = sequence.blocks.length + sequence.spare.length;
      const empty = own * block - sequence.appended;
      const later = Math.min(empty, finalLength(this.requests.get(ticket)!) - sequence.appended);
      inTables += own;
      reserved += later;
      internal += empty - later;
    }
    const allocated = (blocks.count - blocks.available) * block;
    this.savedPositions = Math.max(this.savedPositions, inTables * block - allocated);
    return { allocated, reserved, internal, external: 0 };
  }

  retire(): void {
    for (const ticket of this.admission.running) {
      if (ticket.sequence!.appended < finalLength(this.requests.get(ticket)!)) continue;
      this.admission.finish(ticket);
      this.requests.delete(ticket);
    }
  }
}
