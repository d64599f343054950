import { useMemo } from 'react';
import type { Look } from './look.ts';
import { buildAfar, withWidths } from './look.ts';
import type { Scene } from './scene.ts';
import { sceneOf } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';

export const useScene = (props: Pick<GraphCanvasProps, 'picture'>): Scene =>
  useMemo(() => sceneOf(props.picture), [props.picture]);

export function useLook(scene: Scene, props: GraphCanvasProps): Look {
  const { overlay, overlayEntry = null, sites, refusals, diff, prune, matches = null, origin = null } = props;
  const { ghosts = null } = props;
  const members = prune?.members;
  const afar = useMemo(
    () =>
      buildAfar(scene, {
        ...{ overlay, overlayEntry, sites, refusals, diff, matches, origin, ghosts },
        ...(members && { members }),
      }),
    [scene, overlay, overlayEntry, sites, refusals, diff, members, matches, origin, ghosts],
  );
  return useMemo(() => withWidths(scene, afar, prune), [scene, afar, prune]);
}
