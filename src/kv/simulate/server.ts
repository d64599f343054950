import type { Request } from './mix.ts';

/** Positions in memory at one moment. */
export interface Use {
  readonly allocated: number;
  /** Allocated and empty, and filled by its request later on. */
  readonly reserved: number;
  /** Allocated and empty for good. */
  readonly internal: number;
  /** Free, enough for the request that waits first, and of no use to it, for it lies in pieces. */
  readonly external: number;
}

/** One way to give requests their memory. */
export interface Server {
  arrive(request: Request): void;
  /** Lets in whom there is room for; each that runs takes its prompt, or its next token. */
  advance(): void;
  use(): Use;
  readonly running: number;
  readonly waiting: number;
  /** Lets those go that are done. */
  retire(): void;
  /** What it has to tell beside its use of memory. */
  readonly told: {
    /** How often a request that ran was put out. */
    readonly preemptions: number;
    /** Positions of prompts whose rows were there already. */
    readonly sharedPositions: number;
    /** The most positions that were there once and used by more than one, beyond the first use. */
    readonly savedPositions: number;
  };
}
