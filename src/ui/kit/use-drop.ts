import { useState, type DragEvent } from 'react';
import type { GivenFile } from '../../protocol/api.ts';
import { droppedFiles, holdsFiles } from '../start/files.ts';

/** Makes an element take files, in place of the window. `over`: files are held over it. */
export function useDrop(take: (files: readonly GivenFile[]) => void) {
  const [over, setOver] = useState(false);
  const on = (react: (event: DragEvent) => void) => (event: DragEvent) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    react(event);
  };
  const handlers = {
    onDragEnter: on(() => setOver(true)),
    onDragOver: on(({ dataTransfer }) => (dataTransfer.dropEffect = 'copy')),
    // Leaving a child for another one is no leaving.
    onDragLeave: on(({ currentTarget, relatedTarget }) => {
      if (!currentTarget.contains(relatedTarget as Node | null)) setOver(false);
    }),
    onDrop: on(({ dataTransfer }) => {
      setOver(false);
      void droppedFiles(dataTransfer).then(take);
    }),
  };
  return { over, handlers };
}
