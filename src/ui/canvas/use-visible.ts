import { useEffect, useState } from 'react';
import type { Camera, Detail } from './camera.ts';
import { detailAt } from './camera.ts';
import { MARKS_FROM } from './flow-nodes.ts';
import { FOLDS_FROM } from './frames.ts';
import type { Box } from './types.ts';

/** Units in which the part in view is rounded outwards: React renders only when it leaves such a step. */
const STEP = 256;

export interface VisibleTiles {
  readonly box: Box;
  readonly detail: Detail;
  /** Whether ticks of sites can be pressed at this zoom. */
  readonly marks: boolean;
  /** Whether there is room for the buttons that fold. */
  readonly folds: boolean;
}

const EMPTY: VisibleTiles = {
  box: { left: 0, top: 0, right: 0, bottom: 0 },
  detail: 'far',
  marks: false,
  folds: false,
};

/** The tiles in view; the same object until the view leaves them. */
export function useVisible(camera: Camera): VisibleTiles {
  const [visible, setVisible] = useState(EMPTY);
  useEffect(() => {
    const look = (): void => setVisible((before) => (camera.width === 0 ? before : renewed(before, camera)));
    look();
    return camera.subscribe(look);
  }, [camera]);
  return visible;
}

function renewed(before: VisibleTiles, camera: Camera): VisibleTiles {
  const { left, top, right, bottom } = camera.visible();
  const detail = detailAt(camera.viewport.zoom);
  const marks = camera.viewport.zoom >= MARKS_FROM;
  const folds = camera.viewport.zoom >= FOLDS_FROM;
  const box = {
    left: Math.floor(left / STEP) * STEP - STEP / 2,
    top: Math.floor(top / STEP) * STEP - STEP / 2,
    right: Math.ceil(right / STEP) * STEP + STEP / 2,
    bottom: Math.ceil(bottom / STEP) * STEP + STEP / 2,
  };
  const same =
    before.detail === detail &&
    before.marks === marks &&
    before.folds === folds &&
    before.box.left === box.left &&
    before.box.top === box.top &&
    before.box.right === box.right &&
    before.box.bottom === box.bottom;
  return same ? before : { box, detail, marks, folds };
}
