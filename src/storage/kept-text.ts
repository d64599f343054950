const DATABASE = 'whittle';
const STORE = 'texts';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB refused.')));
  });

async function withStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
  const database = await settled(opening);
  try {
    return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** A text that was kept under a name in the browser's own database; null: none, or the browser keeps nothing here. */
export async function readKept(name: string): Promise<string | null> {
  try {
    const text: unknown = await withStore('readonly', (store) => store.get(name) as IDBRequest<unknown>);
    return typeof text === 'string' ? text : null;
  } catch {
    // Blocked by the browser's settings: as if nothing had been kept.
    return null;
  }
}

/** False where the browser keeps nothing here, or has no room. */
export async function keepText(name: string, text: string): Promise<boolean> {
  try {
    await withStore('readwrite', (store) => store.put(text, name));
    return true;
  } catch {
    return false;
  }
}
