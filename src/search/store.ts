/** Where findings are kept, by keys that say what they are of; what is not there is found out again. */
export interface FindingsStore {
  get(key: string): Promise<unknown>;
  put(key: string, finding: unknown): Promise<void>;
}

/** Kept as long as it is. */
export class MemoryFindings implements FindingsStore {
  private readonly known = new Map<string, unknown>();

  get = (key: string): Promise<unknown> => Promise.resolve(this.known.get(key) ?? null);
  put(key: string, finding: unknown): Promise<void> {
    this.known.set(key, finding);
    return Promise.resolve();
  }
}
