import { Play } from 'lucide-react';
import { useState } from 'react';
import type { DocumentView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { ALONE } from '../../state/alone.ts';
import { runningJobs } from '../../state/jobs.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useJobs, useSettings } from '../kit/use-store.ts';
import { BenchProgress } from './BenchProgress.tsx';
import { DeviceSelect } from './devices/DeviceSelect.tsx';
import { usePlace } from './devices/use-place.ts';
import { BenchSetup } from './BenchSetup.tsx';
import { History } from './History.tsx';
import { OptimizersCard } from './OptimizersCard.tsx';
import { ResultCard } from './ResultCard.tsx';
import { samplesCsv, samplesJson } from './samples.ts';
import { fitSetup, type Measuring, type Setup } from './setup.ts';
import { TuneCard } from './TuneCard.tsx';
import { VerdictCard } from './VerdictCard.tsx';

/** What is asked for when nothing was chosen: the original against the stop under the cursor. */
const firstSetup = ({ cursor }: DocumentView): Setup => ({
  backend: 'wasm',
  runs: 60,
  a: 0,
  b: cursor === 0 ? null : cursor,
});

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
  const { result } = entry;
  const save = (format: 'csv' | 'json'): void => {
    const [text, type] = format === 'csv' ? [samplesCsv(result), 'text/csv'] : [samplesJson(entry), 'application/json'];
    app.actions.saveFile(`${name.replace(/\.onnx$/i, '')}.bench-${selected + 1}.${format}`, new Blob([text], { type }));
  };
  const runs = result.a.samples.length;
  return (
    <>
      <div className="bench-grid">
        <VerdictCard result={result}>
          {result.verdict === 'inconclusive' && (
            <Button
              size="small"
              variant="primary"
              className="mt-3 self-start"
              onClick={() =>
                void app.actions.bench(entry.a, entry.b, {
                  backend: result.backend,
                  threads: result.threads,
                  runs: runs * 2,
                  budgetMs: 60_000,
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
      <History benches={benches} selected={selected} onSelect={setChosen} />
    </>
  );
}

/** Timing on this device: what to time, what came out, and everything measured in this session. */
export function SpeedLab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const benches = useDocument(app, (state) => state.benches.length);
  const failure = useDocument(app, (state) => (state.failure?.place === 'bench' ? state.failure : null));
  const [job] = useJobs(app, (state) => runningJobs(state).filter((each) => ALONE.includes(each.kind)));
  const threads = useSettings(app, (settings) => settings.threads);
  const place = usePlace(app);
  const [changes, setChanges] = useState<Partial<Setup>>({});
  if (!document) return null;
  const setup = fitSetup(
    { ...firstSetup(document), ...changes },
    document.stops.length,
    place.capabilities?.webgpu != null,
  );
  const { a, b, backend, runs } = setup;
  // The runtime's optimizers and tuning are measured here, wherever the benchmark runs.
  const local = capabilities?.webgpu ? backend : 'wasm';
  const measuring: Measuring = {
    backend: local,
    threads: local === 'wasm' ? threads : 1,
    software: capabilities?.webgpu?.software === true,
    job: job ?? null,
  };
  const run = (): void =>
    void app.actions.bench(a, b, {
      backend,
      runs,
      threads: backend === 'wasm' ? place.threads : 1,
      ...(place.device && { device: place.device }),
    });
  return (
    <>
      <div className="card flex flex-wrap items-center gap-x-4 gap-y-2 px-[18px] py-2.5">
        <div className="min-w-0 grow">
          <BenchSetup
            setup={setup}
            stops={document.stops}
            capabilities={place.capabilities}
            threads={place.threads}
            disabled={job !== undefined}
            where={<DeviceSelect app={app} disabled={job !== undefined} />}
            onSetup={(patch) => setChanges({ ...changes, ...patch })}
            onThreads={place.setThreads}
          />
        </div>
        <Button variant="primary" icon={Play} disabled={job !== undefined} onClick={run}>
          {benches > 0 ? 'Run again' : 'Run'}
        </Button>
      </div>
      {job?.kind === 'bench' && <BenchProgress job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {failure && (
        <Problem error={failure.error} what={failure.what}>
          <Button size="small" onClick={app.actions.dismissFailure}>
            Dismiss
          </Button>
        </Problem>
      )}
      {benches === 0 && job?.kind !== 'bench' && <Nothing />}
      <Results app={app} />
      <div className="bench-pair">
        <OptimizersCard app={app} measuring={measuring} />
        <TuneCard app={app} measuring={measuring} />
      </div>
    </>
  );
}
