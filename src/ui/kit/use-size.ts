import { useCallback, useState } from 'react';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const FIRST: Size = { width: 600, height: 400 };

/** The size of an element in px, followed as it changes. */
export function useSize(): readonly [ref: (element: HTMLElement | null) => (() => void) | undefined, size: Size] {
  const [size, setSize] = useState(FIRST);
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const look = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}
