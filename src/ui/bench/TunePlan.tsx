import { Play } from 'lucide-react';
import { useId, useState } from 'react';
import { placeName } from '../../base/backends.ts';
import { formatInteger, plural } from '../../base/format.ts';
import type { PassInfo } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { SOFTWARE, type Measuring } from './setup.ts';

/** Choices for the time of one comparison, s. */
const BOUNDS = [1, 2, 5, 10, 20] as const;
const USUAL = 5;

/** Passes whose sites are timed: those that fuse for this backend, and those that can undo a fusion. */
export const candidatesFor = (passes: readonly PassInfo[], backend: Measuring['backend']): readonly PassInfo[] =>
  passes.filter(
    (pass) => (pass.group === 'fusion' && pass.backends.includes(backend)) || pass.options['unfuse'] !== undefined,
  );

function Candidates({ app, backend }: { readonly app: App; readonly backend: Measuring['backend'] }) {
  const passes = useDocument(app, (state) => state.passes);
  const sites = useDocument(app, (state) => state.sites);
  return (
    <ul className="tune-candidates" aria-label="What is tried">
      <li>
        <span className="ell">Without each optimizer of the runtime</span>
        <span className="text-ink-3">slow ones stay off</span>
      </li>
      {candidatesFor(passes, backend).map(({ id, title }) => (
        <li key={id}>
          <span className="ell">{title}</span>
          <span className="num text-ink-3">
            {sites[id] ? plural(sites[id].sites.length, 'site') : 'sites are being looked for'}
          </span>
        </li>
      ))}
    </ul>
  );
}

function BoundSelect({ value, onChange }: { readonly value: number; onChange(seconds: number): void }) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        At most, for one comparison
      </label>
      <select id={id} className="select" value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {BOUNDS.map((seconds) => (
          <option key={seconds} value={seconds}>
            {formatInteger(seconds)} s
          </option>
        ))}
      </select>
    </span>
  );
}

/** What tuning will do, before it does anything. */
export function TunePlan({ app, measuring }: { readonly app: App; readonly measuring: Measuring }) {
  const [seconds, setSeconds] = useState<number>(USUAL);
  const { backend, threads, software, job } = measuring;
  const close = (): void => app.actions.show({ planning: false });
  const start = (): void => {
    close();
    void app.actions.tune({ backend, threads, budgetMs: seconds * 1000 });
  };
  const refused = backend === 'webgpu' && software;
  return (
    <div role="group" aria-label="What tuning will do" className="mt-2.5">
      <p className="max-w-[72ch] text-ink-2">
        Sites that are built alike are timed together: the model with them against the model without, in turn, each
        loaded as the runtime loads it. They stay where they gain beyond the noise, and the next ones are timed on top.
        What stays becomes steps of the recipe, with the figures. Nothing changes if you cancel.
      </p>
      <Candidates app={app} backend={backend} />
      <div className="mt-2.5 flex flex-wrap items-center gap-x-4 gap-y-2">
        <span className="num text-12 text-ink-2">On {placeName(backend, threads)}</span>
        <BoundSelect value={seconds} onChange={setSeconds} />
        <span className="ml-auto flex gap-1.5">
          <Button variant="ghost" size="small" onClick={close}>
            Cancel
          </Button>
          <Button variant="primary" size="small" icon={Play} disabled={job !== null || refused} onClick={start}>
            Start tuning
          </Button>
        </span>
      </div>
      {refused && <p className="mt-2 text-12 text-warning">{SOFTWARE} Choose WASM to tune.</p>}
    </div>
  );
}
