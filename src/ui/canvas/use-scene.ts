import { useEffect, useMemo, useState } from 'react';
import type { Look } from './look.ts';
import { buildLook } from './look.ts';
import type { Scene } from './scene.ts';
import { buildScene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';

/** More new nodes than this fade in together. */
const MOST_GROWING = 400;
const GROWING_MS = 400;
const NONE: ReadonlySet<number> = new Set();

export const useScene = (props: Pick<GraphCanvasProps, 'picture'>): Scene =>
  useMemo(() => buildScene(props.picture), [props.picture]);

export function useLook(scene: Scene, props: GraphCanvasProps): Look {
  const { overlay, sites, refusals, diff, prune, matches, origin, ghosts } = props;
  return useMemo(
    () =>
      buildLook(scene, {
        overlay,
        sites,
        refusals,
        diff,
        prune,
        matches: matches ?? null,
        origin: origin ?? null,
        ghosts: ghosts ?? null,
      }),
    [scene, overlay, sites, refusals, diff, prune, matches, origin, ghosts],
  );
}

/** Rows that the picture before, of the same document, did not have; for as long as they grow into their place. */
export function useFreshRows(scene: Scene, documentKey: string): ReadonlySet<number> {
  const [before, setBefore] = useState({ scene, documentKey });
  const [fresh, setFresh] = useState(NONE);
  if (before.scene !== scene) {
    setBefore({ scene, documentKey });
    setFresh(before.documentKey === documentKey ? newRows(scene, before.scene) : NONE);
  }
  useEffect(() => {
    if (fresh.size === 0) return;
    const timer = setTimeout(() => setFresh(NONE), GROWING_MS);
    return () => clearTimeout(timer);
  }, [fresh]);
  return fresh;
}

function newRows(scene: Scene, before: Scene): ReadonlySet<number> {
  const rows = new Set<number>();
  for (const [node, row] of scene.rowOf) if (!before.rowOf.has(node)) rows.add(row);
  return rows.size > MOST_GROWING ? NONE : rows;
}
