import type { Family } from '../../base/families.ts';
import { GLYPH_PATHS } from '../canvas/glyphs.tsx';

/** The mark of a family, in the family's colour. */
export function FamilyGlyph({ family, size = 12 }: { readonly family: string; readonly size?: number }) {
  const known = family in GLYPH_PATHS ? (family as Family) : 'unknown';
  const { path, filled } = GLYPH_PATHS[known];
  return (
    <svg className={`icon fg f-${known}`} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} {...(filled ? { fill: 'currentColor', stroke: 'none' } : {})} />
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
