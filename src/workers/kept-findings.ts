import type { FindingsStore } from '../search/store.ts';
import { keepText, readKept } from '../storage/kept-text.ts';

const named = (key: string): string => `search ${key}`;

/** Findings of searches between visits, as long as the browser keeps them; in this visit anyway. */
export function keptFindings(): FindingsStore {
  const known = new Map<string, unknown>();
  return {
    async get(key) {
      if (known.has(key)) return known.get(key);
      const text = await readKept(named(key));
      if (text === null) return null;
      const finding = JSON.parse(text) as unknown;
      known.set(key, finding);
      return finding;
    },
    async put(key, finding) {
      known.set(key, finding);
      await keepText(named(key), JSON.stringify(finding));
    },
  };
}
