import {
  Box,
  Braces,
  Check,
  ChevronDown,
  ChevronRight,
  CircleQuestionMark,
  FoldVertical,
  GitFork,
  LogIn,
  LogOut,
  SquareStack,
  type LucideIcon,
} from 'lucide-react';
import { formatShare } from '../../base/format.ts';
import type { GroupKind } from '../../base/group-kinds.ts';
import type { NodeMark } from '../../state/outline/marks.ts';
import type { OutlineLine } from '../../state/outline/outline.ts';
import { Icon } from '../kit/controls.tsx';
import { FamilyGlyph } from '../kit/Glyph.tsx';
import { isPort, type Line, type OutlineState } from './outline-lines.ts';

const KIND_ICONS: Readonly<Record<GroupKind, LucideIcon>> = {
  scope: Box,
  repeat: SquareStack,
  subgraph: GitFork,
  function: Braces,
};
/** The canvas's glyphs of what a step did. */
const CHANGES = {
  new: { glyph: '+', colour: 'text-added' },
  changed: { glyph: '~', colour: 'text-changed' },
  fused: { glyph: '⧉', colour: 'text-fused' },
} as const;

function ShareBar({ share, largest }: { readonly share: number; readonly largest: number }) {
  return (
    <>
      <span className="num text-105 text-ink-3">{formatShare(share)}</span>
      <span className="bar">
        <i style={{ width: `${largest > 0 ? Math.min(1, share / largest) * 100 : 0}%` }} />
      </span>
    </>
  );
}

/** What the canvas shows at the node, by the same glyphs. */
function Marks({ mark }: { readonly mark: NodeMark }) {
  const change = mark.change && CHANGES[mark.change];
  return (
    <>
      {change && <span className={`flex-none font-strong ${change.colour}`}>{change.glyph}</span>}
      {mark.miss && <Icon of={CircleQuestionMark} size={12} className="text-warning" />}
      {mark.site && (
        <span className="check" data-off={mark.site.on ? undefined : ''}>
          {mark.site.on && <Icon of={Check} size={10} />}
        </span>
      )}
    </>
  );
}

function PortRow({ line }: { readonly line: Extract<Line, { port: string }> }) {
  return (
    <>
      <span className="w-3 flex-none" />
      <Icon of={line.port === 'input' ? LogIn : LogOut} size={13} className="text-ink-3" />
      <span className="ell flex-1">{line.name}</span>
      <span className="num ell max-w-[45%] text-105 text-ink-3">{line.shape}</span>
    </>
  );
}

function PartRow({ state, line }: { readonly state: OutlineState; readonly line: OutlineLine }) {
  const { part, unfolded } = line;
  const { view, outline, largest } = state;
  const isNode = part.kind === 'node';
  return (
    <>
      <span className="flex w-3 flex-none justify-center text-ink-3">
        {unfolded !== null && <Icon of={unfolded ? ChevronDown : ChevronRight} size={12} />}
      </span>
      {part.kind === 'node' ? (
        <FamilyGlyph family={part.family ?? 'unknown'} />
      ) : (
        <Icon of={KIND_ICONS[part.kind]} size={13} className="text-ink-3" />
      )}
      <span className="tree-name ell flex-1">
        {part.name} {part.hint !== '' && <span className="text-ink-3">{part.hint}</span>}
      </span>
      {isNode && <Marks mark={state.markOf(view.nodeIds[part.first]!)} />}
      {!isNode && state.isBox(part.group) && <Icon of={FoldVertical} size={12} className="text-ink-3" />}
      {outline.totalMacs > 0 && (part.macs > 0 || !isNode) && (
        <ShareBar share={part.macs / outline.totalMacs} largest={largest} />
      )}
    </>
  );
}

/** What stands in a line; its words for screen readers are the line's name. */
export function OutlineRow({ state, line }: { readonly state: OutlineState; readonly line: Line }) {
  return isPort(line) ? <PortRow line={line} /> : <PartRow state={state} line={line} />;
}
