import type { Heat } from './heat.ts';
import type { CanvasOverlay } from './types.ts';

const OVERLAYS: readonly { readonly id: CanvasOverlay; readonly label: string }[] = [
  { id: 'operator', label: 'Operator' },
  { id: 'macs', label: 'MACs' },
  { id: 'parameters', label: 'Parameters' },
  { id: 'bytes', label: 'Bytes' },
  { id: 'history', label: 'History' },
];

interface Props {
  readonly overlay: CanvasOverlay;
  readonly heat: Heat;
  readonly onOverlay: (overlay: CanvasOverlay) => void;
}

/** Which layer of colour the canvas shows, and the scale of a heat map with both its ends. */
export function OverlaySwitch({ overlay, heat, onOverlay }: Props) {
  return (
    <>
      <div className="gc-float gc-seg" role="radiogroup" aria-label="Colour the graph by">
        {OVERLAYS.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="radio"
            aria-checked={id === overlay}
            tabIndex={id === overlay ? 0 : -1}
            onClick={() => onOverlay(id)}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
              if (by === 0) return;
              event.preventDefault();
              event.stopPropagation();
              const at = OVERLAYS.findIndex((each) => each.id === overlay);
              onOverlay(OVERLAYS[(at + by + OVERLAYS.length) % OVERLAYS.length]!.id);
              const buttons = event.currentTarget.parentElement?.querySelectorAll('button');
              buttons?.[(at + by + OVERLAYS.length) % OVERLAYS.length]?.focus();
            }}
          >
            {label}
          </button>
        ))}
      </div>
      {heat.legend && (
        <div className="gc-float gc-legend">
          <span>{heat.legend.low}</span>
          <span className="gc-ramp" aria-hidden="true">
            {Array.from({ length: 7 }, (_, step) => (
              <i key={step} style={{ background: `var(--seq-${step + 1})` }} />
            ))}
          </span>
          <span>
            {heat.legend.high} {heat.legend.what}
          </span>
        </div>
      )}
    </>
  );
}
