import { clsx } from 'clsx';
import { useRef, useState, type KeyboardEvent } from 'react';
import { formatMs, formatShare } from '../../../base/format.ts';
import { flamePlaces, pathTo, type FlameBox, type FlamePlace } from '../../../report/profile/flame.ts';
import type { ProfileRow } from '../../../report/profile/types.ts';
import { useWidth } from '../../kit/use-width.ts';

const LEVEL = 22;
/** Narrower boxes are left out, and narrower ones than this bear no name, px. */
const LEAST = 2;
const NAMED = 44;

interface Props {
  readonly root: FlameBox;
  readonly rows: readonly ProfileRow[];
  /** Key of the box that takes the whole width. */
  readonly focus: string;
  onFocus(key: string): void;
  onChoose(row: ProfileRow): void;
}

/** Where an arrow leads: up to what holds the box, down into it, to its neighbours. */
function nextOf(places: readonly FlamePlace[], root: FlameBox, key: string, pressed: string): FlameBox | undefined {
  const parent = pathTo(root, key)?.at(-2);
  const seen = new Set(places.map(({ box }) => box.key));
  const box = places.find((place) => place.box.key === key)?.box;
  const beside = (parent?.children ?? []).filter((child) => seen.has(child.key));
  const at = beside.findIndex((child) => child.key === key);
  switch (pressed) {
    case 'ArrowUp':
      return parent;
    case 'ArrowDown':
      return box?.children.find((child) => seen.has(child.key));
    case 'ArrowLeft':
      return beside[at - 1];
    case 'ArrowRight':
      return beside[at + 1];
    default:
      return undefined;
  }
}

/**
 * Scopes in scopes, as wide as their time. A click on a scope gives it the whole width, on a node shows it in the graph.
 * One stop for Tab; arrows walk, Escape goes one scope out.
 */
export function FlameChart({ root, rows, focus, onFocus, onChoose }: Props) {
  const [box, width] = useWidth();
  const chart = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState(focus);
  const places = flamePlaces(root, focus, LEAST / Math.max(1, width));
  const depth = Math.max(...places.map((place) => place.box.depth)) + 1;
  const active = places.some((place) => place.box.key === stop) ? stop : focus;
  const choose = (chosen: FlameBox): void => {
    const row = chosen.row === null ? undefined : rows[chosen.row];
    if (row) onChoose(row);
    else if (chosen.children.length > 0) onFocus(chosen.key);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = event.key === 'Escape' ? pathTo(root, focus)?.at(-2) : nextOf(places, root, active, event.key);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') onFocus(next.key);
    setStop(next.key);
    for (const element of chart.current?.children ?? []) {
      if (element instanceof HTMLElement && element.dataset['key'] === next.key) element.focus();
    }
  };
  return (
    <div ref={box}>
      <div
        ref={chart}
        className="flame num"
        role="group"
        aria-label="Time by scope"
        style={{ height: depth * LEVEL }}
        onKeyDown={onKeyDown}
      >
        {places.map((place) => (
          <Box
            key={place.box.key}
            place={place}
            whole={root.ms}
            row={place.box.row === null ? undefined : rows[place.box.row]}
            narrow={place.width * width < NAMED}
            tabIndex={place.box.key === active ? 0 : -1}
            onChoose={() => {
              setStop(place.box.key);
              choose(place.box);
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface BoxProps {
  readonly place: FlamePlace;
  readonly whole: number;
  readonly row: ProfileRow | undefined;
  readonly narrow: boolean;
  readonly tabIndex: number;
  onChoose(): void;
}

function Box({ place: { box, left, width }, whole, row, narrow, tabIndex, onChoose }: BoxProps) {
  const text = `${box.label}, ${formatMs(box.ms)}, ${formatShare(box.ms / whole)}`;
  return (
    <button
      type="button"
      data-key={box.key}
      data-family={row?.family}
      tabIndex={tabIndex}
      aria-label={text}
      title={row ? `${text} · ${row.detail}` : text}
      className={clsx('flame-box', row && `f-${row.family}`, narrow && 'flame-narrow')}
      style={{ left: `${left * 100}%`, width: `${width * 100}%`, top: box.depth * LEVEL }}
      onClick={onChoose}
    >
      {narrow ? '' : box.label}
    </button>
  );
}
