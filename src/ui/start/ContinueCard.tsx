import { History, Play } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { sessionParts, type Session } from '../../state/session.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { formatWhen } from '../kit/when.ts';
import { chooseFiles } from './files.ts';

/** Whether the studio has the model itself; else the file is asked for. */
function useHasModel(app: App, { link }: Session): boolean {
  const kept = useStore(app.recents, (state) => state.kept);
  const { model } = link;
  return 'sample' in model || kept.some(({ name }) => name === model.file);
}

function Offer({ app, session }: { readonly app: App; readonly session: Session }) {
  const { name, steps } = sessionParts(session);
  const hasModel = useHasModel(app, session);
  const [now] = useState(Date.now);
  const go = (): void => {
    void app.actions.continueSession();
    if (!hasModel) chooseFiles();
  };
  return (
    <section aria-label="Continue" className="card mb-4 flex items-center gap-3 px-4 py-3">
      <Icon of={History} size={17} className="text-accent" />
      <span className="min-w-0 flex-1">
        <span className="ell block font-medium">
          Continue with {name}
          {steps > 0 && `, ${plural(steps, 'step')}`}
        </span>
        <span className="num block text-11 text-ink-3">
          {formatWhen(session.at, now)}. {hasModel ? 'It opens as it was left.' : 'The file is asked for.'}
        </span>
      </span>
      <Button size="small" variant="ghost" onClick={() => app.actions.dropSession()}>
        Discard
      </Button>
      <Button size="small" variant="primary" icon={Play} onClick={go}>
        Continue
      </Button>
    </section>
  );
}

/** What this tab, or one that is gone, was doing: after a crash, or when the page was left. */
export function ContinueCard({ app }: { readonly app: App }) {
  const session = useDocument(app, (state) => state.session);
  return session && <Offer app={app} session={session} />;
}
