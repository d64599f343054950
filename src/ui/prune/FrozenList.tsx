import { Snowflake } from 'lucide-react';
import { useState } from 'react';
import { plural } from '../../base/format.ts';
import type { FrozenView } from '../../prune/types.ts';
import { Icon } from '../kit/controls.tsx';

interface Props {
  readonly frozen: readonly FrozenView[];
  /** Shows the place, with its reason beside it. */
  onShow(index: number): void;
}

/** What cannot be cut, and why; one line until it is asked for. */
export function FrozenList({ frozen, onShow }: Props) {
  const [open, setOpen] = useState(false);
  const first = frozen[0];
  if (!first) return null;
  return (
    <div className="flex-none border-t border-line px-3.5 py-2.5 text-11 text-ink-2">
      <div className="flex items-start gap-1.5">
        <Icon of={Snowflake} size={13} className="mt-px text-ink-3" />
        <span className="min-w-0 grow [overflow-wrap:anywhere]">
          {plural(frozen.length, 'place')} frozen: {first.label}: {first.reason}
          {frozen.length > 1 && (
            <>
              {' '}
              <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
                {open ? 'Fold' : `and ${frozen.length - 1} more`}
              </button>
            </>
          )}
        </span>
      </div>
      {open && (
        <ul className="mt-2 max-h-56 overflow-auto" aria-label="Frozen places">
          {frozen.map((each, index) => (
            <li key={`${each.node} ${each.reason}`} className="py-1 [overflow-wrap:anywhere]">
              <button type="button" className="link text-left" onClick={() => onShow(index)}>
                {each.label}
              </button>{' '}
              {each.reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
