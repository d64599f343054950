import { Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { sessionFileName } from '../../state/exporting.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

/** JSON of the options that the model at the cursor is to be loaded with; null: as ever, or not known yet. */
function useSessionText(app: App): string | null {
  const session = useDocument(app, ({ document }) => document?.stops[document.cursor]?.session ?? null);
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let isOver = false;
    if (session) void app.actions.sessionText().then((found) => isOver || setText(found));
    return () => {
      isOver = true;
    };
  }, [app, session]);
  return session && text;
}

/** Options without which the model at the cursor is not what was measured. */
export function SessionNote({ app }: { readonly app: App }) {
  const text = useSessionText(app);
  const name = useDocument(app, (state) => state.document?.name ?? '');
  if (text === null) return null;
  return (
    <div role="group" aria-label="Session options" className="session-note">
      <div className="flex items-start gap-3">
        <p className="min-w-0 grow text-12 text-ink-2">
          This model is to be loaded with these options: pass them to{' '}
          <span className="mono">InferenceSession.create(model, options)</span>. The export writes them beside the model
          as <span className="mono [overflow-wrap:anywhere]">{sessionFileName(name)}</span>; benchmarks here use them.
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
