import { Link2, Link2Off } from 'lucide-react';
import type { App } from '../../state/app.ts';
import type { CompareMode } from '../../state/compared.ts';
import { Button, Segments } from '../kit/controls.tsx';
import { useCompare } from '../kit/use-store.ts';

const MODES: readonly { readonly value: CompareMode; readonly label: string }[] = [
  { value: 'split', label: 'Split' },
  { value: 'overlay', label: 'Overlay' },
  { value: 'changes', label: 'Changes only' },
];

/** How the two are drawn. */
export function ModeBar({ app }: { readonly app: App }) {
  const mode = useCompare(app, (state) => state.mode);
  const together = useCompare(app, (state) => state.together);
  return (
    <div className="cmp-modes" role="group" aria-label="How to compare">
      <Segments label="View" value={mode} options={MODES} onChange={app.actions.setCompareMode} />
      {mode === 'split' && (
        <Button
          variant="ghost"
          size="small"
          icon={together ? Link2 : Link2Off}
          aria-pressed={together}
          onClick={() => app.actions.setTogether(!together)}
        >
          Pan together
        </Button>
      )}
      <span className="cmp-keys">
        <button type="button" className="kbd" aria-label="Previous change" onClick={() => app.actions.stepChange(-1)}>
          [
        </button>
        <button type="button" className="kbd" aria-label="Next change" onClick={() => app.actions.stepChange(1)}>
          ]
        </button>
        <span className="hidden text-ink-3 roomy:inline">next change</span>
      </span>
    </div>
  );
}
