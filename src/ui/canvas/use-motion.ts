import { useEffect, useLayoutEffect, useState } from 'react';
import type { Camera } from './camera.ts';
import { foldShift, motionBetween, type Motion, type Shift } from './motion.ts';
import type { Scene } from './scene.ts';
import type { CameraMoves } from './use-camera.ts';

export const isMotionReduced = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

interface Known {
  readonly scene: Scene;
  readonly documentKey: string;
  readonly shift: Shift | null;
  readonly motion: Motion | null;
}

/** The way from the picture before, of the same document, to the one that is shown; null once it is there. */
export function useMotion(scene: Scene, documentKey: string, camera: Camera, moves: CameraMoves): Motion | null {
  const [known, setKnown] = useState<Known>({ scene, documentKey, shift: null, motion: null });
  if (known.scene !== scene) setKnown(next(known, scene, documentKey, camera));
  const { shift, motion } = known;
  // Before anything is painted in the new places: what was folded stays under the pointer.
  useLayoutEffect(() => {
    if (shift && (shift.x !== 0 || shift.y !== 0)) moves.shift(shift);
  }, [shift, moves]);
  useEffect(() => {
    if (!motion) return;
    const timer = setTimeout(
      () => setKnown((now) => (now.motion === motion ? { ...now, motion: null } : now)),
      motion.startedAt + motion.duration - performance.now(),
    );
    return () => clearTimeout(timer);
  }, [motion]);
  return known.scene === scene ? motion : null;
}

function next(known: Known, scene: Scene, documentKey: string, camera: Camera): Known {
  if (known.documentKey !== documentKey) return { scene, documentKey, shift: null, motion: null };
  const shift = foldShift(known.scene, scene, camera.visible());
  const { left, top, right, bottom } = camera.visible();
  const visible = { left: left + shift.x, top: top + shift.y, right: right + shift.x, bottom: bottom + shift.y };
  const motion = isMotionReduced() ? null : motionBetween(known.scene, scene, shift, visible, performance.now());
  return { scene, documentKey, shift, motion };
}
