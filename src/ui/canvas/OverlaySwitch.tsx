import { clsx } from 'clsx';
import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { OVERLAYS } from '../../state/overlays.ts';
import type { CanvasOverlay } from './types.ts';

const LABELS: Readonly<Record<CanvasOverlay, string>> = {
  operator: 'Operator',
  macs: 'MACs',
  parameters: 'Parameters',
  bytes: 'Bytes',
  memory: 'Memory',
  time: 'Time',
  sparsity: 'Sparsity',
  importance: 'Importance',
  dead: 'Dead',
  history: 'Provenance',
};

/** Always in sight; the others are in a menu. */
const IN_SIGHT = OVERLAYS.slice(0, 4);
const IN_MENU = OVERLAYS.slice(4);

const ITEM =
  'flex h-[28px] items-center rounded-2 px-2 text-12 text-ink-2 outline-none data-highlighted:bg-hover data-highlighted:text-ink data-[state=checked]:font-strong data-[state=checked]:text-ink';

interface Props {
  readonly overlay: CanvasOverlay;
  readonly onOverlay: (overlay: CanvasOverlay) => void;
}

/** Which layer of colour the canvas shows. One stop for Tab; arrows choose among those in sight. */
export function OverlaySwitch({ overlay, onOverlay }: Props) {
  const hidden = IN_MENU.includes(overlay);
  return (
    <div className="gc-float gc-seg">
      <div className="contents" role="radiogroup" aria-label="Colour the graph by">
        {IN_SIGHT.map((id, index) => (
          <button
            key={id}
            type="button"
            role="radio"
            aria-checked={id === overlay}
            tabIndex={id === overlay || (hidden && index === 0) ? 0 : -1}
            onClick={() => onOverlay(id)}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
              if (by === 0) return;
              event.preventDefault();
              event.stopPropagation();
              const at = (index + by + IN_SIGHT.length) % IN_SIGHT.length;
              onOverlay(IN_SIGHT[at]!);
              event.currentTarget.parentElement?.querySelectorAll('button')[at]?.focus();
            }}
          >
            {LABELS[id]}
          </button>
        ))}
      </div>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger
          className={clsx('gc-more', hidden && 'gc-chosen')}
          aria-label={hidden ? `More overlays, ${LABELS[overlay]} is shown` : 'More overlays'}
        >
          {hidden ? LABELS[overlay] : 'More'}
          <ChevronDown size={11} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="pop z-40 w-[168px] p-1.5" side="top" align="start" sideOffset={6}>
            <DropdownMenu.RadioGroup
              value={overlay}
              onValueChange={(id) => {
                const chosen = IN_MENU.find((each) => each === id);
                if (chosen) onOverlay(chosen);
              }}
            >
              {IN_MENU.map((id) => (
                <DropdownMenu.RadioItem key={id} value={id} className={ITEM}>
                  {LABELS[id]}
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </div>
  );
}
