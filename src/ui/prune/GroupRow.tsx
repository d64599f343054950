import { clsx } from 'clsx';
import { Lock, LockOpen, Undo2 } from 'lucide-react';
import { memo } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { Icon } from '../kit/controls.tsx';
import { FamilyGlyph } from '../kit/Glyph.tsx';
import { unitOf, unitsOf } from './cut.ts';
import { Sparkline } from './Sparkline.tsx';
import { WidthSlider } from './WidthSlider.tsx';

export interface GroupActions {
  /** `alike`: of all groups that are built like it. */
  setWidth(group: PruneGroupView, kept: number, alike: boolean): void;
  /** The group follows the target again. */
  release(key: string): void;
  lock(key: string, locked: boolean): void;
  focus(index: number): void;
}

interface Props {
  readonly group: PruneGroupView;
  readonly index: number;
  readonly kept: number;
  readonly roundTo: number;
  readonly locked: boolean;
  /** The width was set by hand. */
  readonly own: boolean;
  readonly selected: boolean;
  /** What the width of now costs by the group's curve, and what that is; null: nothing is measured. */
  readonly harm: string | null;
  readonly harmTitle: string;
  readonly actions: GroupActions;
}

function Widths({ group, kept, locked, own }: Pick<Props, 'group' | 'kept' | 'locked' | 'own'>) {
  const [before, after] = [unitsOf(group, group.channels), unitsOf(group, kept)];
  const unit = group.isHeads ? ` ${after === 1 ? 'head' : 'heads'}` : '';
  if (locked) return <span className="num text-11 whitespace-nowrap text-ink-3">{unit ? 'heads stay' : 'locked'}</span>;
  if (after === before) {
    return (
      <span className="num text-11 whitespace-nowrap">
        {formatInteger(before)}
        {unit}
      </span>
    );
  }
  return (
    <span className="num text-11 whitespace-nowrap" title={own ? 'Set by hand' : undefined}>
      <span className="text-ink-3">{formatInteger(before)}</span> →{' '}
      <span className={clsx(own && 'font-medium text-accent')}>{formatInteger(after)}</span>
      {unit}
    </span>
  );
}

/** One group: name, old and new width, its importances with the cut, a slider and a lock. */
export const GroupRow = memo(function GroupRow(props: Props) {
  const { group, index, kept, roundTo, locked, own, selected, harm, harmTitle, actions } = props;
  return (
    <div className={clsx('group-row', selected && 'group-row-on', locked && 'group-row-locked')}>
      <div className="flex h-[19px] items-center gap-2">
        {group.isHeads && (
          <span title="Attention heads" className="flex-none">
            <FamilyGlyph family="attn" size={12} />
          </span>
        )}
        <button
          type="button"
          className="ell grow text-left font-medium"
          aria-pressed={selected}
          title={group.name}
          onClick={() => actions.focus(index)}
        >
          {group.name}
        </button>
        <Widths group={group} kept={kept} locked={locked} own={own} />
        {own && !locked && (
          <button
            type="button"
            className="group-icon"
            aria-label={`${group.name} follows the target again`}
            onClick={() => actions.release(group.key)}
          >
            <Icon of={Undo2} size={12} />
          </button>
        )}
        <button
          type="button"
          className="group-icon"
          aria-label={`Keep all ${unitOf(group)}s of ${group.name}`}
          aria-pressed={locked}
          onClick={() => actions.lock(group.key, !locked)}
        >
          <Icon of={locked ? Lock : LockOpen} size={12} />
        </button>
      </div>
      <div className="mt-1 flex items-center gap-2">
        <Sparkline group={group} kept={kept} />
        <WidthSlider
          group={group}
          kept={kept}
          roundTo={roundTo}
          locked={locked}
          onChange={(next, alike) => {
            if (!selected) actions.focus(index);
            actions.setWidth(group, next, alike);
          }}
        />
        {harm !== null && (
          <span className="num w-10 flex-none text-right text-11 text-ink-3" title={harmTitle}>
            {harm}
          </span>
        )}
        <span className="num w-9 flex-none text-right text-11">
          {Math.round((kept / group.channels) * 100)}&#x202f;%
        </span>
      </div>
    </div>
  );
});
