import {
  Check,
  CircleDot,
  CirclePause,
  CircleX,
  Pause,
  Play,
  RotateCcw,
  Square,
  X,
  type LucideIcon,
} from 'lucide-react';
import { formatInteger, formatMs } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { isAtWork, type TrainRun, type TrainStatus } from '../../state/training-run.ts';
import { lacking } from '../../state/training-setup.ts';
import { Badge, Button, ProgressBar, type Tone } from '../kit/controls.tsx';
import { useTraining } from '../kit/use-store.ts';
import { SoftwareNote } from './SoftwareNote.tsx';
import { progressText, STATUS_WORDS } from './words.ts';

const LOOKS: Readonly<Record<TrainStatus, readonly [Tone, LucideIcon]>> = {
  running: ['accent', CircleDot],
  pausing: ['warning', CirclePause],
  paused: ['warning', CirclePause],
  stopping: ['accent', CircleDot],
  done: ['good', Check],
  cancelled: ['none', X],
  failed: ['error', CircleX],
};

function Status({ status }: { readonly status: TrainStatus }) {
  const [tone, icon] = LOOKS[status];
  return (
    <span role="status">
      <Badge tone={tone} icon={icon}>
        {STATUS_WORDS[status]}
      </Badge>
    </span>
  );
}

function AtWork({ app, run }: { readonly app: App; readonly run: TrainRun }) {
  const { pauseTraining, resumeTraining, stopTraining, cancelTraining } = app.actions;
  const { status, step, request } = run;
  return (
    <>
      <span className="min-w-24 flex-1">
        <ProgressBar
          label={`Step ${formatInteger(step)} of ${formatInteger(request.steps)}`}
          done={step}
          total={request.steps}
        />
      </span>
      <span className="num text-12 text-ink-2">{progressText(run)}</span>
      <span className="flex gap-1.5">
        {status === 'paused' || status === 'pausing' ? (
          <Button icon={Play} onClick={resumeTraining}>
            Resume
          </Button>
        ) : (
          <Button icon={Pause} disabled={status === 'stopping'} onClick={pauseTraining}>
            Pause
          </Button>
        )}
        <Button
          icon={Square}
          disabled={status === 'stopping'}
          title="Ends now, and keeps the best weights so far"
          onClick={stopTraining}
        >
          Stop and keep
        </Button>
        <Button variant="ghost" title="Ends now; a checkpoint is left to go on from" onClick={cancelTraining}>
          Cancel
        </Button>
      </span>
    </>
  );
}

/** The way into a run: from its start, or from where it was broken off. */
function Ready({ app }: { readonly app: App }) {
  const planned = useTraining(app, (state) => state.planned);
  const planning = useTraining(app, (state) => state.planning);
  const lacks = useTraining(app, lacking);
  const run = useTraining(app, (state) => state.run);
  const { startTraining } = app.actions;
  const disabled = planned === null || planning || lacks !== null;
  const checkpoint = planned?.checkpoint;
  return (
    <span className="ml-auto flex items-center gap-2">
      {planning && <span className="text-11 text-ink-3">Looking at what it would take …</span>}
      {checkpoint ? (
        <>
          <Button icon={RotateCcw} disabled={disabled} onClick={() => void startTraining(true)}>
            Start anew
          </Button>
          <Button variant="primary" icon={Play} disabled={disabled} onClick={() => void startTraining(false)}>
            Go on from step {formatInteger(checkpoint.step)}
          </Button>
        </>
      ) : (
        <Button variant="primary" icon={Play} disabled={disabled} onClick={() => void startTraining(true)}>
          {run ? 'Train again' : 'Train'}
        </Button>
      )}
    </span>
  );
}

/** What is going on, how far it is, and the ways out. */
export function Header({ app }: { readonly app: App }) {
  const run = useTraining(app, (state) => state.run);
  const teacher = useTraining(app, (state) => state.setup.teacher);
  const atWork = isAtWork(run);
  const isTaught = atWork && run ? run.teacher !== null : teacher !== null;
  return (
    <header className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="text-18 font-strong tracking-[-0.018em]">{isTaught ? 'Distillation' : 'Training'}</h1>
      {run && <Status status={run.status} />}
      {run && atWork ? <AtWork app={app} run={run} /> : null}
      {run && !atWork && (
        <span className="num text-12 text-ink-2">
          {formatInteger(run.step)} of {formatInteger(run.request.steps)} steps
          {run.result && ` · ${formatMs(run.result.ms)}`}
        </span>
      )}
      {!atWork && <Ready app={app} />}
      {run?.request.backend === 'webgpu' && <SoftwareNote app={app} />}
    </header>
  );
}
