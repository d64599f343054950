import { useEffect, useRef } from 'react';
import { plural } from '../../base/format.ts';
import type { Camera } from './camera.ts';
import type { ShownGroup } from './groups.ts';

interface Props {
  readonly group: ShownGroup;
  readonly camera: Camera;
  readonly onFold: (keys: readonly string[], folded: boolean, copies: boolean) => void;
}

/** Free room between the bar and its group, and at the canvas's upper edge, px. */
const GAP = 8;
const EDGE = 8;

/** What can be done with the selected group, above it; it follows the canvas. */
export function GroupBar({ group, camera, onFold }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  const { box, name, folded, copies, nodes } = group;
  useEffect(() => {
    const place = (): void => {
      if (bar.current) placeAbove(bar.current, box, camera);
    };
    place();
    return camera.subscribe(place);
  }, [box, camera]);
  const verb = folded ? 'Unfold' : 'Fold';
  return (
    <div ref={bar} className="gc-float gc-groupbar nopan" role="group" aria-label={`Group ${name}`}>
      <span>{plural(nodes, 'node')}</span>
      <button type="button" onClick={() => onFold([group.key], !folded, false)}>
        {verb} <kbd>E</kbd>
      </button>
      {copies > 1 && (
        <button type="button" onClick={() => onFold([group.key], !folded, true)}>
          {verb} all {copies} <kbd>⇧E</kbd>
        </button>
      )}
    </div>
  );
}

function placeAbove(bar: HTMLElement, box: ShownGroup['box'], { viewport, width, height }: Camera): void {
  const { x, y, zoom } = viewport;
  const [left, right] = [box.left * zoom + x, box.right * zoom + x];
  const [top, bottom] = [box.top * zoom + y, box.bottom * zoom + y];
  const seen = right > 0 && left < width && bottom > 0 && top < height;
  bar.style.visibility = seen ? 'visible' : 'hidden';
  const at = Math.max(EDGE, Math.min(width - bar.offsetWidth - EDGE, left));
  const above = top - bar.offsetHeight - GAP;
  // At the upper edge it stands below the group's header, so that it is never out of sight.
  const down = above >= EDGE ? above : Math.min(bottom, Math.max(top, 0)) + GAP;
  bar.style.transform = `translate(${Math.round(at)}px, ${Math.round(down)}px)`;
}
