import { CircleDashed, CircleHelp, CircleX, Minus, Plus, Timer, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import {
  formatBytes,
  formatInteger,
  formatSigned,
  formatSignedBytes,
  formatSignedCount,
  plural,
} from '../../base/format.ts';
import type { DocumentView, StopView } from '../../engine/types.ts';
import type { MeasuredGroup } from '../../recipe/types.ts';
import type { App } from '../../state/app.ts';
import { isSkipped } from '../../state/stepping.ts';
import { deviceName } from '../bench/agent.ts';
import { measuredText } from '../bench/measured.ts';
import { VerdictBadge } from '../checks/VerdictBadge.tsx';
import { Badge, Icon, MOD } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

/** A step that found no site: it is part of the recipe and changed nothing. */
const isIdle = (stop: StopView): boolean => stop.index > 0 && stop.sites === 0 && stop.lost.length === 0 && !stop.error;

type Tone = 'good' | 'changed' | 'error' | 'plain';

/** The dot's colour: red failed, amber lost sites or values changed, green checked. */
function toneOf(stop: StopView): Tone {
  if (isSkipped(stop)) return 'changed';
  if (stop.error || stop.verify?.ok === false) return 'error';
  if (stop.lost.length > 0) return 'changed';
  if (stop.index === 0) return 'good';
  return stop.verify ? (stop.preserves === 'approximation' ? 'changed' : 'good') : 'plain';
}

/** A step without effect, in few words. */
function IdleCard({ stop, hasOptions }: { readonly stop: StopView; readonly hasOptions: boolean }) {
  return (
    <>
      <span className="text-11 leading-[1.3] text-ink-2">{stop.title}</span>
      <span className="num mt-auto text-11 text-ink-3">
        {stop.measured ? 'timed, none kept' : 'no site'}
        {hasOptions && ', session options'}
      </span>
    </>
  );
}

/** Nodes of the opened file, or what the step changed. */
function Deltas({ stop, before }: { readonly stop: StopView; readonly before: StopView | undefined }) {
  const { summary } = stop;
  if (!before) {
    return (
      <>
        <span>{plural(summary.nodes, 'node')}</span>
        <span>{formatBytes(summary.bytes)}</span>
      </>
    );
  }
  const macs = summary.macs !== null && before.summary.macs !== null ? summary.macs - before.summary.macs : 0;
  const nodes = summary.nodes - before.summary.nodes;
  return (
    <>
      {macs !== 0 ? <span>{formatSignedCount(macs)} MACs</span> : <span>{formatSigned(nodes)} nodes</span>}
      <span>{formatSignedBytes(summary.bytes - before.summary.bytes)}</span>
    </>
  );
}

/** Timing decided on the sites of this step: what it found. */
function Measured({ groups }: { readonly groups: readonly MeasuredGroup[] }) {
  return (
    <span
      className="flex min-w-0 items-center gap-1"
      title={groups[0] && `Decided by measurement on ${deviceName(groups[0].device)}`}
    >
      <Icon of={Timer} size={12} className="text-ink-3" />
      <span className="sr-only">decided by measurement: </span>
      <span className="ell">{measuredText(groups)}</span>
    </span>
  );
}

function StopBadge({ stop }: { readonly stop: StopView }) {
  if (stop.index === 0) return <Badge>read</Badge>;
  if (isSkipped(stop)) {
    return (
      <Badge tone="warning" icon={CircleHelp}>
        skipped
      </Badge>
    );
  }
  if (stop.error) {
    return (
      <Badge tone="error" icon={CircleX}>
        failed
      </Badge>
    );
  }
  if (stop.lost.length > 0) {
    return (
      <Badge tone="warning" icon={TriangleAlert}>
        {plural(stop.lost.length, 'site')} lost
      </Badge>
    );
  }
  return isIdle(stop) ? <Badge>no change</Badge> : <VerdictBadge result={stop.verify} />;
}

function noteOf(stop: StopView): string {
  if (isSkipped(stop)) return 'not known here';
  if (stop.index === 0) return `opset ${stop.summary.opset}`;
  const off = stop.off > 0 ? `, ${formatInteger(stop.off)} off` : '';
  return stop.sites === 0 ? 'no site' : `${plural(stop.sites, 'site')}${off}`;
}

interface StopItemProps {
  readonly app: App;
  readonly document: DocumentView;
  readonly stop: StopView;
  readonly last: boolean;
}

function StopItem({ app, document, stop, last }: StopItemProps) {
  const current = stop.index === document.cursor;
  const undone = stop.index > document.cursor;
  const idle = isIdle(stop) && !current;
  // Of this step, not of one before it.
  const hasOptions = JSON.stringify(stop.session) !== JSON.stringify(document.stops[stop.index - 1]?.session ?? null);
  const trouble =
    stop.error?.message ?? (stop.lost.length > 0 ? `Not found again: ${stop.lost.join(', ')}` : undefined);
  const note = trouble && [trouble, stop.because].filter(Boolean).join(' ');
  return (
    <li
      className="stop"
      data-tone={toneOf(stop)}
      data-current={current ? '' : undefined}
      data-undone={undone ? '' : undefined}
      data-last={last ? '' : undefined}
      data-idle={idle ? '' : undefined}
    >
      <div className="stop-line" aria-hidden="true">
        <span className="stop-dot" />
      </div>
      <button
        type="button"
        className="stop-card"
        aria-current={current ? 'step' : undefined}
        title={note}
        onClick={() => void app.actions.moveTo(stop.index)}
      >
        {idle ? (
          <IdleCard stop={stop} hasOptions={hasOptions} />
        ) : (
          <>
            <span className="ell w-full text-12 font-strong">{stop.title}</span>
            <span className="mt-1 flex w-full min-w-0 items-center gap-1.5">
              <StopBadge stop={stop} />
              <span className="num ell text-11 text-ink-3">{undone ? 'undone' : noteOf(stop)}</span>
            </span>
            <span className="num mt-auto flex w-full gap-[9px] text-11 whitespace-nowrap text-ink-2">
              {stop.measured ? (
                <Measured groups={stop.measured} />
              ) : (
                <Deltas stop={stop} before={document.stops[stop.index - 1]} />
              )}
            </span>
          </>
        )}
      </button>
    </li>
  );
}

/** The step that Apply would add: dashed, its dot hollow. */
function PreviewStop({ app, document }: { readonly app: App; readonly document: DocumentView }) {
  const preview = useDocument(app, (state) => state.preview);
  const prune = useDocument(app, (state) => state.prune);
  const title = useDocument(
    app,
    (state) => state.passes.find((pass) => pass.id === (preview?.pass ?? 'prune-channels'))?.title,
  );
  const base = document.stops[document.cursor]?.summary;
  const nothing = useDocument(app, (state) => preview !== null && state.sites[preview.pass]?.sites.length === 0);
  if ((!preview && !prune) || !base || nothing) return null;
  const after = preview?.result?.summary;
  const macs = prune && base.macs !== null ? prune.forecast.macs - base.macs : null;
  const bytes = prune ? prune.forecast.bytes - base.bytes : after ? after.bytes - base.bytes : null;
  return (
    <li className="stop" data-preview="" data-last="">
      <div className="stop-line" aria-hidden="true">
        <span className="stop-dot" />
      </div>
      <div className="stop-card hover:bg-transparent">
        <span className="ell w-full text-12 font-strong">{title ?? 'Prune channels'}</span>
        <span className="mt-1 flex items-center gap-1.5">
          <Badge icon={preview?.error ? Minus : CircleDashed}>
            {preview?.error ? 'cannot be counted' : 'not checked yet'}
          </Badge>
          <span className="text-11 text-ink-3">preview</span>
        </span>
        <span className="num mt-auto flex gap-[9px] text-11 whitespace-nowrap text-ink-2">
          {macs !== null ? (
            <span>{formatSignedCount(Math.round(macs))} MACs</span>
          ) : (
            <span>{after ? formatSigned(after.nodes - base.nodes) : '…'} nodes</span>
          )}
          <span>{bytes === null ? '' : formatSignedBytes(Math.round(bytes))}</span>
        </span>
      </div>
    </li>
  );
}

/** The recipe: the original, each step, what is in preview. A click moves the cursor; later steps stay, undone. */
export function RecipeTimeline({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const previewing = useDocument(
    app,
    ({ preview, prune, sites }) => prune !== null || (preview !== null && sites[preview.pass]?.sites.length !== 0),
  );
  const list = useRef<HTMLOListElement>(null);
  const count = (document?.stops.length ?? 0) + (previewing ? 1 : 0);
  // What was added last comes into view.
  useEffect(() => {
    if (count > 0 && list.current) list.current.scrollLeft = list.current.scrollWidth;
  }, [count]);
  if (!document) return null;
  const shown = previewing ? document.stops.slice(0, document.cursor + 1) : document.stops;
  return (
    <ol ref={list} aria-label="Recipe" className="flex overflow-x-auto overflow-y-hidden px-3.5 pt-[11px] pb-2">
      {shown.map((stop) => (
        <StopItem
          key={stop.index}
          app={app}
          document={document}
          stop={stop}
          last={!previewing && stop.index === shown.length - 1}
        />
      ))}
      <PreviewStop app={app} document={document} />
      {!previewing && (
        <li className="mt-[18px] h-[77px] w-[150px] flex-none">
          <button
            type="button"
            className="flex h-full w-full flex-col items-center justify-center gap-[5px] rounded-3 text-ink-3 hover:bg-hover"
            onClick={() => app.actions.show({ palette: true })}
          >
            <span className="flex items-center gap-1.5">
              <Icon of={Plus} />
              Add a step
            </span>
            <span className="text-11">
              or press <kbd className="kbd">{MOD}K</kbd>
            </span>
          </button>
        </li>
      )}
    </ol>
  );
}
