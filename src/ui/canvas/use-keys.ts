import type { KeyboardEvent } from 'react';
import { wishOfGroup, wishOfItem } from './groups.ts';
import { groupOfItem, isGroup, type Scene } from './scene.ts';
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

type KeyProps = Pick<
  GraphCanvasProps,
  'sites' | 'refusal' | 'selectedGroup' | 'onSelect' | 'onSelectGroup' | 'onToggleSite' | 'onOpenRefusal' | 'onFold'
>;

export interface Keyed {
  readonly scene: Scene;
  /** Item; -1: none. */
  readonly selected: number;
  readonly siteOf: Int32Array;
  readonly moves: CameraMoves;
  readonly props: KeyProps;
  /** Keeps the path through the selection lit, or no longer. */
  readonly onPath: () => void;
}

/** Keys of the canvas while it has the focus; what it does not know goes on to the page. */
export function handleKey(event: KeyboardEvent, keyed: Keyed): void {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target !== event.currentTarget) return;
  const act = actionOf(event.key, keyed);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function actionOf(key: string, keyed: Keyed): (() => void) | null {
  const { selected, moves, props } = keyed;
  const direction = ARROWS[key];
  if (direction) return () => step(keyed, direction);
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
    case 'e':
      return turn(keyed, false);
    case 'E':
      return turn(keyed, true);
    case 'p':
    case 'P':
      return selected >= 0 ? keyed.onPath : null;
    case ' ':
      return toggle(selected, keyed);
    case 'Escape':
      if (props.refusal !== null) return () => props.onOpenRefusal(null);
      return selected >= 0 || props.selectedGroup !== null ? () => props.onSelect(null) : null;
    default:
      return null;
  }
}

function step({ scene, selected, moves, props }: Keyed, direction: Direction): void {
  const item = walk(scene, selected, direction);
  if (item < 0) return;
  const { nodeIds, groups } = scene.picture.view;
  if (isGroup(scene, item)) props.onSelectGroup(groups.keys[groupOfItem(scene, item)]!);
  else props.onSelect(nodeIds[item]!);
  moves.reveal(item);
}

/** `E` folds or unfolds what is selected; with Shift everything that is built like it, too. */
function turn({ scene, selected, props }: Keyed, copies: boolean): (() => void) | null {
  const { selectedGroup } = props;
  const wish =
    selectedGroup !== null ? wishOfGroup(scene, selectedGroup) : selected >= 0 ? wishOfItem(scene, selected) : null;
  const [first] = wish?.keys ?? [];
  if (!wish || first === undefined) return null;
  return () => {
    props.onFold(wish.keys, wish.folded, copies);
    // What was folded is what a second press unfolds again; bodies are folded into their node, which stays selected.
    const { keys, holders } = scene.picture.view.groups;
    if (wish.folded && holders[keys.indexOf(first)]! < 0) props.onSelectGroup(first);
  };
}

function toggle(selected: number, { siteOf, props }: Keyed): (() => void) | null {
  const site = selected >= 0 ? props.sites[siteOf[selected]! - 1] : undefined;
  return site ? () => props.onToggleSite(site.key) : null;
}
