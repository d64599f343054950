import { Copy } from 'lucide-react';
import { sessionFileName } from '../../state/exporting.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';

interface Props {
  readonly app: App;
  /** JSON of the options. */
  readonly text: string;
  /** File name of the model. */
  readonly model: string;
}

/** Options without which a result is not what was measured. */
export function SessionNote({ app, text, model }: Props) {
  return (
    <div role="group" aria-label="Session options" className="session-note">
      <div className="flex items-start gap-3">
        <p className="min-w-0 grow text-12 text-ink-2">
          The result is to be loaded with these options: pass them to{' '}
          <span className="mono">InferenceSession.create(model, options)</span>. The export writes them beside the model
          as <span className="mono [overflow-wrap:anywhere]">{sessionFileName(model)}</span>; benchmarks here use them.
        </p>
        <Button
          size="small"
          variant="ghost"
          icon={Copy}
          onClick={() => void app.actions.copyText(text, 'Session options')}
        >
          Copy
        </Button>
      </div>
      <pre className="mono mt-2 max-h-40 overflow-auto text-11" tabIndex={0} role="region" aria-label="Options as JSON">
        {text.trimEnd()}
      </pre>
    </div>
  );
}
