import { Play } from 'lucide-react';
import { formatBytes, formatInteger, formatRatio, formatShare, plural } from '../../base/format.ts';
import { bytesPerPosition } from '../../kv/cache/layout.ts';
import type { PolicyResult, Simulation } from '../../kv/simulate/simulate.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useJobs, useKv } from '../kit/use-store.ts';
import { runningJobs } from '../../state/jobs.ts';
import { Decimal } from '../train/fields.tsx';
import type { Kept } from './policy-look.ts';

function nameOf({ policy, block }: PolicyResult): string {
  switch (policy) {
    case 'reserve-max':
      return 'Contiguous, the longest length';
    case 'reserve-exact':
      return 'Contiguous, the exact length';
    case 'paged':
      return `Pages of ${formatInteger(block)}`;
    case 'paged-shared':
      return `Pages of ${formatInteger(block)}, shared`;
    default:
      return policy satisfies never;
  }
}

const mean = (value: number | null): string => (value === null ? '–' : value.toFixed(1));

function Table({ policies }: Pick<Simulation, 'policies'>) {
  return (
    <div className="overflow-auto" tabIndex={0} role="region" aria-label="Simulated requests by policy">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Memory given as</th>
            {['Waste', 'Sequences at once', 'While others wait', 'Against the longest', 'Peak', 'Steps', 'Put out'].map(
              (head) => (
                <th key={head} scope="col" className="r">
                  {head}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {policies.map((result) => (
            <tr key={result.policy}>
              <td>{nameOf(result)}</td>
              <td className="r">{formatShare(result.waste.total)}</td>
              <td className="r">{mean(result.sequences.mean)}</td>
              <td className="r">{mean(result.sequences.whileOthersWait)}</td>
              <td className="r">{result.timesReserveMax === null ? '–' : formatRatio(result.timesReserveMax)}</td>
              <td className="r text-ink-2">{formatBytes(result.peakBytes)}</td>
              <td className="r text-ink-2">{formatInteger(result.steps)}</td>
              <td className="r text-ink-2">{formatInteger(result.preemptions)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Result({ memory, requests, policies }: Simulation) {
  return (
    <>
      <Table policies={policies} />
      <p className="num mt-2 text-11 text-ink-2">
        {plural(requests.count, 'request')}: prompts of {formatInteger(requests.prompt)} tokens and{' '}
        {formatInteger(requests.generated)} more in the mean, {formatInteger(requests.longest)} at most, in{' '}
        {formatBytes(memory.bytes)}. Waste is what is allocated and empty. Lengths are drawn; nothing is run.
      </p>
    </>
  );
}

/** Many requests in one memory: what contiguous pieces waste, and pages do not. */
export function SimulationCard({ app, kept }: { readonly app: App; readonly kept: Kept }) {
  const setup = useKv(app, (state) => state.simulating);
  const simulation = useKv(app, (state) => state.simulation);
  const error = useKv(app, (state) => state.simulationError);
  const block = useKv(app, (state) => state.policies.paged.block);
  const running = useJobs(app, (state) => runningJobs(state).some(({ kind }) => kind === 'simulate'));
  const set = app.actions.changeSimulation;
  const bytes = setup.positions * bytesPerPosition(kept.layers);
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Many requests in one memory">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2 className="h3 grow">Many requests in one memory</h2>
        <span className="num text-11 text-ink-3">
          {formatBytes(bytes)} of this model’s keys and values, blocks of {formatInteger(block)}
        </span>
        <Button size="small" icon={Play} disabled={running} onClick={() => void app.actions.simulate()}>
          Simulate
        </Button>
      </div>
      <div className="kv-fields mb-2.5">
        <Decimal
          label="Requests"
          value={setup.requests}
          min={1}
          max={10_000}
          whole
          onChange={(requests) => set({ requests })}
        />
        <Decimal
          label="Arrive per step"
          value={setup.rate}
          min={0.0001}
          max={1000}
          onChange={(rate) => set({ rate })}
        />
        <Decimal
          label="Longest, tokens"
          value={setup.maxLength}
          min={2}
          max={100_000}
          whole
          onChange={(maxLength) => set({ maxLength })}
        />
        <Decimal
          label="Memory, positions"
          value={setup.positions}
          min={2}
          max={10_000_000}
          whole
          onChange={(positions) => set({ positions })}
        />
        <Decimal
          label="Share a begin"
          title="Share of requests that begin with one of three system prompts"
          value={setup.sharedPrefix}
          min={0}
          max={1}
          onChange={(sharedPrefix) => set({ sharedPrefix })}
        />
        <Decimal
          label="Seed, requests"
          value={setup.seed}
          min={0}
          max={2 ** 31 - 1}
          whole
          onChange={(seed) => set({ seed })}
        />
      </div>
      {error && <Problem error={error} what="The simulation" compact />}
      {simulation ? (
        <Result {...simulation.result} />
      ) : (
        <p className="text-11 text-ink-3">
          Requests come at random and take memory as each policy gives it: whole pieces for the longest text, or blocks
          as they are needed.
        </p>
      )}
    </section>
  );
}
