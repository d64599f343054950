import { useEffect, useRef } from 'react';
import type { Camera } from './camera.ts';
import { SNOWFLAKE } from './glyphs.tsx';
import type { CanvasRefusal, Box } from './types.ts';

interface Props {
  readonly refusal: CanvasRefusal;
  /** Labels of its nodes: "Conv 21 → BatchNorm 21". */
  readonly where: string;
  readonly box: Box;
  readonly camera: Camera;
  readonly onClose: () => void;
}

const WIDTH = 304;
const ARROW = 66;
const DISTANCE = 14;
const MOST_ACTIONS = 2;
/** Free room at the canvas's edge, and at its foot for the floating tools. */
const EDGE = 8;
const TOOLS = 56;

/** Why a pass does not apply here, beside the place; it follows the canvas and never covers its anchor. */
export function RefusalPopover({ refusal, where, box, camera, onClose }: Props) {
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = (): void => {
      if (pane.current) placeBeside(pane.current, box, camera);
    };
    place();
    return camera.subscribe(place);
  }, [box, camera]);
  return (
    <div
      ref={pane}
      className="gc-pop nopan nowheel"
      data-frozen={refusal.frozen ? '' : undefined}
      role="dialog"
      aria-label={refusal.title ?? 'Not fused'}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <span className="gc-arrow" />
      <header>
        <svg width="15" height="15" viewBox="0 0 24 24" aria-hidden="true">
          {refusal.frozen ? (
            <path d={SNOWFLAKE} />
          ) : (
            <>
              <circle cx="12" cy="12" r="10" />
              <path d="M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3M12 17h.01" />
            </>
          )}
        </svg>
        <div>
          <h3>{refusal.title ?? 'Not fused'}</h3>
          <p>{where}</p>
        </div>
        <button type="button" aria-label="Close" onClick={onClose}>
          <svg width="13" height="13" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M18 6 6 18M6 6l12 12" />
          </svg>
        </button>
      </header>
      <div className="gc-pop-body">{refusal.reason.split('`').map(asWords)}</div>
      {refusal.actions && refusal.actions.length > 0 && (
        <footer>
          {refusal.actions.slice(0, MOST_ACTIONS).map((action) => (
            <button key={action.label} type="button" onClick={action.run}>
              {action.label}
            </button>
          ))}
        </footer>
      )}
    </div>
  );
}

/** Names stand in back quotes, and are set in mono. */
const asWords = (part: string, index: number) =>
  index % 2 === 0 ? part : <code key={`${index} ${part}`}>{part}</code>;

/** Right of the hull, left of it, else below or above: never over it. Gone while the hull is out of view. */
function placeBeside(pane: HTMLElement, box: Box, camera: Camera): void {
  const { x, y, zoom } = camera.viewport;
  const hull = {
    left: box.left * zoom + x,
    right: box.right * zoom + x,
    top: box.top * zoom + y,
    bottom: box.bottom * zoom + y,
  };
  const seen = hull.right > 0 && hull.left < camera.width && hull.bottom > 0 && hull.top < camera.height;
  pane.style.visibility = seen ? 'visible' : 'hidden';
  const tall = pane.offsetHeight;
  const side = sideOf(hull, tall, camera);
  const across = side === 'right' || side === 'left';
  const middle = across ? (hull.top + hull.bottom) / 2 : (hull.left + hull.right) / 2;
  const start = across
    ? between(EDGE, camera.height - tall - TOOLS, middle - ARROW)
    : between(EDGE, camera.width - WIDTH - EDGE, middle - WIDTH / 2);
  const left = side === 'right' ? hull.right + DISTANCE : side === 'left' ? hull.left - DISTANCE - WIDTH : start;
  const top = side === 'below' ? hull.bottom + DISTANCE : side === 'above' ? hull.top - DISTANCE - tall : start;
  pane.dataset['side'] = side;
  pane.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  pane.style.setProperty(
    '--gc-arrow',
    `${Math.round(between(14, (across ? tall : WIDTH) - 24, middle - start - 5))}px`,
  );
}

const between = (least: number, most: number, value: number): number => Math.max(least, Math.min(most, value));

function sideOf(
  hull: { readonly left: number; readonly right: number; readonly bottom: number },
  tall: number,
  camera: Camera,
): 'right' | 'left' | 'below' | 'above' {
  if (hull.right + DISTANCE + WIDTH + EDGE <= camera.width) return 'right';
  if (hull.left - DISTANCE - WIDTH >= EDGE) return 'left';
  return hull.bottom + DISTANCE + tall + TOOLS <= camera.height ? 'below' : 'above';
}
