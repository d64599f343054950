import { formatInteger, formatShape, formatValue, plural } from '../../base/format.ts';
import type { CalibrationView } from '../../engine/calibrate-files.ts';
import type { App } from '../../state/app.ts';
import type { CalibrationSession } from '../../state/document.ts';
import { FileButton } from '../kit/FileButton.tsx';
import { NumberField } from './fields.tsx';
import { PreprocessList } from './PreprocessList.tsx';

type Summary = CalibrationView['sample'][number];

/** Type, shape and the spread of the numbers of one tensor. */
function TensorRow({ tensor }: { readonly tensor: Summary }) {
  const { name, dtype, shape, statistics } = tensor;
  return (
    <li className="num text-11 text-ink-2 [overflow-wrap:anywhere]">
      {name !== '' && <span className="mono text-ink">{name} </span>}
      {dtype} {formatShape(shape)}
      {statistics && (
        <span className="block text-ink-3">
          {formatValue(statistics.min)} to {formatValue(statistics.max)}, mean {formatValue(statistics.mean)}, deviation{' '}
          {formatValue(statistics.std)}
        </span>
      )}
    </li>
  );
}

function Tensors({ title, tensors }: { readonly title: string; readonly tensors: readonly Summary[] }) {
  if (tensors.length === 0) return null;
  return (
    <div>
      <h4 className="mb-0.5 text-11 font-medium">{title}</h4>
      <ul>
        {tensors.map((tensor) => (
          <TensorRow key={tensor.name} tensor={tensor} />
        ))}
      </ul>
    </div>
  );
}

function labelsText({ labels }: CalibrationView): string {
  if (!labels) return 'none';
  const { classes, fewest, most } = labels;
  const each = fewest === most ? formatInteger(most) : `${formatInteger(fewest)} to ${formatInteger(most)}`;
  return `${plural(classes, 'class', 'classes')}, ${each} samples each`;
}

interface Props {
  readonly app: App;
  readonly session: CalibrationSession;
  readonly view: CalibrationView;
}

/** How the data are used, to be changed: how many samples, labels, preprocessing; and what the model is fed with. */
export function DataDetails({ app, session, view }: Props) {
  const { changeData } = app.actions;
  return (
    <div className="mt-2 flex flex-col gap-2.5">
      <div className="grid grid-cols-[5fr_6fr] items-end gap-x-2">
        <NumberField
          label="Samples"
          unit={`of ${formatInteger(view.count)}`}
          value={session.given.samples}
          min={1}
          max={100_000}
          settled
          onChange={(samples) => void changeData({ samples })}
        />
        <div className="min-w-0">
          <p className="ell mb-[3px] text-11 text-ink-3" title={labelsText(view)}>
            Labels: {labelsText(view)}
          </p>
          <FileButton label="Labels file" onFiles={([labels]) => void changeData({ labels: labels ?? null })}>
            {view.labels ? 'Other labels…' : 'Labels…'}
          </FileButton>
        </div>
      </div>
      <PreprocessList
        preprocess={view.preprocess as unknown as Readonly<Record<string, never>>}
        changed={Object.keys(session.given.changes)}
        onSet={(key, value) => void app.actions.setPreprocess(key, value)}
        onReset={() => void app.actions.resetPreprocess()}
      />
      <ul className="text-11 text-ink-3">
        {view.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        {view.judged > 0 && <li>What calibrates never judges: at most half of the samples do either.</li>}
      </ul>
      <Tensors title="First sample" tensors={view.sample} />
      <Tensors title="Fed to the model" tensors={view.feeds} />
    </div>
  );
}
