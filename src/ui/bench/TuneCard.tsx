import { Timer } from 'lucide-react';
import { plural } from '../../base/format.ts';
import type { StopView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import type { Tuning } from '../../state/document.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument, useView } from '../kit/use-store.ts';
import { deviceName } from './agent.ts';
import { BenchProgress } from './BenchProgress.tsx';
import { SessionNote } from './SessionNote.tsx';
import type { Measuring } from './setup.ts';
import { measuredRows } from './measured.ts';
import { TunePlan } from './TunePlan.tsx';
import { TuneTrials } from './TuneTrials.tsx';

/** What tuning found, and what became of it. */
function Found({ app, tuning }: { readonly app: App; readonly tuning: Tuning }) {
  const { report, from } = tuning;
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const undone = cursor <= from && report.trials.some(({ kept }) => kept);
  return (
    <>
      <p className="mt-2.5 font-medium">{report.message}</p>
      <p className="num mt-0.5 mb-2 text-11 text-ink-3">
        {deviceName(report.device)}
        {undone && ' · its steps are undone; redo brings them back'}
      </p>
      {report.trials.length > 0 && (
        <div className="overflow-x-auto">
          <TuneTrials rows={report.trials} total={report.total} />
        </div>
      )}
    </>
  );
}

/** Figures that the recipe carries: of a recipe that was tuned earlier, or elsewhere. */
function FromRecipe({ stops }: { readonly stops: readonly StopView[] }) {
  const rows = measuredRows(stops);
  const [device] = stops.flatMap(({ measured }) => measured ?? []);
  return (
    <>
      <p className="mt-2.5 font-medium">
        {plural(rows.filter(({ kept }) => kept).length, 'group')} of {rows.length} in this recipe{' '}
        {rows.length === 1 ? 'was' : 'were'} kept by measurement.
      </p>
      <p className="num mt-0.5 mb-2 text-11 text-ink-3">{device && deviceName(device.device)}</p>
      <div className="overflow-x-auto">
        <TuneTrials rows={rows} total={null} />
      </div>
    </>
  );
}

const hasMeasured = ({ measured }: StopView): boolean => measured !== null && measured.length > 0;

/** Rewrites that timing decides on: what will be tried, what came of it. */
export function TuneCard({ app, measuring }: { readonly app: App; readonly measuring: Measuring }) {
  const bound = useDocument(app, (state) => state.tuning);
  const stops = useDocument(app, (state) => state.document?.stops);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const planning = useView(app, (state) => state.planning);
  const { job } = measuring;
  const own = job?.kind === 'tune' ? job : null;
  const tuned = stops?.slice(0, cursor + 1).filter(hasMeasured) ?? [];
  const nothing = !bound && tuned.length === 0 && !planning && !own;
  return (
    <section className="card px-[18px] py-3.5" aria-label="Tune for this device">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <h2 className="h3 grow">Tune for this device</h2>
        {!planning && (
          <Button
            size="small"
            icon={Timer}
            disabled={job !== null}
            onClick={() => app.actions.show({ planning: true })}
          >
            {bound ? 'Tune again' : 'Tune for this device'}
          </Button>
        )}
      </header>
      {nothing && (
        <p className="mt-1.5 max-w-[72ch] text-ink-2">
          A rewrite that saves time on one device may cost time on another. Here timing decides, on this one: what gains
          beyond the noise is kept, the rest is left alone, and both are written down with their figures.
        </p>
      )}
      {planning && !own && <TunePlan app={app} measuring={measuring} />}
      {own && <BenchProgress job={own} onCancel={() => app.actions.cancelJob(own.id)} inside />}
      {!own && !planning && bound && <Found app={app} tuning={bound.result} />}
      {!own && !planning && !bound && tuned.length > 0 && <FromRecipe stops={tuned} />}
      {!own && !planning && <SessionNote app={app} />}
    </section>
  );
}
