import { useEffect, useMemo, useState } from 'react';
import { pathThrough, type Lit } from './path.ts';
import type { Scene } from './scene.ts';

export interface Path {
  readonly lit: Lit | null;
  /** Keeps the path through the selection lit until it is called again, or another item is selected. */
  readonly toggle: () => void;
}

/** The path that is lit: through the selection once asked for, else through the item under the pointer while Alt is held. */
export function usePath(scene: Scene, selected: number, hovered: number): Path {
  const alt = useAlt();
  const [kept, setKept] = useState<{ readonly scene: Scene; readonly item: number } | null>(null);
  const held = kept?.scene === scene && kept.item === selected ? selected : -1;
  const item = alt && hovered >= 0 ? hovered : held;
  const lit = useMemo(() => (item >= 0 ? pathThrough(scene, item) : null), [scene, item]);
  return { lit, toggle: () => setKept(held >= 0 ? null : { scene, item: selected }) };
}

function useAlt(): boolean {
  const [alt, setAlt] = useState(false);
  useEffect(() => {
    const read = (event: KeyboardEvent): void => setAlt(event.altKey);
    const release = (): void => setAlt(false);
    window.addEventListener('keydown', read);
    window.addEventListener('keyup', read);
    // Alt and Tab leave the window without a word of the key's release.
    window.addEventListener('blur', release);
    return () => {
      window.removeEventListener('keydown', read);
      window.removeEventListener('keyup', read);
      window.removeEventListener('blur', release);
    };
  }, []);
  return alt;
}
