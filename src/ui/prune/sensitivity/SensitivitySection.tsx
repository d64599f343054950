import { Activity, Equal, Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { formatInteger, formatShare } from '../../../base/format.ts';
import type { HarmId } from '../../../prune/sensitivity.ts';
import type { App } from '../../../state/app.ts';
import type { PruneSession } from '../../../state/document.ts';
import { isMeasured, TARGET_WORDS } from '../../../state/flattening.ts';
import { runningJobs } from '../../../state/jobs.ts';
import { sharesFor } from '../../../state/sensing.ts';
import { Button } from '../../kit/controls.tsx';
import { useDocument, useJobs } from '../../kit/use-store.ts';
import { CurveChart } from './CurveChart.tsx';
import { CurveTable } from './CurveTable.tsx';
import { JobLine } from '../../kit/JobLine.tsx';
import './sensitivity.css';
import { useCurves, type Curves } from './use-curves.ts';
import { HARMS, judgedOn } from './words.ts';

/** How many widths of each group may be measured. */
const COUNTS = [4, 8, 16] as const;

interface Props {
  readonly app: App;
  readonly session: PruneSession;
}

/** Which figure the curves show; accuracy only where labels are known. */
function HarmChoice({ app, curves }: { readonly app: App; readonly curves: Curves }) {
  const known = (Object.keys(HARMS) as HarmId[]).filter(
    (harm) => harm !== 'accuracy' || curves.finding.found.accuracy !== null,
  );
  return (
    <select
      className="select min-w-0 flex-1"
      aria-label="What the curves show"
      value={curves.harm}
      onChange={(event) => {
        const chosen = known.find((each) => each === event.target.value);
        if (chosen) app.actions.showHarm(chosen);
      }}
    >
      {known.map((harm) => (
        <option key={harm} value={harm}>
          {HARMS[harm].title}
        </option>
      ))}
    </select>
  );
}

/** Curves of all groups as they are at present, or the same as a table. */
function Found({ app, session, curves }: Props & { readonly curves: Curves }) {
  const [table, setTable] = useState(false);
  const { plan, forecast, group } = session;
  const kept = useMemo(
    () => new Map(plan.groups.map(({ key, channels }, index) => [key, forecast.kept[index] ?? channels])),
    [plan, forecast],
  );
  return (
    <>
      <div className="mt-2 mb-1.5 flex items-center gap-1.5">
        <HarmChoice app={app} curves={curves} />
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          Show as table
        </Button>
      </div>
      {table ? (
        <CurveTable harm={curves.harm} lines={curves.lines} kept={kept} />
      ) : (
        <CurveChart
          label="Sensitivity of all groups: up and down arrows go through the groups, left and right along one"
          harm={curves.harm}
          lines={curves.lines}
          kept={kept}
          focused={group === null ? null : (plan.groups[group]?.key ?? null)}
          height={132}
          onChoose={(key) => app.actions.focusGroup(plan.groups.findIndex((each) => each.key === key))}
        />
      )}
    </>
  );
}

/** Sets all widths so that every group suffers alike, and says to which target. */
function Flatten({ app, curves, whole }: { readonly app: App; readonly curves: Curves; readonly whole: boolean }) {
  const target = app.actions.flatTarget();
  const why = !whole
    ? 'Needs a curve of every group: go on measuring.'
    : target === null
      ? 'Set a target on the left first.'
      : `Every group to ${HARMS[curves.harm].same}, with ${formatShare(target.share)} of the ${TARGET_WORDS[target.target]} left${target.derived ? ', as the target on the left would leave' : ''}. Widths are rounded, and go no further than was measured.`;
  return (
    <div className="mt-2 flex items-start gap-2">
      <Button
        size="small"
        icon={Equal}
        disabled={!whole || target === null}
        aria-describedby="flatten-why"
        onClick={app.actions.flattenWidths}
      >
        Flatten
      </Button>
      <p id="flatten-why" className="text-11 text-ink-3">
        {why}
      </p>
    </div>
  );
}

/** What each group bears, cut by itself: measured on demand, shown as curves, and made equal. */
export function SensitivitySection({ app, session }: Props) {
  const curves = useCurves(app);
  const data = useDocument(app, (state) => state.calibration?.view ?? null);
  const [job] = useJobs(app, (state) => runningJobs(state).filter(({ kind }) => kind === 'sensitivity'));
  const [count, setCount] = useState<number>(curves?.finding.ratios.length ?? 8);
  const ratios = useMemo(() => sharesFor(count), [count]);
  const { plan } = session;
  const whole = curves !== null && isMeasured(plan, { ratios, found: curves.finding.found });
  if (plan.groups.length === 0) return null;
  return (
    <section className="sec" aria-label="Sensitivity">
      <div className="flex min-h-6 flex-wrap items-center gap-1.5">
        <h3 className="h4 grow">Sensitivity</h3>
        {!job && (
          <>
            <select
              className="select"
              aria-label="Widths to measure of each group"
              value={count}
              onChange={(event) => setCount(Number(event.target.value))}
            >
              {COUNTS.map((each) => (
                <option key={each} value={each}>
                  {each} widths
                </option>
              ))}
            </select>
            {!whole && (
              <Button size="small" icon={Activity} onClick={() => void app.actions.measureSensitivity(ratios)}>
                {curves ? 'Go on' : 'Measure'}
              </Button>
            )}
          </>
        )}
      </div>
      {job && <JobLine job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {curves ? (
        <>
          <p className="num mt-0.5 text-11 text-ink-3">
            Each group cut alone, {judgedOn(curves.finding)}
            {!whole && !job && `; ${formatInteger(measured(curves))} widths so far`}.
          </p>
          <Found app={app} session={session} curves={curves} />
          {!job && <Flatten app={app} curves={curves} whole={whole} />}
        </>
      ) : (
        !job && (
          <p className="mt-1 text-11 text-ink-2">
            Cuts each of the {formatInteger(plan.groups.length)} groups alone and runs the result against the whole
            model,{' '}
            {data && data.judged > 0
              ? `on ${formatInteger(data.judged)} samples of ${data.name} that nothing is calibrated on.`
              : 'on 8 made-up inputs. Data of your own tell more.'}
          </p>
        )
      )}
    </section>
  );
}

const measured = ({ finding }: Curves): number =>
  finding.found.groups.reduce((sum, { points }) => sum + points.length, 0);
