import { Play, SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import type { DocumentView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { ALONE } from '../../state/alone.ts';
import { runningJobs } from '../../state/jobs.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useCompare, useDocument, useJobs, useSettings } from '../kit/use-store.ts';
import { BenchProgress } from './BenchProgress.tsx';
import { DeviceSelect } from './devices/DeviceSelect.tsx';
import { usePlace } from './devices/use-place.ts';
import { BenchSetup } from './BenchSetup.tsx';
import { DeviceWarnings } from './Conditions.tsx';
import { History } from './History.tsx';
import { MethodPanel } from './MethodPanel.tsx';
import { OptimizersCard } from './OptimizersCard.tsx';
import { ResultCard } from './ResultCard.tsx';
import { samplesCsv, samplesJson } from './samples.ts';
import { SecondProblem } from './SideFields.tsx';
import { SettingsCard } from './SettingsCard.tsx';
import { FIRST, fitSetup, requestOf, settingsHere, type Measuring, type Setup } from './setup.ts';
import { StepGains, stepGains } from './StepGains.tsx';
import { TuneCard } from './TuneCard.tsx';
import { VerdictCard } from './VerdictCard.tsx';

/** What is asked for when nothing was chosen: the original against the stop under the cursor. */
const firstSetup = ({ cursor }: DocumentView): Setup => ({ ...FIRST, a: 0, b: cursor === 0 ? null : cursor });

/** Nothing measured yet: what a measurement will do, and its limits. */
function Nothing() {
  return (
    <section className="card px-5 py-[18px]" aria-label="Nothing measured yet">
      <h2 className="h3">Nothing measured yet</h2>
      <p className="mt-1.5 max-w-[64ch] text-ink-2">
        Both models run on this device, in turn, after warm-up. The runtime optimizes both on load as far as it can, so
        a gain is one that the runtime does not find by itself. Counted savings are no proof of speed; this is.
      </p>
    </section>
  );
}

function Results({ app }: { readonly app: App }) {
  const benches = useDocument(app, (state) => state.benches);
  const name = useDocument(app, (state) => state.document?.name ?? 'model');
  const [chosen, setChosen] = useState<number | null>(null);
  // A new benchmark is shown at once; an older one stays chosen until then.
  const [seen, setSeen] = useState(benches.length);
  if (seen !== benches.length) {
    setSeen(benches.length);
    setChosen(null);
  }
  const selected = Math.min(chosen ?? benches.length - 1, benches.length - 1);
  const entry = benches[selected];
  if (!entry) return null;
  const { result, turn } = entry;
  const save = (format: 'csv' | 'json'): void => {
    const [text, type] = format === 'csv' ? [samplesCsv(result), 'text/csv'] : [samplesJson(entry), 'application/json'];
    app.actions.saveFile(`${name.replace(/\.onnx$/i, '')}.bench-${selected + 1}.${format}`, new Blob([text], { type }));
  };
  const runs = result.a.samples.length;
  return (
    <>
      <div className="bench-grid">
        <VerdictCard entry={entry}>
          {result.verdict === 'inconclusive' && (
            <Button
              size="small"
              variant="primary"
              className="mt-3 self-start"
              onClick={() =>
                void app.actions.bench(entry.a, entry.b, {
                  backend: result.backend,
                  threads: result.threads,
                  level: result.level,
                  runs: runs * 2,
                  budgetMs: 60_000,
                  ...(entry.loads ? { loads: entry.loads } : {}),
                  ...(entry.device && { device: entry.device }),
                })
              }
            >
              Run {runs * 2} each
            </Button>
          )}
        </VerdictCard>
        <ResultCard result={result} onSave={save} />
      </div>
      {turn && <SettingsCard entries={benches.filter((each) => each.turn?.id === turn.id)} />}
      <History benches={benches} selected={selected} onSelect={setChosen} />
    </>
  );
}

/** Where everything that was timed stands, and how it is asked for. */
export function SpeedLab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const benches = useDocument(app, (state) => state.benches);
  const failure = useDocument(app, (state) => (state.failure?.place === 'bench' ? state.failure : null));
  const hasSecond = useCompare(app, (state) => state.second !== null);
  const [job] = useJobs(app, (state) => runningJobs(state).filter((each) => ALONE.includes(each.kind)));
  const localThreads = useSettings(app, (settings) => settings.threads);
  const place = usePlace(app);
  const [changes, setChanges] = useState<Partial<Setup>>({});
  const [method, setMethod] = useState(false);
  if (!document) return null;
  const here = { stops: document.stops.length, hasSecond, capabilities: place.capabilities };
  const setup = fitSetup({ ...firstSetup(document), ...changes }, here);
  const { a, b, backend } = setup;
  const onSetup = (patch: Partial<Setup>): void => setChanges({ ...changes, ...patch });
  const threads = backend === 'wasm' ? place.threads : 1;
  const on = { backend, threads, ...(place.device && { device: place.device }) };
  // The runtime's optimizers and tuning are measured here, wherever the benchmark runs.
  const local = backend === 'webgpu' && capabilities?.webgpu ? backend : 'wasm';
  const measuring: Measuring = {
    backend: local,
    threads: local === 'wasm' ? localThreads : 1,
    software: capabilities?.webgpu?.software === true,
    job: job ?? null,
  };
  const several = settingsHere(place.capabilities).filter(({ id }) => setup.several.includes(id));
  const request = requestOf(setup);
  const run = (): void => {
    if (several.length < 2) return void app.actions.bench(a, b, { ...request, ...on });
    const requests = several.map((each) => ({ ...request, ...on, backend: each.backend, threads: each.threads }));
    void app.actions.benchSettings(a, b, requests);
  };
  const steps = stepGains(document.stops, document.cursor, benches, backend, threads);
  return (
    <>
      <DeviceWarnings app={app} busy={job !== undefined} />
      <div className="card flex flex-wrap items-center gap-x-4 gap-y-2 px-[18px] py-2.5">
        <div className="min-w-0 grow">
          <BenchSetup
            app={app}
            setup={setup}
            capabilities={place.capabilities}
            threads={place.threads}
            disabled={job !== undefined}
            onSetup={onSetup}
            where={<DeviceSelect app={app} disabled={job !== undefined} />}
            onThreads={place.setThreads}
          />
        </div>
        <div className="flex flex-none items-center gap-2">
          <Button icon={SlidersHorizontal} aria-expanded={method} onClick={() => setMethod(!method)}>
            Method
          </Button>
          <Button variant="primary" icon={Play} disabled={job !== undefined} onClick={run}>
            {benches.length > 0 ? 'Run again' : 'Run'}
          </Button>
        </div>
      </div>
      {method && <MethodPanel setup={setup} capabilities={place.capabilities} onSetup={onSetup} />}
      <SecondProblem app={app} />
      {job?.kind === 'bench' && <BenchProgress job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {failure && (
        <Problem error={failure.error} what={failure.what}>
          <Button size="small" onClick={app.actions.dismissFailure}>
            Dismiss
          </Button>
        </Problem>
      )}
      {benches.length === 0 && job?.kind !== 'bench' && <Nothing />}
      <Results app={app} />
      {steps.length > 0 && (
        <StepGains
          steps={steps}
          disabled={job !== undefined}
          onRun={() => void app.actions.benchSteps({ ...request, ...on, heap: false })}
        />
      )}
      <div className="bench-pair">
        <OptimizersCard app={app} measuring={measuring} />
        <TuneCard app={app} measuring={measuring} />
      </div>
    </>
  );
}
