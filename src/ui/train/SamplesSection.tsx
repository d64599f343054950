import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { formatInteger, formatShape, plural } from '../../base/format.ts';
import type { AccuracyDataView } from '../../engine/accuracy/data.ts';
import type { Drawn } from '../../engine/train/drawn.ts';
import type { TrainUse } from '../../protocol/api.ts';
import type { App } from '../../state/app.ts';
import { readPreprocess } from '../bench/accuracy/preprocess-file.ts';
import { saveJson } from '../bench/save-json.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useTraining } from '../kit/use-store.ts';
import { FaultLine } from '../prune/fields.tsx';
import { PreprocessList } from '../prune/PreprocessList.tsx';

interface Props {
  readonly app: App;
  readonly use: TrainUse;
  readonly disabled: boolean;
}

const WORDS: Readonly<Record<TrainUse, { readonly title: string; readonly none: string }>> = {
  train: {
    title: 'Data',
    none: 'Drop samples here: images in folders, idx, npy, npz, CSV, a text, or ONNX test data. They stay on this machine.',
  },
  judge: {
    title: 'Test data',
    none: 'None. Samples that neither train nor choose the weights tell what was learnt: drop them here.',
  },
};

/** Samples that the page makes, for those who have none. */
const MADE: readonly { readonly drawn: Drawn; readonly label: string; readonly title: string }[] = [
  { drawn: 'digits', label: 'Drawn digits', title: 'For models of digits, 28 by 28: drawn by this page' },
  { drawn: 'stories', label: 'Stories', title: 'For models of characters: small stories told by this page' },
];

function labelsText({ labels, kind }: AccuracyDataView): string {
  if (kind === 'text') return 'next tokens are the labels';
  if (!labels) return 'no labels: only a teacher can train on them';
  const { classes, fewest, most } = labels;
  const each = fewest === most ? formatInteger(most) : `${formatInteger(fewest)} to ${formatInteger(most)}`;
  return `${plural(classes, 'class', 'classes')}, ${each} samples each`;
}

function Choosers({ app, use, disabled }: Props) {
  const { view, given } = useTraining(app, (state) => state.data[use]);
  const { giveTrainFiles, changeTrainData, makeTrainData } = app.actions;
  const own = use === 'train' ? 'Training' : 'Test';
  return (
    <div className="flex flex-wrap gap-1.5">
      <FileButton
        label={`${own} samples`}
        multiple
        disabled={disabled}
        onFiles={(files) => void giveTrainFiles(use, files)}
      >
        {view ? 'Other files…' : 'Files…'}
      </FileButton>
      <FileButton
        label={`${own} folder of samples`}
        folder
        disabled={disabled}
        onFiles={(files) => void giveTrainFiles(use, files)}
      >
        {view ? 'Other folder…' : 'Folder…'}
      </FileButton>
      {!view &&
        MADE.map(({ drawn, label, title }) => (
          <Button
            key={drawn}
            size="small"
            variant="ghost"
            disabled={disabled}
            aria-label={`${label}, ${own.toLowerCase()}`}
            title={title}
            onClick={() => void makeTrainData(use, drawn)}
          >
            {label}
          </Button>
        ))}
      {view && view.kind !== 'text' && given?.drawn == null && (
        <FileButton
          label={`${own} labels file`}
          disabled={disabled}
          onFiles={([labels]) => void changeTrainData(use, { labels: labels ?? null })}
        >
          {view.labels ? 'Other labels…' : 'Labels…'}
        </FileButton>
      )}
      {view?.kind === 'text' && given?.drawn == null && (
        <>
          <Button
            size="small"
            disabled={disabled}
            onClick={() => void changeTrainData(use, { tokenizer: 'characters' })}
          >
            By characters
          </Button>
          <FileButton
            label={`${own} tokenizer file`}
            disabled={disabled}
            onFiles={([tokenizer]) => void changeTrainData(use, { tokenizer: tokenizer ?? null })}
          >
            Tokenizer…
          </FileButton>
        </>
      )}
    </div>
  );
}

/** How samples become inputs: folded away until somebody asks. */
function Preprocessing({ app, use, view }: Props & { readonly view: AccuracyDataView }) {
  const changes = useTraining(app, (state) => state.data[use].given?.changes);
  const set = app.actions.setTrainPreprocess;
  const [feed] = view.feeds;
  return (
    <details className="train-more">
      <summary>
        Preprocessing
        {feed && (
          <span className="mono ml-auto text-10 text-ink-3">
            {feed.dtype} {formatShape(feed.shape)}
          </span>
        )}
      </summary>
      <PreprocessList
        level={3}
        preprocess={view.preprocess as unknown as Readonly<Record<string, never>>}
        changed={Object.keys(changes ?? {})}
        onSet={(key, value) => void set(use, { [key]: value })}
        onReset={() => void set(use, null)}
      />
      <div className="mt-2 flex flex-wrap gap-1" role="group" aria-label="Presets of the preprocessing">
        {view.presets.map(({ id, title, changes: fields }) => (
          <Button key={id} size="small" variant="ghost" onClick={() => void set(use, fields)}>
            {title}
          </Button>
        ))}
        <Button
          size="small"
          variant="ghost"
          onClick={() => app.actions.saveFile('preprocess.json', saveJson(view.preprocess))}
        >
          Save JSON
        </Button>
        <FileButton
          label={`Preprocessing as JSON, ${use === 'train' ? 'training' : 'test'}`}
          accept=".json"
          onFiles={([file]) => void (file && readPreprocess(file.file).then((fields) => set(use, fields)))}
        >
          Load JSON…
        </FileButton>
      </div>
      <ul className="mt-1.5 text-11 text-ink-3">
        {view.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

/** Samples of one use: what they are, and how the model is fed with them. */
export function SamplesSection({ app, use, disabled }: Props) {
  const { view, asking, error } = useTraining(app, (state) => state.data[use]);
  const { giveTrainFiles, forgetTrainData } = app.actions;
  const { over, handlers } = useDrop((files) => {
    if (!disabled) void giveTrainFiles(use, files);
  });
  const { title, none } = WORDS[use];
  return (
    <section
      className={clsx('train-section', over && 'drop-lit')}
      aria-label={title}
      data-drop={`train-${use}`}
      {...handlers}
    >
      <h2 className="h4">
        {title}
        {view && (
          <IconButton
            icon={X}
            size="small"
            iconSize={12}
            label={use === 'train' ? 'Take the data away' : 'Take the test data away'}
            disabled={disabled}
            onClick={() => void forgetTrainData(use)}
          />
        )}
      </h2>
      {view ? (
        <p className="text-12">
          <span className="ell block font-medium" title={view.name}>
            {view.name}
          </span>
          <span className="num text-11 text-ink-3">
            {plural(view.count, 'sample')} · {labelsText(view)}
          </span>
        </p>
      ) : (
        <p className="text-11 text-ink-3">{none}</p>
      )}
      {asking && <p className="text-11 text-ink-2">Being read …</p>}
      {error && <FaultLine>{error.message}</FaultLine>}
      <Choosers app={app} use={use} disabled={disabled} />
      {view && <Preprocessing app={app} use={use} disabled={disabled} view={view} />}
    </section>
  );
}
