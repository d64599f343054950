import { CodedError } from '../../base/error.ts';
import { Arena } from './arena.ts';
import type { Request } from './mix.ts';
import type { Server, Use } from './server.ts';

interface Served {
  readonly at: number;
  readonly size: number;
  readonly request: Request;
  length: number;
}

export const finalLength = ({ prompt, generated }: Request): number => prompt.length + generated;

/** Gives each request one piece of memory for its whole life, of as many positions as `sizeOf` says. */
export class ContiguousServer implements Server {
  private readonly arena: Arena;
  private readonly positions: number;
  private readonly sizeOf: (request: Request) => number;
  private readonly queue: Request[] = [];
  private served: Served[] = [];
  readonly told = { preemptions: 0, sharedPositions: 0, savedPositions: 0 };

  constructor(positions: number, sizeOf: (request: Request) => number) {
    this.arena = new Arena(positions);
    this.positions = positions;
    this.sizeOf = sizeOf;
  }

  get running(): number {
    return this.served.length;
  }

  get waiting(): number {
    return this.queue.length;
  }

  arrive(request: Request): void {
    const size = this.sizeOf(request);
    if (size > this.positions) {
      const message = `A request of ${size} positions does not fit into a memory of ${this.positions}: give it more, or shorten the longest request.`;
      throw new CodedError('bad-request', message, { size, positions: this.positions });
    }
    this.queue.push(request);
  }

  advance(): void {
    for (const each of this.served) each.length += 1;
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      const size = this.sizeOf(first);
      const at = this.arena.reserve(size);
      if (at === null) return;
      this.queue.shift();
      this.served.push({ at, size, request: first, length: first.prompt.length });
    }
  }

  use(): Use {
    let [allocated, reserved, internal] = [0, 0, 0];
    for (const { size, request, length } of this.served) {
      allocated += size;
      reserved += finalLength(request) - length;
      internal += size - finalLength(request);
    }
    const [first, free] = [this.queue[0], this.positions - allocated];
    return { allocated, reserved, internal, external: first && this.sizeOf(first) <= free ? free : 0 };
  }

  retire(): void {
    for (const { at, size, request, length } of this.served) {
      if (length === finalLength(request)) this.arena.release(at, size);
    }
    this.served = this.served.filter(({ request, length }) => length < finalLength(request));
  }
}
