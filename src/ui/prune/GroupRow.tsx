import { clsx } from 'clsx';
import { Lock, LockOpen, Undo2 } from 'lucide-react';
import { memo } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { Icon } from '../kit/controls.tsx';
import { Sparkline } from './Sparkline.tsx';
import { WidthSlider } from './WidthSlider.tsx';

export interface GroupActions {
  setWidth(group: PruneGroupView, kept: number): void;
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
  readonly actions: GroupActions;
}

function Widths({ group, kept, locked, own }: Pick<Props, 'group' | 'kept' | 'locked' | 'own'>) {
  if (!locked && kept === group.channels) return <span className="num text-11">{formatInteger(kept)}</span>;
  if (locked) return <span className="num text-11 text-ink-3">locked</span>;
  return (
    <span className="num text-11 whitespace-nowrap" title={own ? 'Set by hand' : undefined}>
      <span className="text-ink-3">{formatInteger(group.channels)}</span> →{' '}
      <span className={clsx(own && 'font-medium text-accent')}>{formatInteger(kept)}</span>
    </span>
  );
}

/** One group: name, old and new width, its importances with the cut, a slider and a lock. */
export const GroupRow = memo(function GroupRow(props: Props) {
  const { group, index, kept, roundTo, locked, own, selected, actions } = props;
  return (
    <div className={clsx('group-row', selected && 'group-row-on', locked && 'group-row-locked')}>
      <div className="flex h-[19px] items-center gap-2">
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
          aria-label={`Keep all channels of ${group.name}`}
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
          onChange={(next) => {
            if (!selected) actions.focus(index);
            actions.setWidth(group, next);
          }}
        />
        <span className="num w-9 flex-none text-right text-11">
          {Math.round((kept / group.channels) * 100)}&#x202f;%
        </span>
      </div>
    </div>
  );
});
