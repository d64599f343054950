import { useMemo, useRef, type MouseEvent } from 'react';

/** Whether what is selected just now is selected by a click with Shift held: beside what is selected already. */
export function useBeside() {
  const held = useRef(false);
  return useMemo(() => {
    const drop = (): void => {
      held.current = false;
    };
    return {
      isBeside: () => held.current,
      /** For an element around the graph. */
      watch: {
        onClickCapture: ({ shiftKey }: MouseEvent) => {
          held.current = shiftKey;
        },
        onClick: drop,
        onKeyDownCapture: drop,
      },
    };
  }, []);
}
