import { useEffect, useRef } from 'react';
import type { Camera } from './camera.ts';
import type { Look } from './look.ts';
import { RefusalPopover } from './RefusalPopover.tsx';
import type { Scene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';
import type { CameraMoves } from './use-camera.ts';

interface Props {
  readonly props: GraphCanvasProps;
  readonly scene: Scene;
  readonly look: Look;
  readonly camera: Camera;
  readonly moves: CameraMoves;
}

/** The near miss whose reason is open, brought into view when it is opened. */
export function OpenRefusal({ props, scene, look, camera, moves }: Props) {
  const index = props.refusal;
  const refusal = index === null ? undefined : props.refusals[index];
  const box = look.hulls.find(({ kind, index: at }) => (kind === 'miss' || kind === 'frozen') && at === index)
    ?.boxes[0];
  const shown = useRef<number | null>(null);
  useEffect(() => {
    // Only a newly opened near miss moves the canvas.
    if (index !== null && box && shown.current !== index) moves.showBox(box);
    shown.current = index;
  }, [index, box, moves]);
  if (!refusal || !box) return null;
  const where = refusal.nodes.flatMap((node) => {
    const row = scene.rowOf.get(node);
    return row === undefined ? [] : [scene.label(row)];
  });
  return (
    <RefusalPopover
      refusal={refusal}
      where={where.join(' → ')}
      box={box}
      camera={camera}
      onClose={() => props.onOpenRefusal(null)}
    />
  );
}
