import { useMemo, useState } from 'react';
import { Play } from 'lucide-react';
import { withBounds } from '../../../report/profile/bound.ts';
import type { ProfileView } from '../../../report/profile/types.ts';
import { ALONE } from '../../../state/alone.ts';
import type { App } from '../../../state/app.ts';
import { runningJobs } from '../../../state/jobs.ts';
import type { Profiled } from '../../../state/profiling.ts';
import { Button } from '../../kit/controls.tsx';
import { Problem } from '../../kit/Problem.tsx';
import { useCompare, useDocument, useJobs } from '../../kit/use-store.ts';
import { BenchProgress } from '../BenchProgress.tsx';
import { DeviceSelect } from '../devices/DeviceSelect.tsx';
import { usePlace } from '../devices/use-place.ts';
import { SOFTWARE } from '../setup.ts';
import { SecondProblem } from '../SideFields.tsx';
import { FlameCard } from './FlameCard.tsx';
import './profile.css';
import { ProfileSetup } from './ProfileSetup.tsx';
import { RooflineCard } from './RooflineCard.tsx';
import { fitProfileSetup, firstProfileSetup, type ProfileChoice } from './setup.ts';
import { Summary } from './Summary.tsx';
import { WhereCard } from './WhereCard.tsx';

function Nothing() {
  return (
    <section className="card px-5 py-[18px]" aria-label="Nothing profiled yet">
      <h2 className="h3">Nothing profiled yet</h2>
      <p className="mt-1.5 max-w-[68ch] text-ink-2">
        The runtime keeps the time of every kernel while the model runs on this device. Each is laid onto the node that
        it stands for, also where the runtime fused several into one. Keeping the profile costs time itself: how fast
        the model is, the speed lab tells.
      </p>
    </section>
  );
}

/** The profiles, with what limits each node once the device was measured. */
function useBoundViews({ sides, roofline }: Profiled): readonly ProfileView[] {
  return useMemo(
    () => sides.map(({ view }) => (roofline ? { ...view, roofline, rows: withBounds(view.rows, roofline) } : view)),
    [sides, roofline],
  );
}

function Results({ app, profiled, busy }: { app: App; profiled: Profiled; busy: boolean }) {
  const views = useBoundViews(profiled);
  return (
    <>
      <Summary app={app} views={views} />
      <div className="prof-grid">
        <WhereCard app={app} views={views} />
        <RooflineCard app={app} views={views} busy={busy} />
      </div>
      <FlameCard app={app} views={views} />
    </>
  );
}

/** Where the time goes, node by node, of one model or of two. */
export function ProfileLab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const profiled = useDocument(app, (state) => state.profiled?.result ?? null);
  const failure = useDocument(app, (state) => (state.failure?.place === 'bench' ? state.failure : null));
  const second = useCompare(app, (state) => state.second);
  const [job] = useJobs(app, (state) => runningJobs(state).filter((each) => ALONE.includes(each.kind)));
  const place = usePlace(app);
  const [changes, setChanges] = useState<Partial<ProfileChoice>>({});
  if (!document) return null;
  const wanted = { ...firstProfileSetup(document.cursor), ...changes };
  const setup = fitProfileSetup(wanted, document.stops.length, second !== null, place.capabilities?.webgpu != null);
  const { a, b, backend } = setup;
  const run = (): void =>
    void app.actions.profile(b === null ? [a] : [a, b], {
      backend,
      threads: backend === 'wasm' ? place.threads : 1,
      ...(place.device && { device: place.device }),
    });
  const own = job?.kind === 'profile' || job?.kind === 'roofline' ? job : null;
  return (
    <>
      <div className="card flex flex-wrap items-center gap-x-4 gap-y-2 px-[18px] py-2.5">
        <div className="min-w-0 grow">
          <ProfileSetup
            app={app}
            setup={setup}
            capabilities={place.capabilities}
            threads={place.threads}
            where={<DeviceSelect app={app} disabled={job !== undefined} />}
            disabled={job !== undefined}
            onSetup={(patch) => setChanges({ ...changes, ...patch })}
            onThreads={place.setThreads}
          />
        </div>
        <Button variant="primary" icon={Play} disabled={job !== undefined} onClick={run}>
          {profiled ? 'Profile again' : 'Profile'}
        </Button>
      </div>
      {backend === 'webgpu' && place.capabilities?.webgpu?.software && (
        <p className="text-12 text-warning">{SOFTWARE}</p>
      )}
      <SecondProblem app={app} />
      {own && <BenchProgress job={own} onCancel={() => app.actions.cancelJob(own.id)} />}
      {failure && (
        <Problem error={failure.error} what={failure.what}>
          <Button size="small" onClick={app.actions.dismissFailure}>
            Dismiss
          </Button>
        </Problem>
      )}
      {!profiled && !own && <Nothing />}
      {profiled && <Results app={app} profiled={profiled} busy={job !== undefined} />}
    </>
  );
}
