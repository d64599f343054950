import type { Folder } from './types.ts';

/** Beyond this those that were used longest ago go, bytes; the newest stay whatever their size. */
const ROOM = 512 << 20;
const INDEX = 'index.json';

/** Learnt weights that recipes name by their SHA-256, kept in the browser's own storage. */
export interface KeptWeights {
  /** Null: they are not here. */
  load(sha256: string): Promise<Uint8Array<ArrayBuffer> | null>;
  has(sha256: string): Promise<boolean>;
  save(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

interface Entry {
  readonly sha256: string;
  readonly bytes: number;
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && 'sha256' in value && 'bytes' in value;

export function keptWeights(folder: Folder): KeptWeights {
  const pathOf = (sha256: string): string => `${sha256}/weights`;
  const write = (path: string, content: Blob) => folder.write(path, content, () => Promise.resolve());
  /** Used longest ago first. */
  const index = async (): Promise<readonly Entry[]> => {
    try {
      const found: unknown = JSON.parse((await (await folder.read(INDEX))?.text()) ?? '[]');
      return Array.isArray(found) ? found.filter(isEntry) : [];
    } catch {
      // Damaged: what it named is overwritten or stays unused.
      return [];
    }
  };
  const used = (entry: Entry): Promise<void> =>
    folder.exclusive(async () => {
      const entries = [...(await index()).filter(({ sha256 }) => sha256 !== entry.sha256), entry];
      let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
      while (total > ROOM && entries.length > 1) {
        const gone = entries.shift();
        if (!gone) break;
        total -= gone.bytes;
        await folder.remove(gone.sha256);
      }
      await write(INDEX, new Blob([JSON.stringify(entries)]));
    });
  return {
    async load(sha256) {
      const file = await folder.read(pathOf(sha256));
      if (!file) return null;
      const bytes = new Uint8Array(await file.arrayBuffer());
      await used({ sha256, bytes: bytes.length });
      return bytes;
    },
    has: async (sha256) => (await folder.read(pathOf(sha256))) !== null,
    async save(sha256, bytes) {
      await write(pathOf(sha256), new Blob([bytes]));
      await used({ sha256, bytes: bytes.length });
    },
  };
}
