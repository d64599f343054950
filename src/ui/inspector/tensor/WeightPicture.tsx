import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatInteger } from '../../../base/format.ts';
import type { PictureRequest, TensorPicture } from '../../../engine/detail-types.ts';
import type { App } from '../../../state/app.ts';
import { pictureKey } from '../../../state/inspection.ts';
import { IconButton, Segments } from '../../kit/controls.tsx';
import { useInspection } from '../../kit/use-store.ts';
import { PictureCanvas } from './PictureCanvas.tsx';
import type { TensorSubject } from './subject.ts';
import { Answer } from './Waiting.tsx';

type Change = (patch: Partial<PictureRequest>) => void;
interface ControlProps {
  readonly picture: TensorPicture;
  readonly request: PictureRequest;
  readonly onChange: Change;
}

/** Which input channel of the kernels is drawn: all together, one, or three as colours. */
function ChannelField({ picture, request, onChange }: ControlProps) {
  if (picture.kind !== 'kernels' || picture.channels < 2) return null;
  const { channel } = request;
  return (
    <span className="flex items-center gap-1.5">
      {picture.channels === 3 && (
        <button
          type="button"
          className="btn btn-sm btn-ghost"
          aria-pressed={channel === 'color'}
          onClick={() => onChange({ channel: channel === 'color' ? 'all' : 'color' })}
        >
          Colour
        </button>
      )}
      <label className="flex items-center gap-1.5 text-11 text-ink-3">
        input
        <input
          type="number"
          className="select num w-14"
          placeholder="all"
          min={0}
          max={picture.channels - 1}
          value={typeof channel === 'number' ? channel : ''}
          onChange={({ target }) => {
            const value = target.valueAsNumber;
            onChange({ channel: Number.isNaN(value) ? 'all' : Math.max(0, Math.min(picture.channels - 1, value)) });
          }}
        />
      </label>
    </span>
  );
}

const POOLINGS = [
  { value: 'mean', label: 'Mean' },
  { value: 'extreme', label: 'Largest' },
] as const;

/** How several elements become one cell. */
function PoolingField({ picture, request, onChange }: ControlProps) {
  const { kind, rowStep, columnStep, channels } = picture;
  const pools = kind === 'kernels' ? channels > 1 && request.channel === 'all' : rowStep * columnStep > 1;
  if (!pools || kind === 'line') return null;
  return (
    <Segments
      label="A cell is"
      value={request.pooling}
      options={POOLINGS}
      onChange={(pooling) => onChange({ pooling })}
    />
  );
}

/** Further kernels, or further matrices of a stack. */
function Pages({ picture, onChange }: ControlProps) {
  const { kind, from, count, tiles } = picture;
  const shown = kind === 'kernels' ? tiles : 1;
  if (count <= shown) return null;
  const what = kind === 'kernels' ? 'kernels' : 'matrix';
  const last = from + shown - 1;
  const range = from === last ? formatInteger(from) : `${formatInteger(from)}–${formatInteger(last)}`;
  return (
    <span className="num flex items-center gap-0.5 text-11 text-ink-3">
      <IconButton
        icon={ChevronLeft}
        size="small"
        label={`Previous ${what}`}
        disabled={from === 0}
        onClick={() => onChange({ from: Math.max(0, from - (kind === 'kernels' ? 1024 : 1)) })}
      />
      {range} of {formatInteger(count)}
      <IconButton
        icon={ChevronRight}
        size="small"
        label={`Next ${what}`}
        disabled={last >= count - 1}
        onClick={() => onChange({ from: last + 1 })}
      />
    </span>
  );
}

const startOf = ({ picture, axis, shape }: TensorSubject): PictureRequest => ({
  kind: picture ?? 'line',
  pooling: 'mean',
  // First-layer kernels over red, green and blue are seen best as what they look for.
  channel: picture === 'kernels' && shape[axis === 0 ? 1 : 0] === 3 ? 'color' : 'all',
  channelAxis: axis ?? 0,
  from: 0,
});

interface WeightPictureProps {
  readonly app: App;
  readonly tensor: TensorSubject;
  readonly name: string;
  readonly family: string;
}

/** A constant as a picture, drawn in the worker as small arrays when it is first looked at. */
export function WeightPicture({ app, tensor, name, family }: WeightPictureProps) {
  const [{ request, before }, setRequests] = useState(() => ({ request: startOf(tensor), before: startOf(tensor) }));
  const key = pictureKey(tensor.ref, request);
  const entry = useInspection(app, (state) => state.pictures[key]);
  const earlier = useInspection(app, (state) => state.pictures[pictureKey(tensor.ref, before)]);
  const wanted = entry === undefined;
  useEffect(() => {
    if (wanted) app.actions.loadPicture(tensor.ref, request);
  }, [app, tensor, request, wanted]);
  const onChange: Change = (patch) => setRequests({ request: { ...request, ...patch }, before: request });
  const ready = entry?.state === 'ready' ? entry.result : null;
  // The picture of before stays while the next one is drawn: nothing flickers.
  const picture = ready ?? (entry?.state === 'loading' && earlier?.state === 'ready' ? earlier.result : null);
  return (
    <div className="mt-2.5">
      {picture ? (
        <>
          <div className="mb-1.5 flex flex-wrap items-center justify-between gap-1.5">
            <PoolingField picture={picture} request={request} onChange={onChange} />
            <ChannelField picture={picture} request={request} onChange={onChange} />
            <Pages picture={picture} request={request} onChange={onChange} />
          </div>
          <PictureCanvas name={name} picture={picture} request={request} family={family} />
        </>
      ) : (
        <Answer
          app={app}
          tensor={tensor.ref}
          what="Picture"
          entry={entry}
          height={90}
          onAgain={() => app.actions.loadPicture(tensor.ref, request)}
        >
          {() => null}
        </Answer>
      )}
    </div>
  );
}
