import type { Picture } from '../engine/types.ts';
import { outlineOf } from '../state/outline/outline.ts';
import { sceneOf } from './canvas/scene.ts';

/** Pictures of fewer rows are drawn in one task. */
const LARGE = 2000;

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Indices of the canvas and the parts of the outline of a large picture: kept, and each a task of its own. */
export async function preparePicture(picture: Picture): Promise<void> {
  if (picture.view.nodeIds.length < LARGE) return;
  for (const work of [() => sceneOf(picture), () => outlineOf(picture.view)]) {
    await nextTask();
    work();
  }
  await nextTask();
}
