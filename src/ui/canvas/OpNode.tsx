import type { Node, NodeProps } from '@xyflow/react';
import { clsx } from 'clsx';
import { memo } from 'react';
import { plural } from '../../base/format.ts';
import type { Family } from '../../base/families.ts';
import type { Unfold } from './flow-nodes.ts';
import type { Change } from './glyphs.tsx';
import { NodeGlyph } from './glyphs.tsx';
import { FoldButton } from './GroupNode.tsx';
import { cellsOfCut, widthParts, widthsOf, type WidthPart } from './prune-detail.ts';
import type { PruneMark, WidthChange } from './types.ts';

export interface OpNodeData extends Record<string, unknown> {
  readonly row: number;
  readonly op: string;
  readonly ordinal: number;
  readonly detail: string;
  readonly family: Family;
  /** Share of the active cost in words. */
  readonly share: string;
  /** Length of the cost bar, 0 to 1. */
  readonly bar: number;
  /** CSS colour of the edge: family, heat, change or neutral. */
  readonly color: string;
  readonly heated: boolean;
  readonly neutral: boolean;
  readonly change: Change | null;
  readonly mark: PruneMark | null;
  /** Widths that pruning changes, whichever group is looked at. */
  readonly widths: readonly WidthChange[] | null;
  readonly selected: boolean;
  readonly hovered: boolean;
  /** Not found by the search, or not on the path that is lit. */
  readonly dim: 'none' | 'unmatched' | 'unlit';
  readonly short: boolean;
  /** A constant that hangs above its reader: one line, its value in place of its name. */
  readonly leaf: boolean;
  /** Nodes of folded subgraphs or bodies inside. */
  readonly inside: number;
  readonly unfold: Unfold;
}
export type OpFlowNode = Node<OpNodeData, 'op'>;

/** One operator, near: family edge, glyph, name and number; attributes and share; a bar for its cost. */
export const OpNode = memo(function OpNode({ data }: NodeProps<OpFlowNode>) {
  const { mark, change } = data;
  const widths = widthParts(data.detail, widthsOf(mark, data.widths));
  if (data.leaf) return <Leaf data={data} />;
  return (
    <div
      className={clsx('gc-node', `gc-f-${data.family}`, change && `gc-${change}`, {
        'gc-selected': data.selected,
        'gc-hovered': data.hovered,
        'gc-dim': data.dim === 'unmatched',
        'gc-unlit': data.dim === 'unlit',
        'gc-heated': data.heated,
        'gc-neutral': data.neutral,
        'gc-lit': mark,
        'gc-short': data.short && !mark,
        'gc-holder': data.inside > 0,
      })}
      style={data.color === '' ? undefined : ({ '--f': data.color } as React.CSSProperties)}
    >
      <div className="gc-line1">
        <NodeGlyph family={data.family} change={change} />
        <span className="gc-op">{data.op}</span>
        {data.inside > 0 && (
          <FoldButton
            label={`Unfold ${data.op} ${data.ordinal}, ${plural(data.inside, 'node')} inside`}
            folded
            press={() => data.unfold(data.row)}
          />
        )}
        <span className="gc-id">{data.ordinal}</span>
      </div>
      {(data.detail !== '' || data.share !== '' || mark || (widths && !data.short)) && (
        <div className="gc-line2">
          <span className="gc-detail">{widths ? <Widths parts={widths} /> : data.detail}</span>
          {mark ? mark.role && <span className="gc-role">{mark.role}</span> : <span>{data.share}</span>}
        </div>
      )}
      {mark?.cut ? <ChannelCells cut={mark.cut} /> : <CostBar bar={data.bar} />}
    </div>
  );
});

function Leaf({ data }: { readonly data: OpNodeData }) {
  return (
    <div
      className={clsx('gc-node gc-leaf', `gc-f-${data.family}`, data.change && `gc-${data.change}`, {
        'gc-selected': data.selected,
        'gc-hovered': data.hovered,
        'gc-dim': data.dim === 'unmatched',
        'gc-unlit': data.dim === 'unlit',
        'gc-neutral': data.neutral,
      })}
      style={data.color === '' ? undefined : ({ '--f': data.color } as React.CSSProperties)}
    >
      <span className="gc-detail">{data.detail || data.op}</span>
    </div>
  );
}

const CostBar = ({ bar }: { readonly bar: number }) => (
  <div className="gc-cost">
    <i style={{ width: `${(bar * 100).toFixed(1)}%` }} />
  </div>
);

/** The attributes, with old widths struck and the new ones beside them. */
const Widths = ({ parts }: { readonly parts: readonly WidthPart[] }) =>
  parts.map(({ text, kind, at }) => {
    if (kind === 'old') return <s key={at}>{text}</s>;
    return kind === 'new' ? <b key={at}>{text}</b> : <span key={at}>{text}</span>;
  });

/** Channels in file order: kept ones filled, cut ones hollow. */
function ChannelCells({ cut }: { readonly cut: Uint8Array }) {
  const cells = cellsOfCut(cut);
  const width = 100 / cells.length;
  const pathOf = (kept: boolean): string =>
    cells.map((each, cell) => (each === kept ? `M${cell * width} 0h${width * 0.74}v6h-${width * 0.74}z` : '')).join('');
  return (
    <svg className="gc-cells" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <path d={pathOf(true)} className="gc-kept" />
      <path d={pathOf(false)} className="gc-ghost" />
    </svg>
  );
}
