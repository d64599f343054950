import { useId, useState } from 'react';
import { formatCount, formatInteger, formatShape, plural } from '../../base/format.ts';
import type { TrainPlan } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { useListed } from '../kit/Listed.tsx';
import { useTraining } from '../kit/use-store.ts';
import { canTrain, frozenBut, frozenToo, sizeOf, trainsNow, type PlannedWeight } from './weights.ts';

interface Props {
  readonly app: App;
  readonly plan: TrainPlan;
  readonly disabled: boolean;
}

/** The constants of the student: which are trained, which stay and why; each can be frozen. */
export function WeightsCard({ app, plan, disabled }: Props) {
  const id = useId();
  const frozen = useTraining(app, (state) => state.setup.request.frozen);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const found = plan.parameters.filter(({ name, node, role }) =>
    [name, node, role].some((text) => text.toLowerCase().includes(wanted)),
  );
  const { shown, more } = useListed(found);
  const trained = plan.parameters.filter((each) => trainsNow(frozen, each));
  const set = (next: readonly string[]): void => app.actions.changeTraining({ frozen: next });
  const free = found.filter(canTrain);
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Weights">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="h3 grow">
          Weights{' '}
          <span className="num text-11 font-regular text-ink-3">
            {formatInteger(trained.length)} of {plural(plan.parameters.length, 'tensor')} trained,{' '}
            {formatCount(trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0))} numbers
          </span>
        </h2>
        <span className="field w-48">
          <input
            aria-label="Find weights"
            placeholder="Find by name, node or role"
            spellCheck={false}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </span>
        <Button
          size="small"
          disabled={disabled || !free.some((each) => trainsNow(frozen, each))}
          onClick={() => set(frozenToo(frozen, free))}
        >
          Freeze {wanted === '' ? 'all' : 'these'}
        </Button>
        <Button
          size="small"
          disabled={disabled || free.every((each) => trainsNow(frozen, each))}
          onClick={() => set(frozenBut(frozen, free))}
        >
          Train {wanted === '' ? 'all' : 'these'}
        </Button>
      </div>
      <table className="table num train-weights" aria-labelledby={id}>
        <caption id={id} className="sr-only">
          Weights that are trained or stay as they are
        </caption>
        <thead>
          <tr>
            <th scope="col">Trained</th>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Shape</th>
            <th scope="col">Why it stays</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each: PlannedWeight) => (
            <tr key={each.name}>
              <td>
                <input
                  type="checkbox"
                  className="size-3.5 accent-(--accent-solid)"
                  aria-label={`Train ${each.name}`}
                  checked={trainsNow(frozen, each)}
                  disabled={disabled || !canTrain(each)}
                  onChange={(event) =>
                    set(event.target.checked ? frozenBut(frozen, [each]) : frozenToo(frozen, [each]))
                  }
                />
              </td>
              <td className="mono ell max-w-0 text-11" title={`${each.name}, read by ${each.node}`}>
                {each.name}
              </td>
              <td className="text-ink-2">{each.role}</td>
              <td className="mono text-11 text-ink-2">{formatShape(each.shape)}</td>
              <td className="ell max-w-0 text-11 text-ink-3" title={each.reason ?? undefined}>
                {each.reason ?? ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length === 0 && <p className="mt-2 text-ink-2">No weight is called so.</p>}
      {more}
    </section>
  );
}
