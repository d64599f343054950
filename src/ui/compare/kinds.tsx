import type { ChangeKind } from '../../base/changes.ts';
import { CHANGE_PATHS, type Change } from '../canvas/glyphs.tsx';

/** How a kind looks: its glyph and its colour; kinds that are no change of the canvas have their own. */
const LOOKS: Readonly<Record<ChangeKind, { readonly path: string; readonly color: Change | 'plain' }>> = {
  fused: { path: CHANGE_PATHS.fused, color: 'fused' },
  split: { path: 'M6 10V6.8M6 6.8 2.6 3M6 6.8 9.4 3M2.2 5.4V2.6h2.8M7 2.6h2.8v2.8', color: 'fused' },
  changed: { path: CHANGE_PATHS.changed, color: 'changed' },
  removed: { path: CHANGE_PATHS.removed, color: 'removed' },
  added: { path: CHANGE_PATHS.added, color: 'added' },
  renamed: { path: 'M2 3h8M6 3v7M4.4 10h3.2', color: 'plain' },
  unread: { path: 'M4 4.4a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.2M6 9.6v.1', color: 'changed' },
};
const COLORS = {
  added: 'text-added',
  removed: 'text-removed',
  changed: 'text-changed',
  fused: 'text-fused',
  plain: 'text-ink-3',
} as const;

export function KindGlyph({ kind, size = 13 }: { readonly kind: ChangeKind; readonly size?: number }) {
  const { path, color } = LOOKS[kind];
  return (
    <svg className={`icon ${COLORS[color]}`} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
