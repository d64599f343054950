/**
 * What happens to a block: `take` for new rows, `reuse` by the window that it leaves, `share` with a sequence that begins
 * alike, `merge` of a block that another sequence has just filled alike, `copy` before it is written, `return` when its last
 * user goes, `evict` of one that nobody used, `swap-out` and `swap-in`.
 */
export const CACHE_EVENTS = [
  'take',
  'reuse',
  'share',
  'merge',
  'copy',
  'return',
  'evict',
  'swap-out',
  'swap-in',
] as const;

export type CacheEventKind = (typeof CACHE_EVENTS)[number];

export interface CacheEvent {
  readonly kind: CacheEventKind;
  readonly block: number;
  /** Null: none is concerned. */
  readonly sequence: number | null;
}

/** How often each happened. */
export type CacheCounts = Readonly<Record<CacheEventKind, number>>;

export const noCounts = (): Record<CacheEventKind, number> =>
  Object.fromEntries(CACHE_EVENTS.map((kind) => [kind, 0])) as Record<CacheEventKind, number>;
