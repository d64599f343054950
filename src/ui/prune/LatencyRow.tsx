import { Timer } from 'lucide-react';
import { placeName } from '../../base/backends.ts';
import { formatChange, formatShare, msPair, plural, THIN } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { PruneSession } from '../../state/document.ts';
import type { JobView } from '../../state/jobs.ts';
import { stageText } from '../kit/job-text.ts';
import { Button, ProgressBar } from '../kit/controls.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';

interface Props {
  readonly app: App;
  readonly session: PruneSession;
}

const useMeasuring = (app: App): JobView | undefined =>
  useJobs(app, ({ jobs }) =>
    jobs.findLast((job) => (job.kind === 'latency' || job.kind === 'latency-table') && job.state === 'running'),
  );

function Predicted({ session }: Pick<Props, 'session'>) {
  const { latency, forecast } = session;
  if (!latency) return null;
  const after = forecast.latency === null ? null : forecast.latency * latency.ms;
  const pair = msPair(latency.ms, after);
  const change = formatChange(latency.ms, after);
  const less = change !== 'same' && after !== null && after < latency.ms;
  return (
    <>
      <td className="text-ink-3">{pair.before}</td>
      <td>{pair.after + THIN + pair.unit}</td>
      <td className={less ? 'text-added' : 'text-ink-3'}>{change}</td>
    </>
  );
}

/** Of the forecast: latency before and after, once it has been measured at a few widths on this device. */
export function LatencyRow({ app, session }: Props) {
  const job = useMeasuring(app);
  const { latency, plan } = session;
  return (
    <tr>
      <th scope="row">Latency</th>
      {latency && !job ? (
        <Predicted session={session} />
      ) : (
        <td colSpan={3}>
          {job ? (
            <Button size="small" onClick={() => app.actions.cancelJob(job.id)}>
              Cancel
            </Button>
          ) : (
            <span className="flex justify-end gap-1.5">
              <Button
                size="small"
                disabled={plan.groups.length === 0}
                title="Follows from the latency table of this device's operators; what it lacks is measured first"
                onClick={() => void app.actions.latencyFromTable()}
              >
                From the table
              </Button>
              <Button
                size="small"
                icon={Timer}
                disabled={plan.groups.length === 0}
                onClick={() => void app.actions.measureLatency()}
              >
                Measure
              </Button>
            </span>
          )}
        </td>
      )}
    </tr>
  );
}

/** Under the forecast: how the latency is being measured, or what it was predicted from. */
export function LatencyNote({ app, session }: Props) {
  const job = useMeasuring(app);
  const software = useDocument(
    app,
    ({ document, capabilities }) => document?.backend === 'webgpu' && capabilities?.webgpu?.software === true,
  );
  const { latency } = session;
  if (job) {
    const { done, total } = job.progress;
    return (
      <div className="mt-2 flex flex-col gap-1.5">
        <ProgressBar label={job.title} done={done} total={total} />
        <span className="num ell text-11 text-ink-3">{stageText(job)}</span>
      </div>
    );
  }
  const card = software ? ' WebGPU is software here: its times say nothing about a graphics card.' : '';
  if (!latency) {
    return (
      <p className="mt-2 text-11 text-ink-3">
        Latency is predicted once a few widths have been timed on this device: about half a minute.{card}
      </p>
    );
  }
  const { backend, threads, points, error, from } = latency;
  const source = from === 'timed' ? 'timed on this device' : 'that follow from the latency table';
  const place = placeName(backend, threads);
  const within = Number.isFinite(error) ? `, ± ${formatShare(error)}` : '';
  return (
    <p className="num mt-2 text-11 text-ink-3">
      Latency predicted from {plural(points, 'width')} {source}
      {within}: {place}.{card}
    </p>
  );
}
