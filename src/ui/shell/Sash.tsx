import { clsx } from 'clsx';
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';

interface SashProps {
  /** What it changes: "Width of the left panel". */
  readonly label: string;
  /** Vertical: a line between left and right. */
  readonly orientation: 'vertical' | 'horizontal';
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value for a pointer's place inside of the area. */
  readonly valueAt: (pointer: { clientX: number; clientY: number }, area: DOMRect) => number;
  /** The element that the value is measured in; the sash's parent if left out. */
  readonly area?: (sash: HTMLElement) => Element;
  /** True: the value grows towards the left or the top. */
  readonly reversed?: boolean;
  readonly onChange: (value: number) => void;
  /** A double click, or Delete: back to the size that the window gives. */
  readonly onReset: () => void;
  readonly className?: string;
}

/**
 * A line that is dragged to give one of two panels more room. Arrow keys do the same, ten steps at once with Shift; Home
 * and End go to the ends.
 */
export function Sash(props: SashProps) {
  const {
    label,
    orientation,
    value,
    min,
    max,
    step,
    valueAt,
    area,
    reversed = false,
    onChange,
    onReset,
    className,
  } = props;
  const sash = useRef<HTMLDivElement>(null);
  const [dragging, setDragging] = useState(false);
  const clamp = (next: number): number => Math.max(min, Math.min(max, next));

  const onPointerMove = (event: PointerEvent): void => {
    const element = sash.current;
    if (!dragging || !element) return;
    const within = area?.(element) ?? element.parentElement ?? element;
    onChange(clamp(valueAt(event, within.getBoundingClientRect())));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = (event.shiftKey ? 10 : 1) * (reversed ? -step : step);
    const vertical = orientation === 'vertical';
    const reactions: Readonly<Record<string, () => void>> = {
      [vertical ? 'ArrowRight' : 'ArrowDown']: () => onChange(clamp(value + by)),
      [vertical ? 'ArrowLeft' : 'ArrowUp']: () => onChange(clamp(value - by)),
      Home: () => onChange(min),
      End: () => onChange(max),
      Delete: onReset,
    };
    const reaction = reactions[event.key];
    if (!reaction) return;
    event.preventDefault();
    event.stopPropagation();
    reaction();
  };
  return (
    <div
      ref={sash}
      role="separator"
      aria-label={label}
      aria-orientation={orientation}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={Math.round(value * 100) / 100}
      tabIndex={0}
      data-dragging={dragging ? '' : undefined}
      className={clsx('sash', className)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragging(true);
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
      onKeyDown={onKeyDown}
      onDoubleClick={onReset}
    />
  );
}
