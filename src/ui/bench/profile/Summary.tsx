import { placeName } from '../../../base/backends.ts';
import { Download, Waypoints } from 'lucide-react';
import { formatMs, formatShare, msPair, plural, THIN } from '../../../base/format.ts';
import { chromeTrace, profileCsv } from '../../../report/profile/files.ts';
import { timelessCounts } from '../../../report/profile/group.ts';
import type { ProfileView } from '../../../report/profile/types.ts';
import type { App } from '../../../state/app.ts';
import { Button } from '../../kit/controls.tsx';
import { SOFTWARE } from '../setup.ts';
import { changeText, isSettled } from './lines.ts';

const FORMATS = [
  ['JSON', 'json', 'application/json', (view: ProfileView) => JSON.stringify(view)],
  ['CSV', 'csv', 'text/csv', profileCsv],
  ['Chrome trace', 'trace.json', 'application/json', chromeTrace],
] as const;

/** What the nodes without a time are, in a sentence; '' where each has one. */
function timelessText(view: ProfileView): string {
  const { inside, 'on-load': onLoad, untold } = timelessCounts(view);
  const parts = [
    ...(inside > 0 ? [`${plural(inside, 'node is', 'nodes are')} computed inside of others`] : []),
    ...(onLoad > 0 ? [`${onLoad} when the model is loaded`] : []),
    ...(untold > 0 ? [`${untold} did not run or cannot be told`] : []),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}.`;
}

/** `−23.1 %`, and whether that is more than the turns of the two profiles differ by. */
function changeWords(views: readonly ProfileView[]): string {
  const ms = views.map((view) => view.ms);
  const noise = views.reduce((sum, { spreadMs }) => sum + spreadMs, 0);
  return isSettled({ ms, noise }) ? changeText({ ms }) : `${changeText({ ms })}, not settled`;
}

/** The whole run in figures, what they mean, and the ways on. */
export function Summary({ app, views }: { readonly app: App; readonly views: readonly ProfileView[] }) {
  const last = views.length - 1;
  const shown = views[last]!;
  const { backend, threads, runs, clockText, betweenMs, mapped, software } = shown;
  const pair = views.length > 1 ? msPair(views[0]!.ms, shown.ms) : null;
  const place = placeName(backend, threads, shown.device ?? undefined);
  const save = (format: (typeof FORMATS)[number]): void => {
    const [, ending, type, write] = format;
    const file = `${shown.name.replace(/\.onnx$/i, '')}.profile.${ending}`;
    app.actions.saveFile(file, new Blob([write(shown)], { type }));
  };
  return (
    <section className="card flex flex-wrap items-center gap-x-5 gap-y-2 px-[18px] py-3" aria-label="Profiled run">
      <p className="num text-18 font-strong tracking-[-0.018em]">
        {pair ? (
          <>
            <span className="text-ink-3">{pair.before}</span> → {pair.after + THIN + pair.unit}
          </>
        ) : (
          formatMs(shown.ms)
        )}
        <span className="ml-2 text-12 font-regular tracking-normal text-ink-2">
          a run{pair ? `, ${changeWords(views)}` : ''}
        </span>
      </p>
      <div className="num min-w-0 grow basis-80 text-11 text-ink-3">
        <p>
          {place} · “{shown.level}” · {clockText} · mean of the middle half of {plural(runs, 'run')} ·{' '}
          {formatMs(betweenMs)} between operators · {formatShare(mapped)} of kernel time on nodes
        </p>
        <p>{timelessText(shown)}</p>
        {software && <p className="text-warning">{SOFTWARE}</p>}
      </div>
      <div className="flex flex-wrap items-center gap-1">
        <Button size="small" icon={Waypoints} onClick={() => void app.actions.showTimes(last)}>
          Show on the graph
        </Button>
        {FORMATS.map((format) => (
          <Button key={format[0]} size="small" variant="ghost" icon={Download} onClick={() => save(format)}>
            {format[0]}
          </Button>
        ))}
      </div>
    </section>
  );
}
