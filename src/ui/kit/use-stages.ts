import { useEffect, useState } from 'react';

/**
 * How many parts of a large page may be drawn: one more after each painted frame, so that none of them blocks the
 * page for long. Places are kept free by the layout, so nothing jumps.
 */
export function useStages(count: number): number {
  const [stage, setStage] = useState(1);
  useEffect(() => {
    if (stage >= count) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // A timer inside of a frame runs after that frame has been painted.
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setStage(stage + 1));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [stage, count]);
  return stage;
}
