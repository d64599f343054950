import { useCallback, useLayoutEffect, useRef } from 'react';
import type { InspectorTab } from '../../state/view.ts';

/** Keeps how far each tab is scrolled; another node begins at the top, but stays where it was for the tab in sight. */
export function useScrolls(
  tab: InspectorTab,
  node: number | null,
): (element: HTMLElement | null) => (() => void) | undefined {
  const element = useRef<HTMLElement | null>(null);
  const kept = useRef<Partial<Record<InspectorTab, number>>>({});
  const shown = useRef(tab);
  const of = useRef(node);
  useLayoutEffect(() => {
    const others = of.current === node ? kept.current : {};
    kept.current = others;
    of.current = node;
    shown.current = tab;
    element.current?.scrollTo(0, others[tab] ?? 0);
  }, [tab, node]);
  return useCallback((scroller: HTMLElement | null) => {
    element.current = scroller;
    if (!scroller) return undefined;
    const onScroll = (): void => {
      kept.current[shown.current] = scroller.scrollTop;
    };
    scroller.addEventListener('scroll', onScroll, { passive: true });
    return () => scroller.removeEventListener('scroll', onScroll);
  }, []);
}
