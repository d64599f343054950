import type { CachePolicy } from '../../kv/types.ts';
import type { PolicyKind } from '../../state/kv-store.ts';
import { cellsOf, COLOURS, type Cell } from './policy-look.ts';

const CELLS = 29;
const [STEP, HEIGHT] = [8, 20];

function fillOf(cell: Cell, kind: PolicyKind): string {
  if (cell === 'sink') return 'var(--changed)';
  return cell === 'rest' || kind === 'dense' || kind === 'sliding-window' || kind === 'streaming'
    ? 'var(--text-3)'
    : COLOURS[kind];
}

/** The text from its first to its last position, and what is kept of it. */
export function Strip({
  policy,
  length,
}: {
  readonly policy: CachePolicy & { kind: PolicyKind };
  readonly length: number;
}) {
  return (
    <svg
      width="100%"
      height={HEIGHT}
      viewBox={`0 0 ${CELLS * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {cellsOf(policy, length, CELLS).map((cell, at) =>
        cell === 'gone' ? (
          // oxlint-disable-next-line react/no-array-index-key
          <rect key={at} className="kv-gone" x={at * STEP + 0.5} y={3.5} width={STEP - 2} height={13} rx={1} />
        ) : (
          <rect
            // oxlint-disable-next-line react/no-array-index-key
            key={at}
            x={at * STEP}
            y={3}
            width={STEP - 1}
            height={14}
            rx={1.5}
            fill={fillOf(cell, policy.kind)}
            opacity={0.83}
          />
        ),
      )}
    </svg>
  );
}
