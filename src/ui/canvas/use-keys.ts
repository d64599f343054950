import type { KeyboardEvent } from 'react';
import type { Scene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';
import type { CameraMoves } from './use-camera.ts';
import type { Direction } from './walk.ts';
import { walk } from './walk.ts';

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};
const ZOOM_STEP = 1.25;

type KeyProps = Pick<GraphCanvasProps, 'sites' | 'refusal' | 'onSelect' | 'onToggleSite' | 'onOpenRefusal'>;

/** Keys of the canvas while it has the focus; what it does not know goes on to the page. */
export function handleKey(
  event: KeyboardEvent,
  scene: Scene,
  selected: number,
  siteOf: Int32Array,
  moves: CameraMoves,
  props: KeyProps,
): void {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target !== event.currentTarget) return;
  const act = actionOf(event.key, scene, selected, siteOf, moves, props);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function actionOf(
  key: string,
  scene: Scene,
  selected: number,
  siteOf: Int32Array,
  moves: CameraMoves,
  props: KeyProps,
): (() => void) | null {
  const direction = ARROWS[key];
  if (direction) {
    return () => {
      const row = walk(scene, selected, direction);
      if (row < 0) return;
      props.onSelect(scene.picture.view.nodeIds[row]!);
      moves.reveal(row);
    };
  }
  switch (key) {
    case 'f':
    case 'F':
      return () => moves.fit(selected);
    case '0':
      return () => moves.all();
    case '1':
      return moves.actual;
    case '+':
    case '=':
      return () => moves.zoomBy(ZOOM_STEP);
    case '-':
      return () => moves.zoomBy(1 / ZOOM_STEP);
    case ' ':
      return toggle(selected, siteOf, props);
    case 'Escape':
      if (props.refusal !== null) return () => props.onOpenRefusal(null);
      return selected >= 0 ? () => props.onSelect(null) : null;
    default:
      return null;
  }
}

function toggle(selected: number, siteOf: Int32Array, props: KeyProps): (() => void) | null {
  const site = selected >= 0 ? props.sites[siteOf[selected]! - 1] : undefined;
  return site ? () => props.onToggleSite(site.key) : null;
}
