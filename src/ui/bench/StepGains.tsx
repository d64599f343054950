import { Play } from 'lucide-react';
import { formatMs, UNKNOWN } from '../../base/format.ts';
import type { StopView } from '../../engine/types.ts';
import type { BenchEntry } from '../../state/document.ts';
import { Button } from '../kit/controls.tsx';
import { reachOf, type Figures } from './IntervalBar.tsx';
import { RatioCells, RatioHeads } from './RatioCells.tsx';

interface Step {
  readonly stop: StopView;
  readonly entry: BenchEntry | undefined;
}

/** The newest benchmark of each step against the one before it, at one setting. */
export function stepGains(
  stops: readonly StopView[],
  cursor: number,
  benches: readonly BenchEntry[],
  backend: string,
  threads: number,
): readonly Step[] {
  return stops
    .filter(({ index, sites }) => index > 0 && index <= cursor && sites > 0)
    .map((stop) => ({
      stop,
      entry: benches.findLast(
        ({ a, b, result, loads }) =>
          a === stop.index - 1 &&
          b === stop.index &&
          loads === undefined &&
          result.backend === backend &&
          result.threads === threads,
      ),
    }));
}

const figuresOf = (entry: BenchEntry | undefined): Figures | null => {
  const result = entry?.result;
  return result?.ratio != null && result.interval && result.verdict
    ? { ratio: result.ratio, interval: result.interval, verdict: result.verdict }
    : null;
};

interface Props {
  readonly steps: readonly Step[];
  readonly disabled: boolean;
  onRun(): void;
}

/** What each step is worth by itself, measured. */
export function StepGains({ steps, disabled, onRun }: Props) {
  const reach = reachOf(steps.flatMap(({ entry }) => figuresOf(entry) ?? []));
  const done = steps.filter(({ entry }) => entry).length;
  return (
    <section className="card px-[18px] py-3.5" aria-label="Gain by step">
      <div className="mb-2 flex items-center justify-between gap-3">
        <h2 className="h3">
          Gain by step <span className="text-11 font-regular text-ink-3">each step against the one before</span>
        </h2>
        <Button size="small" icon={Play} disabled={disabled} onClick={onRun}>
          {done === 0 ? 'Time each step' : 'Time each step again'}
        </Button>
      </div>
      <div className="overflow-x-auto">
        <table className="table num">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <RatioHeads />
              <th scope="col" className="r">
                Start-up, before → after
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ stop, entry }) => {
              const figures = figuresOf(entry);
              return (
                <tr key={stop.index}>
                  <td>
                    <span className="text-ink-3">{stop.index}</span> {stop.title}
                  </td>
                  {figures ? (
                    <RatioCells figures={figures} reach={reach} />
                  ) : (
                    <>
                      <td />
                      <td className="r text-ink-3">{UNKNOWN}</td>
                      <td className="text-ink-3">not timed</td>
                    </>
                  )}
                  <td className="r text-ink-2">
                    {entry ? `${formatMs(entry.result.a.startMs)} → ${formatMs(entry.result.b?.startMs)}` : UNKNOWN}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
