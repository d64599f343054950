import { clsx } from 'clsx';
import { ChevronDown, ChevronRight, X } from 'lucide-react';
import { useState } from 'react';
import { formatInteger, formatShape, plural } from '../../base/format.ts';
import type { CalibrationView } from '../../engine/calibrate-files.ts';
import type { PruneOptions } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import { ratesByData } from '../../state/prune-actions.ts';
import { reestimates } from '../../state/prune-schedule.ts';
import { Icon, IconButton } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useDocument } from '../kit/use-store.ts';
import { DataDetails } from './DataDetails.tsx';
import { FaultLine } from './fields.tsx';

const KINDS: Readonly<Record<CalibrationView['kind'], string>> = {
  images: 'images',
  array: 'rows of an array',
  feeds: 'recorded inputs',
  text: 'pieces of text',
  synthetic: 'made-up inputs',
};

const LIST = new Intl.ListFormat('en-GB');

/** What looks at the data at present, in words. */
function usersOf(options: PruneOptions, norms: boolean): string {
  const users = [
    ...(ratesByData(options) ? ['the importance'] : []),
    ...(options.repair === 'none' ? [] : ['making up for cuts']),
    ...(norms ? ['batch norms'] : []),
  ];
  return users.length > 0 ? `Used for ${LIST.format(users)}.` : 'Not used so far.';
}

function Give({ app, replace }: { readonly app: App; readonly replace: boolean }) {
  const give = app.actions.giveData;
  return (
    <div className="mt-1.5 flex flex-wrap items-center gap-1.5">
      <FileButton label="Calibration data" multiple onFiles={(files) => void give(files)}>
        {replace ? 'Other files…' : 'Files…'}
      </FileButton>
      <FileButton label="Folder of calibration data" folder onFiles={(files) => void give(files)}>
        Folder…
      </FileButton>
    </div>
  );
}

/** How many of what, and the shape of one. */
function Summary({ view }: { readonly view: CalibrationView }) {
  const { used, judged, count, kind, sample } = view;
  const [first] = sample;
  return (
    <>
      <p className="num mt-px text-11 text-ink-2">
        {used < count ? `${formatInteger(used)} of ${formatInteger(count)}` : formatInteger(count)} {KINDS[kind]}
        {first && sample.length === 1 && `, ${first.dtype} ${formatShape(first.shape)}`}
      </p>
      <p className="num text-11 text-ink-2">
        {formatInteger(used)} calibrate,{' '}
        {judged > 0 ? `${formatInteger(judged)} others judge` : 'none is left to judge'}
      </p>
    </>
  );
}

/** What activations are observed on: made-up inputs until a person gives data, by choosing files or dropping them. */
export function DataSection({ app, options }: { readonly app: App; readonly options: PruneOptions }) {
  const session = useDocument(app, (state) => state.calibration);
  const norms = useDocument(app, reestimates);
  const [open, setOpen] = useState(false);
  const { over, handlers } = useDrop((files) => void app.actions.giveData(files));
  const view = session?.view ?? null;
  return (
    <section
      aria-label="Calibration data"
      className={clsx('sec flex-none', over && 'drop-lit')}
      data-drop="calibration"
      {...handlers}
    >
      <div className="flex h-5 items-center gap-1.5">
        <h3 className="text-11 font-strong">Data</h3>
        {view ? (
          <button
            type="button"
            className="flex min-w-0 grow items-center gap-0.5 text-left text-12"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <Icon of={open ? ChevronDown : ChevronRight} size={13} className="text-ink-3" />
            <span className="ell" title={view.name}>
              {view.name}
            </span>
          </button>
        ) : (
          <span className="grow text-12 text-ink-2">made-up inputs</span>
        )}
        {session && (
          <IconButton
            icon={X}
            size="small"
            iconSize={13}
            label="Back to made-up inputs"
            onClick={() => void app.actions.removeData()}
          />
        )}
      </div>
      {view && <Summary view={view} />}
      <p className="text-11 text-ink-3">{usersOf(options, norms)}</p>
      {session?.asking && <p className="text-11 text-ink-2">Being read …</p>}
      {session?.error && (
        <div className="mt-1.5">
          <FaultLine>{session.error.message}</FaultLine>
        </div>
      )}
      {session && view && open && <DataDetails app={app} session={session} view={view} />}
      {(!view || open) && <Give app={app} replace={view !== null} />}
      {!view && <p className="mt-1.5 text-11 text-ink-3">or dropped here: images, npy, npz, idx, pb, text</p>}
      <span className="sr-only" aria-live="polite">
        {view && `${plural(view.used, 'sample')} of ${view.name} in use`}
      </span>
    </section>
  );
}
