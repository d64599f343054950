import { Gauge } from 'lucide-react';
import { placeName } from '../../base/backends.ts';
import { formatMs } from '../../base/format.ts';
import type { OptimizerReport } from '../../bench/types.ts';
import type { StopView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { BenchProgress } from './BenchProgress.tsx';
import { reachOf } from './IntervalBar.tsx';
import { RatioCells, RatioHeads } from './RatioCells.tsx';
import { SOFTWARE, type Measuring } from './setup.ts';

function Row({
  name,
  what,
  strong = false,
}: {
  readonly name: string;
  readonly what: string;
  readonly strong?: boolean;
}) {
  return (
    <td className="measured-what">
      <span className={strong ? 'font-strong' : 'font-medium'}>{name}</span>
      <span className="block text-11 text-ink-3">{what}</span>
    </td>
  );
}

/** All optimizers that changed the model together, then each, the most worth first. */
function Optimizers({ report }: { readonly report: OptimizerReport }) {
  const { optimizers, whole } = report;
  const reach = reachOf([whole, ...optimizers]);
  return (
    <table className="table measured num" aria-label="Optimizers of the runtime">
      <thead>
        <tr>
          <th scope="col">Optimizer</th>
          <RatioHeads />
        </tr>
      </thead>
      <tbody>
        <tr>
          <Row strong name="All together" what="With every optimizer, against none." />
          <RatioCells figures={whole} reach={reach} />
        </tr>
        {[...optimizers]
          .sort((a, b) => b.ratio - a.ratio)
          .map((each) => (
            <tr key={each.name}>
              <Row name={each.name} what={each.what ?? 'Not described: its name is all that the runtime tells.'} />
              <RatioCells figures={each} reach={reach} />
            </tr>
          ))}
      </tbody>
    </table>
  );
}

const subjectOf = ({ index, title }: StopView): string => (index === 0 ? 'the original' : `step ${index}, ${title}`);

function Found({ report, stop, software }: { report: OptimizerReport; stop: StopView; software: boolean }) {
  const { backend, threads, ms, message, optimizers } = report;
  const place = placeName(backend, threads);
  return (
    <>
      <p className="mt-2.5 max-w-[80ch] font-medium [overflow-wrap:anywhere]">{message}</p>
      <p className="num mt-0.5 mb-2 text-11 text-ink-3">
        Of {subjectOf(stop)} · {place} · {formatMs(ms)} a run with all of them · each row: with all, against all but
        this
      </p>
      {software && backend === 'webgpu' && <p className="mb-2 text-12 text-warning">{SOFTWARE}</p>}
      {optimizers.length > 0 && (
        <div className="overflow-x-auto">
          <Optimizers report={report} />
        </div>
      )}
    </>
  );
}

/** What the runtime does to the model when it loads it: that is free, and no gain of any recipe. */
export function OptimizersCard({ app, measuring }: { readonly app: App; readonly measuring: Measuring }) {
  const bound = useDocument(app, (state) => state.optimizers);
  const stops = useDocument(app, (state) => state.document?.stops);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const { backend, threads, software, job } = measuring;
  const stop = bound && stops?.[bound.stop];
  const own = job?.kind === 'optimizers' ? job : null;
  return (
    <section className="card px-[18px] py-3.5" aria-label="What the runtime does by itself">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <h2 className="h3 grow">What the runtime does by itself</h2>
        <Button
          size="small"
          icon={Gauge}
          disabled={job !== null}
          onClick={() => void app.actions.measureOptimizers({ backend, threads })}
        >
          {bound ? 'Measure again' : 'Measure it'}
        </Button>
      </header>
      {own && <BenchProgress job={own} onCancel={() => app.actions.cancelJob(own.id)} inside />}
      {!own && !bound && (
        <p className="mt-1.5 max-w-[72ch] text-ink-2">
          ONNX Runtime rewrites a model when it loads it. That is free: a step that does the same makes nothing faster.
          This times {stops?.[cursor] ? subjectOf(stops[cursor]) : 'the model'}, with and without each of its
          optimizers.
        </p>
      )}
      {!own && !bound && software && backend === 'webgpu' && <p className="mt-1.5 text-12 text-warning">{SOFTWARE}</p>}
      {!own && bound && stop && <Found report={bound.result} stop={stop} software={software} />}
    </section>
  );
}
