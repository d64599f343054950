import type { Tab } from '../state/core.ts';

const KEY = 'whittle.tab';
const LOCK = 'whittle.tab.';
/** A page that is loaded again gets its lock back once the browser has put the old one away, ms. */
const PATIENCE = 400;

/** Holds a tab's lock for as long as the page lives; false: another tab has it. */
function hold(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(LOCK + id, { signal: AbortSignal.timeout(PATIENCE) }, () => {
        resolve(true);
        return new Promise<never>(() => {});
      })
      .catch(() => resolve(false));
  });
}

async function openTabs(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name }) => (name?.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])));
}

function keptId(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    // Blocked by the browser's settings: the tab is a new one each time.
    return null;
  }
}

function keepId(id: string): void {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // As above.
  }
}

/** Tells this tab from the others. A duplicated tab has the storage of the first one, but not its lock. */
export async function claimTab(): Promise<Tab> {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const reloaded = navigation !== undefined && navigation.type !== 'navigate';
  const kept = keptId();
  // Locks are there in secure contexts only.
  const locks = 'locks' in navigator;
  const own = kept !== null && (!locks || (await hold(kept)));
  const id = own ? kept : crypto.getRandomValues(new Uint32Array(2)).join('-');
  if (!own && locks) await hold(id);
  keepId(id);
  return { id, reloaded, open: locks ? openTabs : async () => new Set([id]) };
}
