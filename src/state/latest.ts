/** Runs a piece of work so that only the latest answer counts: a newer call aborts the one before it. */
export interface Latest {
  /** The result, or null when a newer call (or `stop`) came in between. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | null>;
  stop(): void;
}

export function createLatest(): Latest {
  let current: AbortController | null = null;
  return {
    async run(work) {
      current?.abort();
      const mine = new AbortController();
      current = mine;
      try {
        const result = await work(mine.signal);
        return current === mine ? result : null;
      } catch (error) {
        if (current !== mine) return null;
        throw error;
      }
    },
    stop() {
      current?.abort();
      current = null;
    },
  };
}
