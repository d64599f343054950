import { useEffect, useState } from 'react';

/**
 * How many parts of a large page may be drawn: one more in each task, so that none of them blocks the page for long.
 * Places are kept free by the layout, so nothing jumps.
 */
export function useStages(count: number): number {
  const [stage, setStage] = useState(1);
  useEffect(() => {
    if (stage >= count) return;
    const timer = setTimeout(() => setStage(stage + 1));
    return () => clearTimeout(timer);
  }, [stage, count]);
  return stage;
}
