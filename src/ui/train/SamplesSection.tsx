import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { formatInteger, formatShape, plural } from '../../base/format.ts';
import type { AccuracyDataView } from '../../engine/accuracy/data.ts';
import type { Drawn } from '../../engine/train/drawn.ts';
import type { TrainUse } from '../../protocol/api.ts';
import type { App } from '../../state/app.ts';
import type { SampleActions } from '../../state/given-samples.ts';
import type { TrainSamples } from '../../state/training-store.ts';
import { readPreprocess } from '../bench/accuracy/preprocess-file.ts';
import { saveJson } from '../bench/save-json.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useTraining } from '../kit/use-store.ts';
import { FaultLine } from '../prune/fields.tsx';
import { PreprocessList } from '../prune/PreprocessList.tsx';

/** What samples are called where they are given. */
export interface SampleWords {
  readonly title: string;
  /** Where there are none. */
  readonly none: string;
  /** In the names of buttons: `Training samples`. */
  readonly own: string;
  /** What to do without labels. */
  readonly unlabelled: string;
}

interface Props {
  readonly app: App;
  readonly samples: TrainSamples;
  readonly actions: SampleActions;
  readonly words: SampleWords;
  readonly disabled: boolean;
}

const WORDS: Readonly<Record<TrainUse, SampleWords>> = {
  train: {
    title: 'Data',
    none: 'Drop samples here: images in folders, idx, npy, npz, CSV, a text, or ONNX test data. They stay on this machine.',
    own: 'Training',
    unlabelled: 'no labels: only a teacher can train on them',
  },
  judge: {
    title: 'Test data',
    none: 'None. Samples that neither train nor choose the weights tell what was learnt: drop them here.',
    own: 'Test',
    unlabelled: 'no labels: only a teacher can train on them',
  },
};

/** Samples that the page makes, for those who have none. */
const MADE: readonly { readonly drawn: Drawn; readonly label: string; readonly title: string }[] = [
  { drawn: 'digits', label: 'Drawn digits', title: 'For models of digits, 28 by 28: drawn by this page' },
  { drawn: 'stories', label: 'Stories', title: 'For models of characters: small stories told by this page' },
];

function labelsText({ labels, kind }: AccuracyDataView, unlabelled: string): string {
  if (kind === 'text') return 'next tokens are the labels';
  if (!labels) return unlabelled;
  const { classes, fewest, most } = labels;
  const each = fewest === most ? formatInteger(most) : `${formatInteger(fewest)} to ${formatInteger(most)}`;
  return `${plural(classes, 'class', 'classes')}, ${each} samples each`;
}

function Choosers({ samples: { view, given }, actions, words: { own }, disabled }: Props) {
  return (
    <div className="flex flex-wrap gap-1.5">
      <FileButton label={`${own} samples`} multiple disabled={disabled} onFiles={(files) => void actions.give(files)}>
        {view ? 'Other files…' : 'Files…'}
      </FileButton>
      <FileButton
        label={`${own} folder of samples`}
        folder
        disabled={disabled}
        onFiles={(files) => void actions.give(files)}
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
            onClick={() => void actions.make(drawn)}
          >
            {label}
          </Button>
        ))}
      {view && view.kind !== 'text' && given?.drawn == null && (
        <FileButton
          label={`${own} labels file`}
          disabled={disabled}
          onFiles={([labels]) => void actions.change({ labels: labels ?? null })}
        >
          {view.labels ? 'Other labels…' : 'Labels…'}
        </FileButton>
      )}
      {view?.kind === 'text' && given?.drawn == null && (
        <>
          <Button size="small" disabled={disabled} onClick={() => void actions.change({ tokenizer: 'characters' })}>
            By characters
          </Button>
          <FileButton
            label={`${own} tokenizer file`}
            disabled={disabled}
            onFiles={([tokenizer]) => void actions.change({ tokenizer: tokenizer ?? null })}
          >
            Tokenizer…
          </FileButton>
        </>
      )}
    </div>
  );
}

/** How samples become inputs: folded away until somebody asks. */
function Preprocessing({ app, samples, actions, words, view }: Props & { readonly view: AccuracyDataView }) {
  const changes = samples.given?.changes;
  const set = actions.setPreprocess;
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
        onSet={(key, value) => void set({ [key]: value })}
        onReset={() => void set(null)}
      />
      <div className="mt-2 flex flex-wrap gap-1" role="group" aria-label="Presets of the preprocessing">
        {view.presets.map(({ id, title, changes: fields }) => (
          <Button key={id} size="small" variant="ghost" onClick={() => void set(fields)}>
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
          label={`Preprocessing as JSON, ${words.own.toLowerCase()}`}
          accept=".json"
          onFiles={([file]) => void (file && readPreprocess(file.file).then((fields) => set(fields)))}
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

/** Samples for one use: what they are, and how the model is fed with them. */
export function GivenSamples(props: Props) {
  const { samples, actions, words, disabled } = props;
  const { view, asking, error } = samples;
  const { title, none, own, unlabelled } = words;
  const { over, handlers } = useDrop((files) => {
    if (!disabled) void actions.give(files);
  });
  return (
    <section
      className={clsx('train-section', over && 'drop-lit')}
      aria-label={title}
      data-drop={own.toLowerCase()}
      {...handlers}
    >
      <h2 className="h4">
        {title}
        {view && (
          <IconButton
            icon={X}
            size="small"
            iconSize={12}
            label={`Take the ${title.toLowerCase()} away`}
            disabled={disabled}
            onClick={() => void actions.forget()}
          />
        )}
      </h2>
      {view ? (
        <p className="text-12">
          <span className="ell block font-medium" title={view.name}>
            {view.name}
          </span>
          <span className="num text-11 text-ink-3">
            {plural(view.count, 'sample')} · {labelsText(view, unlabelled)}
          </span>
        </p>
      ) : (
        <p className="text-11 text-ink-3">{none}</p>
      )}
      {asking && <p className="text-11 text-ink-2">Being read …</p>}
      {error && <FaultLine>{error.message}</FaultLine>}
      <Choosers {...props} />
      {view && <Preprocessing {...props} view={view} />}
    </section>
  );
}

interface SectionProps {
  readonly app: App;
  readonly use: TrainUse;
  readonly disabled: boolean;
}

/** Samples to train on, or to judge by. */
export function SamplesSection({ app, use, disabled }: SectionProps) {
  const samples = useTraining(app, (state) => state.data[use]);
  const actions = app.actions.trainSamples[use];
  return <GivenSamples app={app} samples={samples} actions={actions} words={WORDS[use]} disabled={disabled} />;
}
