import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronLeft, RotateCcw, Scissors } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import type { App } from '../../state/app.ts';
import type { PruneSession } from '../../state/document.ts';
import { Icon, IconButton } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { isWhole, withLock, withoutWidth, withWidth, withWidthAlike } from './cut.ts';
import { DataSection } from './DataSection.tsx';
import { FrozenList } from './FrozenList.tsx';
import { GroupRow, type GroupActions } from './GroupRow.tsx';
import { NO_TARGET } from './goal.ts';
import './prune.css';
import { PruneSettings } from './PruneSettings.tsx';
import { useRowHarm } from './sensitivity/use-row-harm.ts';

const ROW_HEIGHT = 49;

interface Props {
  readonly app: App;
}

/** The actions of the rows; they read the options of the moment, so that rows need not be drawn again. */
function useGroupActions({ document, actions }: App): GroupActions {
  return useMemo(() => {
    const session = () => document.getState().prune;
    const options = () => session()?.options;
    return {
      setWidth(group, kept, alike) {
        const now = session();
        if (!now) return;
        const { options: before, plan } = now;
        actions.setPruneOptions(
          alike ? withWidthAlike(before, plan.groups, group, kept) : withWidth(before, group, kept),
        );
      },
      release(key) {
        const now = options();
        if (now) actions.setPruneOptions(withoutWidth(now, key));
      },
      lock(key, locked) {
        const now = options();
        if (now) actions.setPruneOptions(withLock(now, key, locked));
      },
      focus: (index) => actions.focusGroup(index),
    };
  }, [document, actions]);
}

function GroupList({ session, app }: { readonly session: PruneSession; readonly app: App }) {
  const { plan, options, forecast, group: focused } = session;
  const scroller = useRef<HTMLDivElement>(null);
  const actions = useGroupActions(app);
  const harmOf = useRowHarm(app);
  const rows = useVirtualizer({
    count: plan.groups.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 4,
  });
  // A group that was chosen on the canvas comes into view.
  useEffect(() => {
    if (focused !== null) rows.scrollToIndex(focused, { align: 'auto' });
  }, [focused, rows]);
  return (
    <div ref={scroller} className="min-h-[100px] flex-1 overflow-auto px-1.5" role="list" aria-label="Channel groups">
      <div className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const group = plan.groups[index];
          if (!group) return null;
          return (
            <div
              key={group.key}
              role="listitem"
              aria-setsize={plan.groups.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0"
              style={{ transform: `translateY(${start}px)`, height: ROW_HEIGHT }}
            >
              <GroupRow
                group={group}
                index={index}
                kept={forecast.kept[index] ?? group.channels}
                roundTo={options.roundTo}
                locked={isWhole(options, group)}
                own={Object.hasOwn(options.ratios, group.key)}
                selected={focused === index}
                {...harmOf(group.key, forecast.kept[index] ?? group.channels)}
                actions={actions}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The left panel while channels are pruned: the target, and every group with its own slider. */
export function PrunePanel({ app }: Props) {
  const session = useDocument(app, (state) => state.prune);
  if (!session) return null;
  const { plan, options } = session;
  const { actions } = app;
  const reset = (): void => actions.setPruneOptions({ ...NO_TARGET, ratio: 0, ratios: {}, protected: [] });
  return (
    <section className="flex h-full min-h-0 flex-col" aria-label="Prune channels">
      <header className="flex h-10 flex-none items-center gap-1.5 border-b border-line-soft pr-2 pl-2">
        <IconButton icon={ChevronLeft} label="Back" size="small" onClick={actions.cancelLook} />
        <Icon of={Scissors} className="text-accent" />
        <h2 className="h3 grow">Prune channels</h2>
        <IconButton icon={RotateCcw} label="Start over" size="small" iconSize={13} onClick={reset} />
      </header>
      <div className="prune-settings">
        <PruneSettings
          app={app}
          plan={plan}
          options={options}
          latency={session.latency}
          onOptions={actions.setPruneOptions}
          onImportance={(patch) => void actions.setImportance(patch)}
        />
        <DataSection app={app} options={options} />
      </div>
      <div className="panel-head">
        Groups <span className="font-regular text-ink-3">{plan.groups.length}</span>
        <span className="ml-auto pr-1.5 font-regular text-ink-3">most important first</span>
      </div>
      {plan.groups.length > 0 ? (
        <GroupList session={session} app={app} />
      ) : (
        <p className="grow px-3.5 text-12 text-ink-2">No channel of this model can be cut. The reasons stand below.</p>
      )}
      <FrozenList frozen={plan.frozen} onShow={actions.showRefusal} />
    </section>
  );
}
