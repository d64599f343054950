import { useEffect, useRef } from 'react';
import { plural } from '../../base/format.ts';
import type { Camera } from './camera.ts';
import type { ShownGroup } from './groups.ts';

interface Props {
  readonly group: ShownGroup;
  readonly camera: Camera;
  readonly onFold: (keys: readonly string[], folded: boolean, copies: boolean) => void;
}

/** Free room between the bar and its group, and at the canvas's edges, px. */
const GAP = 8;
const EDGE = 8;
/** Height of a folded box, and more than that of a frame's header, graph units. */
const HEAD = 54;

/** What can be done with the selected group, beside it; it follows the canvas. */
export function GroupBar({ group, camera, onFold }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  const { box, name, folded, copies, nodes } = group;
  useEffect(() => {
    const place = (): void => {
      if (bar.current) placeBeside(bar.current, box, camera);
    };
    place();
    return camera.subscribe(place);
  }, [box, camera]);
  const verb = folded ? 'Unfold' : 'Fold';
  return (
    <div ref={bar} className="gc-float gc-groupbar nopan" role="group" aria-label={`Group ${name}`}>
      <span>{plural(nodes, 'node')}</span>
      <button type="button" onClick={() => onFold([group.key], !folded, false)}>
        {verb} <kbd className="kbd">E</kbd>
      </button>
      {copies > 1 && (
        <button type="button" onClick={() => onFold([group.key], !folded, true)}>
          {verb} all {copies} <kbd className="kbd">⇧E</kbd>
        </button>
      )}
    </div>
  );
}

/** Right of the group's head, else above it, else below its head: never over the head. */
function placeBeside(bar: HTMLElement, box: ShownGroup['box'], { viewport, width, height }: Camera): void {
  const { x, y, zoom } = viewport;
  const [left, right] = [box.left * zoom + x, box.right * zoom + x];
  const [top, bottom] = [box.top * zoom + y, box.bottom * zoom + y];
  const seen = right > 0 && left < width && bottom > 0 && top < height;
  bar.style.visibility = seen ? 'visible' : 'hidden';
  const [wide, tall] = [bar.offsetWidth, bar.offsetHeight];
  const within = (at: number, most: number): number => Math.max(EDGE, Math.min(most, at));
  const atRight = right + GAP + wide + EDGE <= width;
  const above = top - tall - GAP;
  const under = Math.min(bottom, top + HEAD * zoom) + GAP;
  const across = atRight ? right + GAP : within(left, width - wide - EDGE);
  const down = within(atRight ? top : above >= EDGE ? above : under, height - tall - EDGE);
  bar.style.transform = `translate(${Math.round(across)}px, ${Math.round(down)}px)`;
}
