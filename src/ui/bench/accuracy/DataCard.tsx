import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { formatInteger, formatShape, formatValue, plural } from '../../../base/format.ts';
import type { AccuracyDataView } from '../../../engine/accuracy/data.ts';
import type { App } from '../../../state/app.ts';
import { Button, IconButton } from '../../kit/controls.tsx';
import { FileButton } from '../../kit/FileButton.tsx';
import { useDrop } from '../../kit/use-drop.ts';
import { useAccuracy } from '../../kit/use-store.ts';
import { FaultLine } from '../../prune/fields.tsx';
import { PreprocessList } from '../../prune/PreprocessList.tsx';
import { saveJson } from '../save-json.ts';
import { readPreprocess } from './preprocess-file.ts';
import { SamplePicture } from './SamplePicture.tsx';

function labelsText({ labels, targets }: AccuracyDataView): string {
  if (targets) {
    const [first] = targets;
    return first ? `target values ${formatShape(first.shape)} for each` : 'target values';
  }
  if (!labels) return 'no labels: only agreement between two models can be told';
  const { classes, fewest, most } = labels;
  const each = fewest === most ? formatInteger(most) : `${formatInteger(fewest)} to ${formatInteger(most)}`;
  return `${plural(classes, 'class', 'classes')}, ${each} samples each`;
}

/** Where nothing was given yet. */
function Nothing({ app }: { readonly app: App }) {
  const give = app.actions.giveAccuracyFiles;
  return (
    <>
      <p className="mt-1.5 max-w-[70ch] text-ink-2">
        Drop samples here, or choose them: a folder of images (a folder for each class, or with a file of labels), idx,
        npy, npz, CSV, or ONNX test data. They stay on this machine.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <FileButton label="Samples" multiple onFiles={(files) => void give(files)}>
          Files…
        </FileButton>
        <FileButton label="Folder of samples" folder onFiles={(files) => void give(files)}>
          Folder…
        </FileButton>
      </div>
    </>
  );
}

function Preprocessing({ app, view }: { readonly app: App; readonly view: AccuracyDataView }) {
  const changes = useAccuracy(app, (state) => state.given?.changes);
  const set = app.actions.setAccuracyPreprocess;
  return (
    <div className="min-w-0">
      <PreprocessList
        level={3}
        preprocess={view.preprocess as unknown as Readonly<Record<string, never>>}
        changed={Object.keys(changes ?? {})}
        onSet={(key, value) => void set({ [key]: value })}
        onReset={() => void set(null)}
      />
      <div className="mt-2 flex flex-wrap gap-1.5" role="group" aria-label="Presets of the preprocessing">
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
          label="Preprocessing as JSON"
          accept=".json"
          onFiles={([file]) => void (file && readPreprocess(file.file).then((fields) => set(fields)))}
        >
          Load JSON…
        </FileButton>
      </div>
    </div>
  );
}

/** Type, shape and spread of what the model is fed with. */
function Fed({ app, view }: { readonly app: App; readonly view: AccuracyDataView }) {
  const [feed] = view.feeds;
  const isChanged = useAccuracy(app, (state) => Object.keys(state.used?.changes ?? {}).length > 0);
  const isImage = view.preprocess.kind === 'image';
  return (
    <div className="min-w-0">
      {isImage && (
        <div className="mb-2 flex gap-3">
          <figure className="m-0 text-11 text-ink-3">
            <SamplePicture app={app} index={0} fed={false} label="The first sample as it lies in the file" side={112} />
            <figcaption className="mt-1">first sample</figcaption>
          </figure>
          <figure className="m-0 text-11 text-ink-3">
            <SamplePicture app={app} index={0} fed label="The first sample as the model gets it" side={112} />
            <figcaption className="mt-1">as the model gets it</figcaption>
          </figure>
        </div>
      )}
      {feed && (
        <p className="num text-11 text-ink-2 [overflow-wrap:anywhere]">
          <span className="mono text-ink">{feed.name}</span> {feed.dtype} {formatShape(feed.shape)}
          {feed.statistics && (
            <span className="block text-ink-3">
              {formatValue(feed.statistics.min)} to {formatValue(feed.statistics.max)}, mean{' '}
              {formatValue(feed.statistics.mean)}
            </span>
          )}
        </p>
      )}
      {isChanged && view.notes.length > 0 && (
        <p className="mt-1.5 text-11 text-ink-3">Proposed before it was changed:</p>
      )}
      <ul className="mt-1.5 text-11 text-ink-3">
        {view.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </div>
  );
}

/** The samples, what they should give, and how the model is fed with them. */
export function DataCard({ app }: { readonly app: App }) {
  const { view, asking, error, given } = useAccuracy(app, (state) => state);
  const { giveAccuracyFiles, changeAccuracyData, forgetAccuracyData } = app.actions;
  const { over, handlers } = useDrop((files) => void giveAccuracyFiles(files));
  return (
    <section
      className={clsx('card px-[18px] py-3.5', over && 'drop-lit')}
      aria-label="Labelled data"
      data-drop="accuracy"
      {...handlers}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="h3">{view ? view.name : 'Labelled data'}</h2>
        {view && (
          <span className="num text-11 text-ink-3">
            {plural(view.count, 'sample')} · {labelsText(view)}
          </span>
        )}
        {view && (
          <span className="ml-auto flex flex-wrap items-center gap-1.5">
            <FileButton label="Labels file" onFiles={([labels]) => void changeAccuracyData({ labels: labels ?? null })}>
              {view.labels ? 'Other labels…' : 'Labels…'}
            </FileButton>
            <FileButton
              label="Target values"
              onFiles={([targets]) => void changeAccuracyData({ targets: targets ?? null })}
            >
              Targets…
            </FileButton>
            <FileButton label="Samples" multiple onFiles={(files) => void giveAccuracyFiles(files)}>
              Other files…
            </FileButton>
            <FileButton label="Folder of samples" folder onFiles={(files) => void giveAccuracyFiles(files)}>
              Other folder…
            </FileButton>
            <IconButton
              icon={X}
              size="small"
              iconSize={13}
              label="Take the data away"
              onClick={() => void forgetAccuracyData()}
            />
          </span>
        )}
      </div>
      {asking && <p className="mt-1.5 text-11 text-ink-2">Being read …</p>}
      {error && (
        <div className="mt-1.5">
          <FaultLine>{error.message}</FaultLine>
        </div>
      )}
      {!view && !(asking && given) && <Nothing app={app} />}
      {view && (
        <div className="accuracy-data mt-3">
          <Preprocessing app={app} view={view} />
          <Fed app={app} view={view} />
        </div>
      )}
    </section>
  );
}
