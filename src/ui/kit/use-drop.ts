import { useRef, useState, type DragEvent } from 'react';
import type { GivenFile } from '../../protocol/api.ts';
import { droppedFiles, holdsFiles } from '../start/files.ts';

/**
 * Makes an element take files, in place of the window. `over`: files are held over it. Leaving a child also fires, so
 * entries are counted.
 */
export function useDrop(take: (files: readonly GivenFile[]) => void) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const count = (by: number): void => {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  const on = (react: (event: DragEvent) => void) => (event: DragEvent) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    react(event);
  };
  const handlers = {
    onDragEnter: on(() => count(1)),
    onDragOver: on(({ dataTransfer }) => (dataTransfer.dropEffect = 'copy')),
    onDragLeave: on(() => count(-1)),
    onDrop: on(({ dataTransfer }) => {
      count(-depth.current);
      void droppedFiles(dataTransfer).then(take);
    }),
  };
  return { over, handlers };
}
