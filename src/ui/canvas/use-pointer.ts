import { type MouseEvent, type PointerEvent, useRef, useState } from 'react';
import type { Camera } from './camera.ts';
import { headerAt } from './frames.ts';
import { wishOfItem } from './groups.ts';
import { groupOfItem, isGroup, itemAt, stubAt, type Scene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';
import type { CameraMoves } from './use-camera.ts';

type PointerProps = Pick<
  GraphCanvasProps,
  'hovered' | 'onHover' | 'onSelect' | 'onSelectGroup' | 'onOpenRefusal' | 'onFold'
>;
interface Place {
  readonly clientX: number;
  readonly clientY: number;
}

/** One hit test for every zoom: nodes in the DOM let the pointer through. */
export function usePointer(props: PointerProps, scene: Scene, camera: Camera, moves: CameraMoves) {
  const flow = useRef<{ left: number; top: number }>({ left: 0, top: 0 });
  const [hoveredGroup, setHoveredGroup] = useState(-1);
  const { hovered, onHover, onSelect, onSelectGroup, onOpenRefusal, onFold } = props;
  const { view, layout } = scene.picture;
  const toGraph = ({ clientX, clientY }: Place): [number, number] => {
    const { x, y, zoom } = camera.viewport;
    return [(clientX - flow.current.left - x) / zoom, (clientY - flow.current.top - y) / zoom];
  };
  const selectItem = (item: number, beside = false): void => {
    if (item < 0) onSelect(null);
    else if (isGroup(scene, item)) onSelectGroup(view.groups.keys[groupOfItem(scene, item)]!);
    else onSelect(view.nodeIds[item]!, beside);
  };
  /** A stub leads to what it stands for. */
  const follow = (stub: number): void => {
    const wire = layout.stubWires[stub]!;
    const source = view.wireSources[wire]!;
    if (source >= 0) {
      const item = scene.items.ofRow[source]!;
      moves.goTo(item, { close: false, animated: true });
      selectItem(item);
      return;
    }
    const port = view.inputs.indexOf(wire);
    if (port >= 0) moves.centre(layout.portX[port]!, layout.portY[port]!);
  };
  const click = (event: Place & { readonly shiftKey: boolean }): void => {
    onOpenRefusal(null);
    const at = toGraph(event);
    const stub = stubAt(scene, ...at);
    if (stub >= 0) {
      follow(stub);
      return;
    }
    const item = itemAt(scene, ...at);
    const header = item < 0 ? headerAt(scene, ...at) : null;
    if (header) onSelectGroup(view.groups.keys[header.group]!);
    else selectItem(item, event.shiftKey);
  };
  /** Folds the group whose header is under the pointer, or unfolds what the box there holds; with Alt its copies too. */
  const turn = (event: MouseEvent<HTMLElement>): void => {
    if (event.target instanceof Element && event.target.closest('button')) return;
    const at = toGraph(event);
    const item = itemAt(scene, ...at);
    const header = item < 0 ? headerAt(scene, ...at) : null;
    const wish = header
      ? { keys: [view.groups.keys[header.group]!], folded: true }
      : item >= 0
        ? wishOfItem(scene, item)
        : null;
    // A double click on a plain node is no wish to fold what is around it.
    if (wish && (header !== null || !wish.folded)) onFold(wish.keys, wish.folded, event.altKey);
  };
  const handlers = {
    onPointerEnter: (event: PointerEvent<HTMLElement>) => {
      flow.current = event.currentTarget.getBoundingClientRect();
    },
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      flow.current = event.currentTarget.getBoundingClientRect();
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (event.buttons !== 0) return;
      const item = itemAt(scene, ...toGraph(event));
      const group = item >= 0 && isGroup(scene, item) ? item : -1;
      setHoveredGroup(group);
      const node = item >= 0 && group < 0 ? view.nodeIds[item]! : null;
      if (node !== hovered) onHover(node);
    },
    onPointerLeave: () => {
      setHoveredGroup(-1);
      if (hovered !== null) onHover(null);
    },
    onDoubleClick: turn,
  };
  return { click, handlers, hoveredGroup: hoveredGroup < scene.items.count ? hoveredGroup : -1 };
}
