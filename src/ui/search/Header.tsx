import { Check, CircleDot, CirclePause, CircleX, Pause, Play, Square, X, type LucideIcon } from 'lucide-react';
import { plural } from '../../base/format.ts';
import { isMeasuring } from '../../search/measuring.ts';
import type { App } from '../../state/app.ts';
import { isSearching, type SearchRun } from '../../state/searching-run.ts';
import { searchLacks } from '../../state/searching-setup.ts';
import { Badge, Button, ProgressBar, type Tone } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { countText, endText, progressText } from './words.ts';

/** How a run stands, at a glance. */
export const LOOKS: Readonly<Record<SearchRun['status'], readonly [Tone, LucideIcon]>> = {
  running: ['accent', CircleDot],
  pausing: ['warning', CirclePause],
  paused: ['warning', CirclePause],
  stopping: ['accent', CircleDot],
  done: ['good', Check],
  cancelled: ['none', X],
  failed: ['error', CircleX],
};

function AtWork({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const { pauseSearch, resumeSearch, stopSearch, cancelSearch } = app.actions;
  const { status, stage, evaluations, request } = run;
  return (
    <>
      <span className="num text-12 text-ink-2">{progressText(run)}</span>
      <span className="ml-auto flex gap-1.5">
        {status === 'paused' || status === 'pausing' ? (
          <Button icon={Play} onClick={resumeSearch}>
            Resume
          </Button>
        ) : (
          <Button icon={Pause} disabled={status === 'stopping'} onClick={pauseSearch}>
            Pause
          </Button>
        )}
        <Button
          icon={Square}
          disabled={status === 'stopping'}
          title="Ends now, and keeps the front as it is"
          onClick={stopSearch}
        >
          Stop and keep
        </Button>
        <Button variant="ghost" title="Ends now; what was judged is not judged again" onClick={cancelSearch}>
          Cancel
        </Button>
      </span>
      <span className="flex w-full items-center gap-3">
        <span className="grow">
          <ProgressBar label={countText(run)} done={evaluations} total={request.evaluations} />
        </span>
        {isMeasuring(stage) ? (
          <span className="text-11 text-ink-3">Times are kept for the next search</span>
        ) : (
          <span className="ell w-44 text-11 text-ink-3">{evaluations > 0 && stage}</span>
        )}
      </span>
    </>
  );
}

function Ready({ app, run }: { readonly app: App; readonly run: SearchRun | null }) {
  const lacks = useSearching(app, searchLacks);
  const asking = useSearching(app, (state) => state.asking);
  const kept = useSearching(app, (state) => state.kept);
  return (
    <span className="ml-auto flex items-center gap-2.5">
      {kept !== null && kept > 0 && (
        <span className="num text-11 text-ink-3" title="By an earlier search on these samples">
          {plural(kept, 'network')} judged before
        </span>
      )}
      <Button
        variant="primary"
        icon={Play}
        disabled={lacks !== null || asking}
        title={lacks ?? undefined}
        onClick={() => void app.actions.startSearch()}
      >
        {run ? 'Search again' : 'Search'}
      </Button>
    </span>
  );
}

/** What is going on, how far it is, and the ways out. */
export function Header({ app }: { readonly app: App }) {
  const run = useSearching(app, (state) => state.run);
  const [tone, icon] = run ? LOOKS[run.status] : [];
  const atWork = isSearching(run);
  return (
    <header className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="text-18 font-strong tracking-[-0.018em]">Search</h1>
      {run && tone && icon && (
        <span role="status">
          <Badge tone={tone} icon={icon}>
            {run.status}
          </Badge>
        </span>
      )}
      {run && atWork && <AtWork app={app} run={run} />}
      {run && !atWork && <span className="num text-12 text-ink-2">{endText(run)}</span>}
      {!atWork && <Ready app={app} run={run} />}
    </header>
  );
}
