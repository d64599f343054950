import type { Node, NodeProps } from '@xyflow/react';
import { clsx } from 'clsx';
import { memo } from 'react';
import { SNOWFLAKE } from './glyphs.tsx';

export interface MarkNodeData extends Record<string, unknown> {
  readonly kind: 'on' | 'off' | 'miss' | 'frozen';
  readonly label: string;
  readonly open: boolean;
  readonly press: () => void;
}
export type MarkFlowNode = Node<MarkNodeData, 'mark'>;

/** At the top right of a hull: the tick that switches a site, or what opens the reason of a near miss or a frozen place. */
export const MarkNode = memo(function MarkNode({ data }: NodeProps<MarkFlowNode>) {
  const site = data.kind === 'on' || data.kind === 'off';
  return (
    <button
      type="button"
      tabIndex={-1}
      className={clsx('gc-mark nopan', `gc-mark-${data.kind}`)}
      aria-label={data.label}
      title={data.label}
      {...(site ? { role: 'checkbox', 'aria-checked': data.kind === 'on' } : { 'aria-expanded': data.open })}
      onClick={(event) => {
        event.stopPropagation();
        data.press();
      }}
    >
      <i>{MARKS[data.kind]}</i>
    </button>
  );
});

const MARKS = {
  on: (
    <svg width="12" height="12" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M20 6 9 17l-5-5" />
    </svg>
  ),
  off: null,
  miss: (
    <svg width="12" height="12" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="10" />
      <path d="M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3M12 17h.01" />
    </svg>
  ),
  frozen: (
    <svg width="11" height="11" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SNOWFLAKE} />
    </svg>
  ),
} as const;
