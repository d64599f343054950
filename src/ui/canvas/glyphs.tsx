import type { Family } from '../../base/families.ts';

interface GlyphPath {
  /** SVG path data on a 12 × 12 grid. */
  readonly path: string;
  readonly filled: boolean;
}

/** One mark per family as path data, so that the painted canvas draws what the page draws. */
export const GLYPH_PATHS: Readonly<Record<Family, GlyphPath>> = {
  conv: { path: 'M2 2h3v3H2zM7 2h3v3H7zM2 7h3v3H2zM7 7h3v3H7z', filled: true },
  dense: { path: 'M2.5 2.5l7 7M9.5 2.5l-7 7', filled: false },
  norm: { path: 'M1.5 9.5c2.5 0 2.5-7 4.5-7s2 7 4.5 7', filled: false },
  act: { path: 'M1.5 8.5H6l4-6', filled: false },
  elem: { path: 'M6 2v8M2 6h8', filled: false },
  shape: { path: 'M2 5V2h3M10 7v3H7M2 2l8 8', filled: false },
  pool: { path: 'M2 3h8L7 7v3H5V7z', filled: false },
  attn: { path: 'M2 3l8 6M2 9l8-6M2 6h8', filled: false },
  control: { path: 'M6 1.8L10.2 6 6 10.2 1.8 6z', filled: false },
  const: { path: 'M6 2.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z', filled: false },
  unknown: { path: 'M4 4.4a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.2M6 9.6v.1', filled: false },
};

/** Marks of what happened to a node; they stand in the family's place. */
export const CHANGE_PATHS = {
  added: 'M6 2v8M2 6h8',
  removed: 'M2 6h8',
  changed: 'M1.5 7.2c1.6-3 3-3 4.5-1s3 2 4.5-1',
  fused: 'M1.5 1.5h3.4v3.4H1.5zM7.1 7.1h3.4v3.4H7.1zM7 2h2.2q.8 0 .8.8V5M5 10H2.8q-.8 0-.8-.8V7',
} as const;
export type Change = keyof typeof CHANGE_PATHS;

export function NodeGlyph({ family, change }: { readonly family: Family; readonly change: Change | null }) {
  const { path, filled } = change ? { path: CHANGE_PATHS[change], filled: false } : GLYPH_PATHS[family];
  return (
    <svg className="gc-glyph" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} {...(filled ? { fill: 'currentColor', stroke: 'none' } : {})} />
    </svg>
  );
}

/** Points at what can be opened, on the same grid. */
export const CHEVRON_PATH = 'M4.5 2.5L8 6 4.5 9.5';

/** The mark of what cannot be pruned, on a grid of 24. */
export const SNOWFLAKE = 'M12 2v20M4 7l16 10M20 7 4 17M9 4l3 3 3-3M9 20l3-3 3 3';
