import type { App } from '../../state/app.ts';
import { hasBatchNorms, hasOwnData, reestimates } from '../../state/prune-schedule.ts';
import { useDocument } from '../kit/use-store.ts';
import { Check, NumberField } from './fields.tsx';

/** In how many rounds channels go. */
export function RoundsField({ app }: { readonly app: App }) {
  const rounds = useDocument(app, ({ prune }) => prune?.schedule.rounds ?? 1);
  return (
    <div title="Channels go in so many steps, each rated and made up for anew.">
      <NumberField
        label="Rounds"
        unit=""
        value={rounds}
        min={1}
        max={20}
        onChange={(next) => app.actions.setSchedule({ rounds: next })}
      />
    </div>
  );
}

/** Whether batch norms follow what they get after the cut; nothing where there are none. */
export function NormsCheck({ app }: { readonly app: App }) {
  const norms = useDocument(app, hasBatchNorms);
  const data = useDocument(app, hasOwnData);
  const checked = useDocument(app, reestimates);
  if (!norms) return null;
  return (
    <Check
      label={`Batch norms anew from the data${data ? '' : ', once given'}`}
      on={checked}
      disabled={!data}
      onChange={(reestimate) => app.actions.setSchedule({ reestimate })}
    />
  );
}
