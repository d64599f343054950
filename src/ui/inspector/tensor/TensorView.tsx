import { useEffect, useState } from 'react';
import { formatBytes, formatInteger, formatShape, plural } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { tensorKey } from '../../../state/inspection.ts';
import { useInspection } from '../../kit/use-store.ts';
import { ChannelRanges } from './ChannelRanges.tsx';
import { Histogram } from './Histogram.tsx';
import { StatsGrid } from './StatsGrid.tsx';
import type { TensorSubject } from './subject.ts';
import { useSeen } from './use-seen.ts';
import { ValuesTable } from './ValuesTable.tsx';
import { Answer } from './Waiting.tsx';
import { WeightPicture } from './WeightPicture.tsx';

interface TensorViewProps {
  readonly app: App;
  readonly tensor: TensorSubject;
  readonly title: string;
  readonly family: string;
  /** Only what fits beside a node's other facts: no table of numbers, no ranges. */
  readonly brief?: boolean;
}

const isOrdered = ({ dtype }: TensorSubject): boolean => dtype !== 'string' && !dtype.startsWith('complex');

/** Statistics, asked for when the tensor is first in view. Their height is kept free while they are computed. */
function Statistics({ app, tensor, family, brief = false }: TensorViewProps) {
  const entry = useInspection(app, (state) => state.stats[tensorKey(tensor.ref)]);
  const load = (): void => app.actions.loadTensor(tensor.ref, tensor.axis);
  const wanted = entry === undefined;
  useEffect(() => {
    if (wanted) app.actions.loadTensor(tensor.ref, tensor.axis);
  }, [app, tensor, wanted]);
  return (
    <Answer app={app} tensor={tensor.ref} what="Statistics" entry={entry} height={brief ? 74 : 132} onAgain={load}>
      {(stats) => (
        <>
          {stats.histogram.length > 0 && <Histogram stats={stats} family={family} />}
          {!brief && <StatsGrid stats={stats} />}
          {!brief && stats.channels && <ChannelRanges ranges={stats.channels} family={family} />}
        </>
      )}
    </Answer>
  );
}

function Values({ app, tensor }: { readonly app: App; readonly tensor: TensorSubject }) {
  const [open, setOpen] = useState(!isOrdered(tensor));
  return (
    <div className="mt-2">
      <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide the values' : 'Show as table'}
      </button>
      {open && <ValuesTable app={app} tensor={tensor} />}
    </div>
  );
}

/** A constant: how its elements lie, how they look, what they are. */
export function TensorView({ app, tensor, title, family, brief = false }: TensorViewProps) {
  const [place, seen] = useSeen();
  const size = tensor.shape.reduce((product, each) => product * each, 1);
  const stats = useInspection(app, (state) => state.stats[tensorKey(tensor.ref)]);
  // Said once: what cannot be counted cannot be drawn either.
  const readable = stats?.state !== 'failed';
  const bytes = stats?.state === 'ready' ? ` · ${formatBytes(stats.result.bytes)}` : '';
  return (
    <div ref={place}>
      <h4 className="h4 mb-1 pr-9">
        <span className="ell">
          {title} <span className="mono font-regular text-ink-3">{formatShape(tensor.shape)}</span>
        </span>
        <span className="num font-regular text-ink-3">{formatInteger(size) + bytes}</span>
      </h4>
      {!isOrdered(tensor) && (
        <p className="text-11 text-ink-3">
          {plural(size, 'element')} of type {tensor.dtype}, which has no order: no range and no picture.
        </p>
      )}
      {seen && isOrdered(tensor) && size > 0 && (
        <>
          <Statistics app={app} tensor={tensor} title={title} family={family} brief={brief} />
          {tensor.picture && readable && (
            <WeightPicture key={tensorKey(tensor.ref)} app={app} tensor={tensor} name={title} family={family} />
          )}
        </>
      )}
      {seen && !brief && readable && <Values app={app} tensor={tensor} />}
    </div>
  );
}
