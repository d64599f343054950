import { useRef, type CSSProperties, type KeyboardEvent, type PointerEvent } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { stepWidth, unitOf, unitsOf } from './cut.ts';

/** Steps of the keyboard: one width up or down, four with Page, the ends with Home and End. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 4,
  PageDown: -4,
  Home: -Infinity,
  End: Infinity,
};

/** The width after a key, or null where the key means nothing here. */
export function widthAfterKey(group: PruneGroupView, kept: number, roundTo: number, key: string): number | null {
  const steps = KEYS[key];
  if (steps === undefined) return null;
  if (!Number.isFinite(steps)) return steps > 0 ? group.channels : stepWidth(group, 0, roundTo, 1);
  return stepWidth(group, kept, roundTo, steps);
}

export const widthText = (group: PruneGroupView, kept: number): string =>
  `${formatInteger(unitsOf(group, kept))} of ${plural(unitsOf(group, group.channels), unitOf(group))} kept`;

interface Props {
  readonly group: PruneGroupView;
  readonly kept: number;
  readonly roundTo: number;
  readonly locked: boolean;
  /** `alike`: so for all groups that are built like this one; Shift was held. */
  onChange(kept: number, alike: boolean): void;
}

export function WidthSlider({ group, kept, roundTo, locked, onChange }: Props) {
  // A change event does not tell which keys are held.
  const shift = useRef(false);
  const watch = (event: PointerEvent): void => void (shift.current = event.shiftKey);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = widthAfterKey(group, kept, roundTo, event.key);
    if (next === null) return;
    // The browser's own step is one channel, which rounding would take back.
    event.preventDefault();
    onChange(next, event.shiftKey);
  };
  return (
    <input
      type="range"
      className="slider"
      min={0}
      max={group.channels}
      value={kept}
      disabled={locked}
      style={{ '--at': `${(kept / group.channels) * 100}%` } as CSSProperties}
      aria-label={`Width of ${group.name}`}
      aria-valuetext={widthText(group, kept)}
      onChange={(event) => onChange(Math.max(1, Number(event.target.value)), shift.current)}
      onPointerDown={watch}
      onPointerMove={watch}
      onKeyDown={onKeyDown}
    />
  );
}
