import { clsx } from 'clsx';
import { ExternalLink, Info, Scale } from 'lucide-react';
import type { CSSProperties } from 'react';
import { formatBytes, formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { isAtWork, type TrainRun } from '../../state/training-run.ts';
import { lacking } from '../../state/training-setup.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useTraining } from '../kit/use-store.ts';
import { RIGHT, usePanels } from '../shell/use-panels.ts';
import { Header } from './Header.tsx';
import { HeldOutChart } from './HeldOutChart.tsx';
import { LooksPanel, Memory } from './LooksPanel.tsx';
import { LossChart } from './LossChart.tsx';
import { LossSection } from './LossSection.tsx';
import { RunSection } from './RunSection.tsx';
import { SamplesSection } from './SamplesSection.tsx';
import { SidesSection } from './SidesSection.tsx';
import { SparsitySection } from './SparsitySection.tsx';
import './train.css';
import { WeightsCard } from './WeightsCard.tsx';
import { verdictOf } from './words.ts';

/** The left column has fields in it, px: it never closes to a rail. */
const LEAST_LEFT = 236;

/** Where nothing can begin yet: what it is for, and what is lacking. */
function Lacking({ app }: { readonly app: App }) {
  const lacks = useTraining(app, lacking);
  const hasRun = useTraining(app, (state) => state.run !== null);
  const { over, handlers } = useDrop((files) => void app.actions.trainSamples.train.give(files));
  if (lacks === null) return null;
  return (
    <section
      className={clsx('card px-5 py-4', over && 'drop-lit')}
      aria-label="What is lacking"
      data-drop="train"
      {...handlers}
    >
      {!hasRun && (
        <p className="mb-2 max-w-[72ch] text-ink-2">
          The weights of a model are trained here, in this browser: from labels, or from a teacher, whose answers need
          none. A pruned step of the recipe comes back towards its original so.
        </p>
      )}
      <p className="flex items-start gap-2">
        <Icon of={Info} size={14} className="mt-0.5 text-ink-3" />
        {lacks}
      </p>
    </section>
  );
}

function Verdict({ run }: { readonly run: TrainRun }) {
  const verdict = verdictOf(run);
  if (!verdict) return null;
  return (
    <section className="card flex items-start gap-3 px-4 py-3" aria-label="Verdict">
      <Icon of={Scale} size={15} className="mt-0.5 text-ink-3" />
      <p className="num">
        <strong className="font-strong">{verdict.headline}</strong> <span className="text-ink-2">{verdict.detail}</span>
      </p>
    </section>
  );
}

/** The run at work, or the last one. */
function Progress({ app }: { readonly app: App }) {
  const run = useTraining(app, (state) => state.run);
  return (
    run && (
      <>
        {run.error && <Problem error={run.error} what={run.teacher === null ? 'Training' : 'Distillation'} />}
        {(run.curve.length > 0 || isAtWork(run)) && <LossChart run={run} />}
        <HeldOutChart run={run} />
        <Verdict run={run} />
      </>
    )
  );
}

/** What a run would do, and what it takes. */
function Planned({ app }: { readonly app: App }) {
  const planned = useTraining(app, (state) => state.planned);
  const error = useTraining(app, (state) => state.planError);
  if (error) return <Problem error={error} what="What the run would do" />;
  return planned && <WeightsCard app={app} plan={planned.plan} disabled={false} />;
}

/** Of a WASM heap, bytes. */
const ADDRESSABLE = 4 * 1024 ** 3;

function Takes({ app }: { readonly app: App }) {
  const backend = useTraining(app, (state) => state.setup.request.backend);
  const plan = useTraining(app, (state) => state.planned?.plan);
  if (!plan) return null;
  return (
    <section className="train-section" aria-labelledby="train-takes">
      <h2 id="train-takes" className="h4">
        What a run takes
      </h2>
      <Memory memory={plan.memory} />
      {backend === 'wasm' && (plan.memory.activations ?? 0) > ADDRESSABLE && (
        <p className="text-11 text-warning">
          More than the {formatBytes(ADDRESSABLE)} that WASM can address, unless the runtime gives most of it back
          within a step. A smaller batch takes less.
        </p>
      )}
      <p className="num text-11 text-ink-3">
        The training step has {formatInteger(plan.nodes)} nodes; the loss is made of {plan.terms.join(', ')}.
      </p>
      <div className="flex">
        <Button
          size="small"
          icon={ExternalLink}
          title="Forward, loss and backward as one model, in a tab of its own"
          onClick={() => void app.actions.showTrainingStep()}
        >
          Show the training step
        </Button>
      </div>
      <ul className="flex flex-col gap-1 text-11 text-ink-3">
        {plan.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

/** What comes of it, where there is anything. */
function Right({ app }: { readonly app: App }) {
  const run = useTraining(app, (state) => state.run);
  const planned = useTraining(app, (state) => state.planned !== null);
  if (!run && !planned) return null;
  return (
    <section className="train-right" aria-label="What comes of it">
      {run && <LooksPanel app={app} run={run} />}
      <Takes app={app} />
    </section>
  );
}

/** Training and distillation: what is set at the left, how it goes in the middle, what comes of it at the right. */
export function TrainWorkspace({ app }: { readonly app: App }) {
  const panels = usePanels(app);
  // Each part follows the run by itself: it changes several times a second.
  const atWork = useTraining(app, (state) => isAtWork(state.run));
  const widths = {
    '--train-left': `${Math.max(LEAST_LEFT, panels.left)}px`,
    '--train-right': `${panels.right || RIGHT.min}px`,
  } as CSSProperties;
  return (
    <div className="train-page" style={widths}>
      <section className="train-left" aria-label="What to train, and how">
        <SidesSection app={app} disabled={atWork} />
        <SamplesSection app={app} use="train" disabled={atWork} />
        <SamplesSection app={app} use="judge" disabled={atWork} />
        <LossSection app={app} disabled={atWork} />
        <RunSection app={app} disabled={atWork} />
        <SparsitySection app={app} disabled={atWork} />
      </section>
      <div className="train-centre">
        <Header app={app} />
        {!atWork && <Lacking app={app} />}
        <Progress app={app} />
        {!atWork && <Planned app={app} />}
      </div>
      <Right app={app} />
    </div>
  );
}
