import type { Node, NodeProps } from '@xyflow/react';
import { clsx } from 'clsx';
import { type MouseEvent, memo } from 'react';
import type { Fold } from './flow-nodes.ts';
import { CHEVRON_PATH, type Change } from './glyphs.tsx';

export interface GroupNodeData extends Record<string, unknown> {
  readonly key: string;
  readonly name: string;
  readonly copies: number;
  /** "412 nodes" */
  readonly size: string;
  /** Share of the active cost in words. */
  readonly share: string;
  /** Length of the cost bar, 0 to 1. */
  readonly bar: number;
  /** What is inside, in order, as a CSS background. */
  readonly cells: string;
  /** CSS colour of the edge; '': neutral. */
  readonly color: string;
  readonly change: Change | null;
  readonly selected: boolean;
  readonly hovered: boolean;
  readonly dim: 'none' | 'unmatched' | 'unlit';
  readonly fold: Fold;
}
export type GroupFlowNode = Node<GroupNodeData, 'folded'>;

/** A folded group, near: name and copies; node count and share; what is inside as a row of cells. */
export const GroupNode = memo(function GroupNode({ data }: NodeProps<GroupFlowNode>) {
  const { change, name } = data;
  return (
    <div
      className={clsx('gc-node gc-group', change && `gc-${change}`, {
        'gc-selected': data.selected,
        'gc-hovered': data.hovered,
        'gc-dim': data.dim === 'unmatched',
        'gc-unlit': data.dim === 'unlit',
      })}
      style={data.color === '' ? undefined : ({ '--f': data.color } as React.CSSProperties)}
    >
      <div className="gc-line1">
        <FoldButton label={`Unfold ${name}`} folded press={(copies) => data.fold(data.key, false, copies)} />
        <span className="gc-op">{name}</span>
        {data.copies > 1 && <Copies data={data} />}
      </div>
      <div className="gc-line2">
        <span>{data.size}</span>
        <span>{data.share}</span>
      </div>
      <div className="gc-inside" style={{ background: data.cells }} />
    </div>
  );
});

export interface FoldNodeData extends Record<string, unknown> {
  readonly key: string;
  readonly name: string;
  readonly fold: Fold;
}
export type FoldFlowNode = Node<FoldNodeData, 'fold'>;

/** In the header of an open group: folds it. */
export const FoldNode = memo(function FoldNode({ data }: NodeProps<FoldFlowNode>) {
  return (
    <FoldButton label={`Fold ${data.name}`} folded={false} press={(copies) => data.fold(data.key, true, copies)} />
  );
});

interface FoldButtonProps {
  readonly label: string;
  readonly folded: boolean;
  /** `copies`: everything that is built like it, too. */
  readonly press: (copies: boolean) => void;
}

/** A chevron that points at what is folded, and down from what is open. */
export function FoldButton({ label, folded, press }: FoldButtonProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="gc-fold nopan"
      aria-label={label}
      aria-expanded={!folded}
      title={`${label} (E); with Alt, all that are alike`}
      onClick={(event) => act(event, () => press(event.altKey))}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d={CHEVRON_PATH} />
      </svg>
    </button>
  );
}

function Copies({ data }: { readonly data: GroupNodeData }) {
  const label = `Unfold all ${data.copies} like ${data.name}`;
  return (
    <button
      type="button"
      tabIndex={-1}
      className="gc-copies nopan"
      aria-label={label}
      title={`${label} (⇧E)`}
      onClick={(event) => act(event, () => data.fold(data.key, false, true))}
    >
      × {data.copies}
    </button>
  );
}

/** A press is for the button alone; two of them do not make a double click on what is below. */
function act(event: MouseEvent, press: () => void): void {
  event.stopPropagation();
  press();
}
