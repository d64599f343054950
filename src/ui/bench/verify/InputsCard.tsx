import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { useId } from 'react';
import { formatInteger, formatShape, formatValue, plural } from '../../../base/format.ts';
import type { LabInputs } from '../../../engine/verify-lab/types.ts';
import type { App } from '../../../state/app.ts';
import type { VerifyInputs, VerifySetup } from '../../../state/verify-lab-store.ts';
import { IconButton } from '../../kit/controls.tsx';
import { FileButton } from '../../kit/FileButton.tsx';
import { useDrop } from '../../kit/use-drop.ts';
import { PreprocessList } from '../../prune/PreprocessList.tsx';

const KINDS: Readonly<Record<LabInputs['kind'], string>> = {
  recorded: 'recorded inputs',
  images: 'images',
  array: 'rows of an array',
  feeds: 'recorded inputs',
  text: 'pieces of text',
  synthetic: 'made-up inputs',
};
const SEEDS = [0, 1, 3, 5, 10] as const;
const SAMPLES = [1, 4, 8, 16, 32, 64] as const;

interface Props {
  readonly app: App;
  readonly setup: VerifySetup;
  readonly inputs: VerifyInputs | null;
  readonly disabled: boolean;
}

/** What both models are run on: made-up inputs, files of a person's own, or both. */
export function InputsCard({ app, setup, inputs, disabled }: Props) {
  const id = useId();
  const give = app.actions.giveVerifyInputs;
  const { over, handlers } = useDrop((files) => void give(files));
  const view = inputs?.view ?? null;
  return (
    <section
      aria-label="Inputs"
      className={clsx('card min-w-0 px-[18px] py-3.5', over && 'drop-lit')}
      data-drop="verify"
      {...handlers}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="h3 grow">Inputs</h2>
        <label htmlFor={`${id}-seeds`} className="text-11 text-ink-3">
          Made up
        </label>
        <select
          id={`${id}-seeds`}
          className="select"
          value={setup.seeds}
          disabled={disabled}
          onChange={({ target }) => app.actions.setUpVerify({ seeds: Number(target.value) })}
        >
          {SEEDS.map((count) => (
            <option key={count} value={count}>
              {count === 0 ? 'none, files alone' : `${plural(count, 'seed')} and special ones`}
            </option>
          ))}
        </select>
      </div>
      <div className="mt-2.5 flex flex-wrap items-center gap-1.5">
        <FileButton label="Files of inputs" multiple disabled={disabled} onFiles={(files) => void give(files)}>
          {inputs ? 'Other files…' : 'Your files…'}
        </FileButton>
        <FileButton label="Folder of inputs" folder disabled={disabled} onFiles={(files) => void give(files)}>
          Folder…
        </FileButton>
        {!inputs && (
          <span className="text-11 text-ink-3">or dropped here: test data (.pb), npz, npy, images, idx, csv, text</span>
        )}
        {inputs && (
          <IconButton
            icon={X}
            size="small"
            label="Made-up inputs alone"
            disabled={disabled}
            onClick={app.actions.removeVerifyInputs}
          />
        )}
      </div>
      {inputs?.asking && <p className="mt-1.5 text-11 text-ink-2">Being read …</p>}
      {inputs?.error && (
        <p role="alert" className="mt-1.5 text-11 text-error [overflow-wrap:anywhere]">
          {inputs.error.message}
        </p>
      )}
      {inputs && view && <Held app={app} inputs={inputs} view={view} disabled={disabled} />}
    </section>
  );
}

interface HeldProps {
  readonly app: App;
  readonly inputs: VerifyInputs;
  readonly view: LabInputs;
  readonly disabled: boolean;
}

/** What the files hold, and what A is fed with. */
function Held({ app, inputs, view, disabled }: HeldProps) {
  const id = useId();
  const { name, kind, count, used, feeds, expected, preprocess, notes } = view;
  const choices = [...new Set([...SAMPLES, inputs.given.samples])].sort((a, b) => a - b);
  return (
    <div className="mt-2 text-12">
      <p className="num flex flex-wrap items-center gap-x-1.5">
        <b className="ell max-w-64 font-strong" title={name}>
          {name}
        </b>
        <span className="text-ink-2">
          {used < count ? `${formatInteger(used)} of ${formatInteger(count)}` : formatInteger(count)} {KINDS[kind]}
        </span>
        <label htmlFor={id} className="ml-auto text-11 text-ink-3">
          At most
        </label>
        <select
          id={id}
          className="select"
          value={inputs.given.samples}
          disabled={disabled}
          onChange={({ target }) => void app.actions.changeVerifyInputs({ samples: Number(target.value) })}
        >
          {choices.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </p>
      <ul className="mt-1 text-11 text-ink-2">
        {feeds.map(({ name: input, dtype, shape, statistics }) => (
          <li key={input} className="num [overflow-wrap:anywhere]">
            <span className="mono text-ink">{input}</span> {dtype} {formatShape(shape)}
            {statistics && (
              <span className="text-ink-3">
                {' '}
                {formatValue(statistics.min)} to {formatValue(statistics.max)}
              </span>
            )}
          </li>
        ))}
        {expected.length > 0 && <li>Recorded outputs, compared too: {expected.join(', ')}.</li>}
        {notes.map((note) => (
          <li key={note} className="text-ink-3">
            {note}
          </li>
        ))}
      </ul>
      {preprocess && (
        <details className="mt-1.5">
          <summary className="cursor-pointer text-11 text-ink-2">How samples become inputs</summary>
          <div className="mt-1.5">
            <PreprocessList
              preprocess={preprocess as unknown as Readonly<Record<string, never>>}
              changed={Object.keys(inputs.given.changes)}
              onSet={(key, value) => void app.actions.setVerifyPreprocess(key, value)}
              onReset={() => void app.actions.changeVerifyInputs({ changes: {} })}
            />
          </div>
        </details>
      )}
    </div>
  );
}
