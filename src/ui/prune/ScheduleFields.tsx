import type { App } from '../../state/app.ts';
import { hasBatchNorms, hasOwnData, reestimates } from '../../state/prune-schedule.ts';
import { useDocument } from '../kit/use-store.ts';
import { NumberField } from './fields.tsx';

/** In how many rounds channels go, each rated anew, and whether batch norms follow what they then get. */
export function ScheduleFields({ app }: { readonly app: App }) {
  const rounds = useDocument(app, ({ prune }) => prune?.schedule.rounds ?? 1);
  const norms = useDocument(app, hasBatchNorms);
  const data = useDocument(app, hasOwnData);
  const checked = useDocument(app, reestimates);
  return (
    <div className="sec grid grid-cols-[5fr_6fr] items-end gap-x-2 gap-y-[9px]" role="group" aria-label="Schedule">
      <NumberField
        label="Rounds"
        unit=""
        value={rounds}
        min={1}
        max={20}
        onChange={(next) => app.actions.setSchedule({ rounds: next })}
      />
      <p className="pb-1 text-11 text-ink-3">{rounds === 1 ? 'Cut at once.' : 'A step for each, rated anew.'}</p>
      {norms && (
        <label className="col-span-2 flex min-h-6 items-center gap-2 text-12 text-ink-2">
          <input
            type="checkbox"
            className="size-3.5 accent-(--accent-solid)"
            checked={checked}
            disabled={!data}
            onChange={(event) => app.actions.setSchedule({ reestimate: event.target.checked })}
          />
          <span>
            Batch norms anew from the data
            {!data && <span className="block text-11 text-ink-3">needs data of your own</span>}
          </span>
        </label>
      )}
    </div>
  );
}
