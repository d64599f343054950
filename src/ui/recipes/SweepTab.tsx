import { Check, Play, Square } from 'lucide-react';
import { useId, useState } from 'react';
import { useStore } from 'zustand';
import { formatInteger, plural } from '../../base/format.ts';
import { parseValues } from '../../base/value-list.ts';
import type { SweepPoint } from '../../engine/recipes/sweep-types.ts';
import type { App } from '../../state/app.ts';
import { sweepForm, sweptOptions, sweptRecipe, valueNow } from '../../state/sweeping.ts';
import type { SweepForm, SweepRun } from '../../state/recipes-store.ts';
import { VerdictBadge } from '../checks/VerdictBadge.tsx';
import { Button, ProgressBar, Segments } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useRecipes } from '../kit/use-store.ts';
import { figuresOf, valueText, type Figure } from './sweep-columns.ts';
import { SweepPlot } from './SweepPlot.tsx';

interface TickProps {
  readonly label: string;
  readonly checked: boolean;
  onChange(checked: boolean): void;
}
function Tick({ label, checked, onChange }: TickProps) {
  return (
    <label className="flex h-7 items-center gap-1.5 text-12 text-ink-2">
      <input
        type="checkbox"
        className="size-3.5 accent-(--accent-solid)"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function Fields({ app, form }: { readonly app: App; readonly form: SweepForm }) {
  const passes = useDocument(app, (state) => state.passes);
  const document = useDocument(app, (state) => state.document);
  const running = useRecipes(app, (state) => state.sweep?.status === 'running');
  const id = useId();
  const of = (pass: string | undefined) => passes.find((each) => each.id === pass);
  const steps = document?.recipe.steps ?? [];
  const usable = steps.flatMap(({ pass }, step) => {
    const info = of(pass);
    return info && sweptOptions(info).length > 0 ? [{ step, title: info.title }] : [];
  });
  const options = sweptOptions(of(steps[form.step]?.pass));
  const values = parseValues(form.values);
  const bad = typeof values === 'string' ? values : null;
  const change = app.actions.changeSweep;
  return (
    <form
      className="flex flex-wrap items-end gap-x-4 gap-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        void app.actions.runSweep();
      }}
    >
      <span className="flex flex-col gap-1">
        <label htmlFor={`${id}-step`} className="text-11 text-ink-3">
          Step
        </label>
        <select
          id={`${id}-step`}
          className="select w-[210px]"
          value={form.step}
          onChange={(event) => change({ step: Number(event.target.value) })}
        >
          {usable.map(({ step, title }) => (
            <option key={step} value={step}>
              {step + 1}: {title}
            </option>
          ))}
        </select>
      </span>
      <span className="flex flex-col gap-1">
        <label htmlFor={`${id}-option`} className="text-11 text-ink-3">
          Option
        </label>
        <select
          id={`${id}-option`}
          className="select w-[210px]"
          value={form.option}
          onChange={(event) => change({ option: event.target.value })}
        >
          {options.map(([name, spec]) => (
            <option key={name} value={name}>
              {spec.label}
            </option>
          ))}
        </select>
      </span>
      <span className="flex flex-col gap-1">
        <label htmlFor={`${id}-values`} className="text-11 text-ink-3">
          Values, as 0.1..0.7:7 or a,b,c
        </label>
        <span className="field w-[200px]">
          <input
            id={`${id}-values`}
            className="mono min-w-0 flex-1"
            value={form.values}
            aria-invalid={bad !== null}
            aria-describedby={`${id}-said`}
            onChange={(event) => change({ values: event.target.value })}
          />
        </span>
      </span>
      <Tick label="Check each" checked={form.verify} onChange={(verify) => change({ verify })} />
      <Tick label="Time each" checked={form.bench} onChange={(bench) => change({ bench })} />
      <Button type="submit" variant="primary" icon={Play} disabled={running || bad !== null}>
        {typeof values === 'string' ? 'Run' : `Run ${plural(values.length, 'value')}`}
      </Button>
      <p id={`${id}-said`} role="status" className="w-full text-11 text-ink-3">
        {bad ?? 'What comes behind the step is decided anew for each value. Nothing is changed until you take one.'}
      </p>
    </form>
  );
}

interface RowProps {
  readonly point: SweepPoint;
  readonly figures: readonly Figure[];
  readonly columns: readonly ('verify' | 'error')[];
  readonly taken: boolean;
  onTake(): void;
}

function Row({ point, figures, columns, taken, onTake }: RowProps) {
  const { value, verify, error } = point;
  return (
    <tr>
      <th scope="row" className="mono">
        {valueText(value)}
      </th>
      {figures.map((figure) => (
        <td key={figure.id} className="r">
          {figure.text(point)}
        </td>
      ))}
      {columns.includes('verify') && (
        <td>
          {verify && (
            <span title={verify.message}>
              <VerdictBadge result={verify} />
            </span>
          )}
        </td>
      )}
      {columns.includes('error') && <td className="max-w-[260px] py-1 whitespace-normal! text-warning">{error}</td>}
      <td className="r">
        {/* The same button, so that the focus stays. */}
        <Button
          size="small"
          variant={taken ? 'ghost' : 'plain'}
          aria-pressed={taken}
          onClick={() => !taken && onTake()}
          {...(taken && { icon: Check })}
        >
          {taken ? 'In the recipe' : 'Take'}
          <span className="sr-only"> {valueText(value)}</span>
        </Button>
      </td>
    </tr>
  );
}

function Results({ app, run }: { readonly app: App; readonly run: SweepRun }) {
  const { points, label } = run;
  const figures = figuresOf(points);
  const [shown, setShown] = useState('bytes');
  const figure = figures.find(({ id }) => id === shown) ?? figures[0]!;
  const columns = (['verify', 'error'] as const).filter((column) => points.some((point) => point[column] !== null));
  const now = useDocument(app, () => valueNow(app, run));
  const take = (index: number): void => void app.actions.takeValue(points[index]!.value);
  return (
    <>
      <div className="mt-4 mb-1 flex items-center gap-3">
        <h3 className="h3 mr-auto">
          {run.title}, {label}
        </h3>
        <Segments
          label="What is drawn"
          value={figure.id}
          options={figures.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={setShown}
        />
      </div>
      <SweepPlot run={run} figure={figure} onTake={take} />
      <div
        className="-mx-1.5 mt-2 overflow-x-auto px-1.5 pb-1"
        tabIndex={0}
        role="region"
        aria-label="Results by value"
      >
        <table aria-label="Sweep" className="table num">
          <thead>
            <tr>
              <th scope="col">{label}</th>
              {figures.map(({ id, title }) => (
                <th key={id} scope="col" className="r">
                  {title}
                </th>
              ))}
              {columns.includes('verify') && <th scope="col">Verdict</th>}
              {columns.includes('error') && <th scope="col">What went wrong</th>}
              <th scope="col">
                <span className="sr-only">Into the recipe</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map((point, index) => (
              <Row
                // oxlint-disable-next-line react/no-array-index-key -- values may stand there twice
                key={index}
                point={point}
                figures={figures}
                columns={columns}
                taken={JSON.stringify(now) === JSON.stringify(point.value)}
                onTake={() => take(index)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Progress({ app, run }: { readonly app: App; readonly run: SweepRun }) {
  const { points, total, status, error } = run;
  if (status === 'running') {
    return (
      <div className="mt-3 flex items-center gap-3">
        <span className="w-[220px]">
          <ProgressBar label="Sweep" done={points.length} total={total} />
        </span>
        <span className="num text-12 text-ink-2">
          {formatInteger(points.length)} of {formatInteger(total)}
        </span>
        <Button size="small" icon={Square} onClick={app.actions.cancelSweep}>
          Cancel
        </Button>
      </div>
    );
  }
  if (error) return <Problem error={error} what={`Sweep of ${run.label}`} compact />;
  if (status !== 'cancelled') return null;
  return (
    <p className="mt-3 text-12 text-ink-2">
      Cancelled after {formatInteger(points.length)} of {plural(total, 'value')}. What was found stays.
    </p>
  );
}

/** One option of one step, with several values: what each leads to, and a way to take one. */
export function SweepTab({ app }: { readonly app: App }) {
  useStore(app.document);
  useRecipes(app, (state) => state.form);
  const run = useRecipes(app, (state) => state.sweep);
  const form = sweepForm(app);
  if (!form) {
    return (
      <p className="text-12 text-ink-3">
        {sweptRecipe(app)
          ? 'No step of the recipe has an option that could take several values.'
          : 'The recipe has no step yet. Apply one that has options, such as Prune channels, and try several values of it here.'}
      </p>
    );
  }
  return (
    <>
      <Fields app={app} form={form} />
      {run && <Progress app={app} run={run} />}
      {run && run.points.length > 0 && <Results app={app} run={run} />}
    </>
  );
}
