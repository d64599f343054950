import { ArrowDown } from 'lucide-react';
import { useId } from 'react';
import { formatCount } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { App } from '../../state/app.ts';
import { SecondFileButton, SecondProblem } from '../bench/SideFields.tsx';
import { Icon } from '../kit/controls.tsx';
import { useCompare, useDocument, useTraining } from '../kit/use-store.ts';

interface SideProps {
  readonly app: App;
  readonly label: string;
  readonly value: CompareSide | null;
  readonly none?: string;
  readonly disabled: boolean;
  onChange(side: CompareSide | null): void;
}

const read = (text: string): CompareSide | null =>
  text === 'none' ? null : text === 'second' ? 'second' : Number(text);

/** One of the two, with what it weighs. */
function Side({ app, label, value, none, disabled, onChange }: SideProps) {
  const id = useId();
  const stops = useDocument(app, (state) => state.document?.stops) ?? [];
  const second = useCompare(app, (state) => state.second);
  const summary: ModelSummary | undefined =
    value === null ? undefined : value === 'second' ? second?.summary : stops[value]?.summary;
  return (
    <div className="train-side">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <select
        id={id}
        className="select h-7 w-full min-w-0"
        value={String(value ?? 'none')}
        disabled={disabled}
        onChange={(event) => onChange(read(event.target.value))}
      >
        {none !== undefined && <option value="none">{none}</option>}
        {stops.map(({ index, title }) => (
          <option key={index} value={index}>
            {index === 0 ? 'Original' : `${index} ${title}`}
          </option>
        ))}
        {second && <option value="second">{second.name}</option>}
      </select>
      {summary && (
        <p className="num flex flex-wrap justify-between gap-x-2 text-11 whitespace-nowrap text-ink-3">
          <span>{formatCount(summary.parameters)} parameters</span>
          <span>{formatCount(summary.macs)} MACs</span>
        </p>
      )}
    </div>
  );
}

/** Who learns, and from whom. */
export function SidesSection({ app, disabled }: { readonly app: App; readonly disabled: boolean }) {
  const { student, teacher } = useTraining(app, (state) => state.setup);
  const last = useDocument(app, (state) => (state.document?.stops.length ?? 1) - 1);
  const hasSecond = useCompare(app, (state) => state.second !== null);
  const fit = (side: CompareSide): CompareSide => (side === 'second' ? (hasSecond ? side : 0) : Math.min(side, last));
  const choose = app.actions.chooseTrainSides;
  return (
    <section className="train-section" aria-labelledby="train-sides">
      <h2 id="train-sides" className="h4">
        Teacher and student
      </h2>
      <Side
        app={app}
        label="Teacher, frozen"
        value={teacher === null ? null : fit(teacher)}
        none="No teacher: labels alone"
        disabled={disabled}
        onChange={(side) => choose({ teacher: side })}
      />
      <span className="flex justify-center text-ink-3">
        <Icon of={ArrowDown} size={12} />
      </span>
      <Side
        app={app}
        label="Student, trained"
        value={fit(student)}
        disabled={disabled}
        onChange={(side) => choose({ student: side ?? 0 })}
      />
      <div className="flex">
        <SecondFileButton app={app} disabled={disabled} onOpened={() => choose({ teacher: 'second' })} />
      </div>
      <SecondProblem app={app} />
    </section>
  );
}
