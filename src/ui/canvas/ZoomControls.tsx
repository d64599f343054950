import { useEffect, useRef } from 'react';
import type { Camera } from './camera.ts';

interface Props {
  readonly camera: Camera;
  readonly onZoom: (factor: number) => void;
  readonly onActual: () => void;
  readonly onAll: () => void;
}

/** Zoom out, the zoom in percent (a press makes it 100 %), zoom in, everything. */
export function ZoomControls({ camera, onZoom, onActual, onAll }: Props) {
  const label = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const write = (): void => {
      if (label.current) label.current.textContent = `${Math.round(camera.viewport.zoom * 100)}\u202f%`;
    };
    write();
    return camera.subscribe(write);
  }, [camera]);
  return (
    <div className="gc-float gc-zoom" role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => onZoom(1 / 1.25)}>
        <svg width="13" height="13" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5 12h14" />
        </svg>
      </button>
      <button
        ref={label}
        type="button"
        className="gc-percent"
        aria-label="Zoom to 100 %"
        title="100 % (1)"
        onClick={onActual}
      />
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => onZoom(1.25)}>
        <svg width="13" height="13" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5 12h14M12 5v14" />
        </svg>
      </button>
      <button type="button" aria-label="Show the whole graph" title="All (0)" onClick={onAll}>
        <svg width="13" height="13" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M8 3H5a2 2 0 0 0-2 2v3M21 8V5a2 2 0 0 0-2-2h-3M3 16v3a2 2 0 0 0 2 2h3M16 21h3a2 2 0 0 0 2-2v-3" />
        </svg>
      </button>
    </div>
  );
}
