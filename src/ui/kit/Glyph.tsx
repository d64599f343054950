import type { ReactNode } from 'react';
import type { Family } from '../../base/families.ts';

/** One mark per operator family, so that colour never speaks alone. Drawn on a 12 × 12 grid. */
const GLYPHS: Readonly<Record<Family, ReactNode>> = {
  conv: <path d="M2 2h3v3H2zM7 2h3v3H7zM2 7h3v3H2zM7 7h3v3H7z" fill="currentColor" stroke="none" />,
  dense: <path d="M2.5 2.5l7 7M9.5 2.5l-7 7" />,
  norm: <path d="M1.5 9.5c2.5 0 2.5-7 4.5-7s2 7 4.5 7" />,
  act: <path d="M1.5 8.5H6l4-6" />,
  elem: <path d="M6 2v8M2 6h8" />,
  shape: <path d="M2 5V2h3M10 7v3H7M2 2l8 8" />,
  pool: <path d="M2 3h8L7 7v3H5V7z" />,
  attn: <path d="M2 3l8 6M2 9l8-6M2 6h8" />,
  control: <path d="M6 1.8L10.2 6 6 10.2 1.8 6z" />,
  const: <circle cx="6" cy="6" r="3.5" />,
  unknown: <path d="M4 4.4a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.2M6 9.6v.1" />,
};

/** The mark of a family, in the family's colour. */
export function FamilyGlyph({ family, size = 12 }: { readonly family: string; readonly size?: number }) {
  const known = family in GLYPHS ? (family as Family) : 'unknown';
  return (
    <svg className={`icon fg f-${known}`} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      {GLYPHS[known]}
    </svg>
  );
}

export function BrandMark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2 3.2h4.2V17L2 14.4z" fill="currentColor" />
      <path d="M7.9 3.2h4.2v9.4L7.9 15z" fill="currentColor" opacity=".72" />
      <path d="M13.8 3.2H18v5.6l-4.2 2.6z" fill="var(--accent)" />
    </svg>
  );
}
