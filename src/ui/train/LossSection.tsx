import { MousePointerClick, Plus, X } from 'lucide-react';
import { useId, useState } from 'react';
import { formatShape } from '../../base/format.ts';
import type { HintPair, NamedValue } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { useTraining } from '../kit/use-store.ts';
import { Decimal, OneOf } from './fields.tsx';
import { useValues } from './use-values.ts';

interface NameProps {
  readonly label: string;
  readonly value: string;
  readonly list: string;
  readonly known: readonly NamedValue[];
  readonly disabled: boolean;
  onChange(name: string): void;
}

/** A name that may be typed or found in a list; it counts once the field is left. */
function Name({ label, value, list, known, disabled, onChange }: NameProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const shape = known.find(({ name }) => name === value)?.shape;
  const unknown = value !== '' && known.length > 0 && shape === undefined;
  return (
    <span className="field w-full">
      <input
        className="mono text-11"
        aria-label={label}
        aria-invalid={unknown}
        placeholder={label}
        list={list}
        spellCheck={false}
        disabled={disabled}
        value={draft ?? value}
        title={value}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={(event) => {
          if (event.target.value !== value) onChange(event.target.value.trim());
          setDraft(null);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(event.currentTarget.value.trim());
        }}
      />
      {unknown ? (
        <span className="text-10 text-warning">no such value</span>
      ) : (
        shape && <span className="mono text-10">{formatShape(shape.slice(1))}</span>
      )}
    </span>
  );
}

function Names({ id, values }: { readonly id: string; readonly values: readonly NamedValue[] }) {
  return (
    <datalist id={id}>
      {values.map(({ name, shape }) => (
        <option key={name} value={name}>
          {formatShape(shape)}
        </option>
      ))}
    </datalist>
  );
}

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** Values inside the student that are to be like values inside the teacher. */
function Hints({ app, disabled }: Props) {
  const { student, teacher, request } = useTraining(app, (state) => state.setup);
  const { hints } = request.losses;
  const [studentList, teacherList] = [useId(), useId()];
  const own = useValues(app, student, hints.length > 0);
  const theirs = useValues(app, teacher, hints.length > 0);
  const set = (next: readonly HintPair[]): void => app.actions.changeLosses({ hints: next });
  const change = (index: number, patch: Partial<HintPair>): void =>
    set(hints.map((each, at) => (at === index ? { ...each, ...patch } : each)));
  return (
    <div className="flex flex-col gap-2" role="group" aria-label="Hint pairs">
      <Names id={studentList} values={own} />
      <Names id={teacherList} values={theirs} />
      {hints.map((pair, index) => {
        const place = `pair ${index + 1}`;
        return (
          // Pairs have nothing but their places to be told apart by.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className="train-hint" role="group" aria-label={`Hint ${place}`}>
            <div className="flex items-center justify-between text-11 text-ink-3">
              Hint {place}
              <IconButton
                icon={X}
                size="small"
                iconSize={12}
                label={`Remove ${place}`}
                disabled={disabled}
                onClick={() => set(hints.filter((_, at) => at !== index))}
              />
            </div>
            <Name
              label={`Value of the student, ${place}`}
              value={pair.student}
              list={studentList}
              known={own}
              disabled={disabled}
              onChange={(name) => {
                // Between stops of one recipe most values keep their names.
                const same = pair.teacher === '' && theirs.some((each) => each.name === name);
                change(index, same ? { student: name, teacher: name } : { student: name });
              }}
            />
            <Name
              label={`Value of the teacher, ${place}`}
              value={pair.teacher}
              list={teacherList}
              known={theirs}
              disabled={disabled}
              onChange={(name) => change(index, { teacher: name })}
            />
            <OneOf
              label="Kind"
              title="Values: as they are, through a learnt map of channels. Attention: where each looks, whatever its channels. Block: as they are, and what comes behind is fed the teacher's."
              value={pair.kind}
              disabled={disabled}
              options={[
                ['hint', 'values'],
                ['attention', 'attention'],
                ['block', 'block'],
              ]}
              onChange={(kind) => change(index, { kind })}
            />
            <Decimal
              label="Factor"
              value={pair.factor}
              min={0}
              max={1e6}
              disabled={disabled}
              onChange={(factor) => change(index, { factor })}
            />
          </div>
        );
      })}
      <div className="flex flex-wrap gap-1.5">
        <Button
          size="small"
          icon={MousePointerClick}
          disabled={disabled}
          title="Teacher and student side by side: a node of each is a pair"
          onClick={app.actions.pickHints}
        >
          Pick on the graphs
        </Button>
        <Button
          size="small"
          icon={Plus}
          disabled={disabled}
          onClick={() => set([...hints, { student: '', teacher: '', kind: 'hint', factor: 0.1 }])}
        >
          Add a hint pair
        </Button>
      </div>
    </div>
  );
}

/** The terms of the loss, each with its factor; 0 leaves a term out. */
export function LossSection({ app, disabled }: Props) {
  const { teacher, request } = useTraining(app, (state) => state.setup);
  const view = useTraining(app, (state) => state.data.train.view);
  const { labels, logits, values, temperature, smoothing } = request.losses;
  const set = app.actions.changeLosses;
  const factor = { min: 0, max: 1e6, disabled };
  return (
    <section className="train-section" aria-label="Terms of the loss">
      <h2 className="h4">
        Loss
        <span className="font-regular text-ink-3">factors; 0 is left out</span>
      </h2>
      <Decimal
        label={view?.kind === 'text' ? 'Next token' : 'Labels'}
        value={labels}
        {...factor}
        onChange={(next) => set({ labels: next })}
      />
      {teacher !== null && (
        <>
          <Decimal
            label="KD, softened"
            title="KL to the teacher’s classes at the temperature"
            value={logits}
            {...factor}
            onChange={(next) => set({ logits: next })}
          />
          <Decimal
            label="Temperature"
            title="Softens the classes of both. 0: by how far apart the teacher’s scores lie"
            value={temperature ?? 0}
            min={0}
            max={1e6}
            disabled={disabled}
            onChange={(next) => set({ temperature: next === 0 ? null : next })}
          />
          <Decimal
            label="Values"
            title="Squared difference to the teacher’s outputs, where they are no classes"
            value={values}
            {...factor}
            onChange={(next) => set({ values: next })}
          />
        </>
      )}
      <Decimal
        label="Smoothing"
        title="Of labels: each class gets a share of the certainty"
        value={smoothing}
        min={0}
        max={0.9}
        disabled={disabled}
        onChange={(next) => set({ smoothing: next })}
      />
      {teacher !== null && <Hints app={app} disabled={disabled} />}
    </section>
  );
}
