import { Scissors } from 'lucide-react';
import { formatInteger, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { PruneScope } from '../passbar/ScopeControls.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';
import { totalsOf } from './cut.ts';
import './prune.css';

/** The bar over the canvas while channels are pruned: what stays, and the two ways out. */
export function PruneBar({ app }: { readonly app: App }) {
  const session = useDocument(app, (state) => state.prune);
  const busy = useJobs(app, ({ jobs }) => jobs.some((job) => job.kind === 'apply' && job.state === 'running'));
  if (!session) return null;
  const totals = totalsOf(session.plan.groups, session.forecast);
  return (
    <div className="float prune-bar" role="group" aria-label="Prune channels">
      <span className="flex items-center gap-1.5 font-strong">
        <Icon of={Scissors} size={15} className="text-accent" />
        Prune channels
      </span>
      <span className="num ell text-ink-2">
        {plural(totals.cut, 'group')} · {formatInteger(totals.kept)} of {formatInteger(totals.channels)} channels kept
      </span>
      <PruneScope app={app} session={session} />
      <Button variant="ghost" size="small" onClick={app.actions.cancelLook}>
        Cancel
      </Button>
      <Button
        variant="primary"
        size="small"
        keys="↵"
        disabled={totals.cut === 0 || busy}
        onClick={() => void app.actions.applyPrune()}
      >
        Apply
      </Button>
    </div>
  );
}
