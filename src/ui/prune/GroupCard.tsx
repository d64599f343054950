import { CopyCheck, Minus, Table2, X } from 'lucide-react';
import { useState } from 'react';
import { formatInteger, formatSignedBytes, formatSignedCount, plural } from '../../base/format.ts';
import type { ImportanceId, PruneGroupView } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import type { PruneSession } from '../../state/document.ts';
import { groupGain, groupsWith } from '../../state/prune-actions.ts';
import { Badge, Button, IconButton } from '../kit/controls.tsx';
import { FamilyGlyph } from '../kit/Glyph.tsx';
import { useDocument, useView } from '../kit/use-store.ts';
import { ChannelCells } from './ChannelCells.tsx';
import { alike, isWhole, unitOf, unitsOf, withWidth, withWidthAlike } from './cut.ts';
import { CutChart } from './CutChart.tsx';
import { GroupReasons } from './GroupReasons.tsx';
import { ImportanceTable } from './ImportanceTable.tsx';
import './prune.css';
import { GroupCurve } from './sensitivity/GroupCurve.tsx';

/** The card with its distance from the canvas's right edge, px. */
export const GROUP_CARD_COVERS = 394 + 44;

const IMPORTANCE_NAMES: Readonly<Record<ImportanceId, string>> = {
  l2: 'L2 over all members',
  l1: 'L1 over all members',
  'bn-scale': 'scale of the batch norm',
  fpgm: 'distance from the geometric median',
  lamp: 'layer-adaptive magnitude',
  activation: 'mean activation',
  apoz: 'share of activations that are not zero',
  wanda: 'weights times activations',
  taylor: 'change of the loss (Taylor)',
  order: 'the order of the channels',
  random: 'random numbers',
  scores: 'your own scores',
  formula: 'your own formula',
};

interface HeadProps {
  readonly group: PruneGroupView;
  readonly kept: number;
  onClose(): void;
}
function Head({ group, kept, onClose }: HeadProps) {
  const cut = unitsOf(group, group.channels) - unitsOf(group, kept);
  const block = group.channels / group.atoms;
  const apart = group.isHeads
    ? ` · ${plural(group.atoms, 'head')} of ${plural(block, 'channel')}`
    : block > 1
      ? ` · channels go ${formatInteger(block)} at a time`
      : '';
  return (
    <header className="flex items-start gap-2">
      {group.isHeads && (
        <span className="mt-0.5">
          <FamilyGlyph family="attn" size={14} />
        </span>
      )}
      <div className="min-w-0 grow">
        <h2 className="h3 ell" title={group.name}>
          {group.name}
        </h2>
        <p className="mt-px text-11 text-ink-3">
          {plural(group.members.length, 'member')} share this axis
          {apart}
        </p>
      </div>
      <Badge tone={cut > 0 ? 'error' : 'none'} {...(cut > 0 ? { icon: Minus } : {})}>
        {cut > 0 ? plural(cut, unitOf(group)) : 'all kept'}
      </Badge>
      <IconButton icon={X} label="Close the group" size="small" iconSize={13} onClick={onClose} />
    </header>
  );
}

function Legend({ session, index }: { readonly session: PruneSession; readonly index: number }) {
  const gain = groupGain(session, index);
  return (
    <div className="mt-2 flex items-center gap-3 text-11 text-ink-2">
      <span className="flex items-center gap-1.5">
        <i className="size-2 rounded-1 bg-(--op-conv)" />
        kept, by importance
      </span>
      <span className="flex items-center gap-1.5">
        <i className="ghost-key" />
        cut
      </span>
      <span className="num ml-auto">
        {formatSignedCount(Math.round(gain.macs))} MACs · {formatSignedBytes(Math.round(gain.bytes))}
      </span>
    </div>
  );
}

interface ChartsProps {
  readonly app: App;
  readonly session: PruneSession;
  readonly group: PruneGroupView;
  readonly kept: number;
}

/** Importances with the cut, and the channels as they lie in the file; or both as one table. */
function Charts({ app, session, group, kept }: ChartsProps) {
  const [table, setTable] = useState(false);
  const { options } = session;
  return (
    <>
      <div className="mt-2 flex items-center gap-2">
        <p className="grow text-11 text-ink-2">
          Importance by {unitOf(group)}, {IMPORTANCE_NAMES[options.importance]}
        </p>
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          Show as table
        </Button>
      </div>
      {table ? (
        <ImportanceTable group={group} kept={kept} />
      ) : (
        <>
          <CutChart
            group={group}
            kept={kept}
            roundTo={options.roundTo}
            locked={isWhole(options, group)}
            onChange={(next, all) =>
              app.actions.setPruneOptions(
                all ? withWidthAlike(options, session.plan.groups, group, next) : withWidth(options, group, next),
              )
            }
          />
          <p className="mt-1 mb-1.5 text-11 text-ink-2">
            {group.isHeads ? 'Heads' : group.atoms === group.channels ? 'Channels' : 'Blocks'} in file order
          </p>
          <ChannelCells group={group} kept={kept} />
        </>
      )}
    </>
  );
}

/** Gives this group's share to every group that is built like it, and leads to the node's other groups. */
function Others({ app, session, group, kept }: ChartsProps) {
  const { plan, options } = session;
  const selected = useView(app, (state) => state.selected);
  const same = alike(plan.groups, group).length;
  const others = selected === null ? [] : groupsWith(plan, selected).filter((index) => plan.groups[index] !== group);
  if (same < 2 && others.length === 0) return null;
  return (
    <div className="mt-2.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-11 text-ink-2">
      {same > 1 && (
        <Button
          size="small"
          icon={CopyCheck}
          disabled={isWhole(options, group)}
          title="Shift while a slider moves does the same"
          onClick={() => app.actions.setPruneOptions(withWidthAlike(options, plan.groups, group, kept))}
        >
          Same share for all {formatInteger(same)} built alike
        </Button>
      )}
      {others.length > 0 && (
        <span>
          The selected node is also in{' '}
          {others.map((index, at) => (
            <span key={index}>
              {at > 0 && ', '}
              <button type="button" className="link" onClick={() => app.actions.focusGroup(index)}>
                {plan.groups[index]?.name}
              </button>
            </span>
          ))}
        </span>
      )}
    </div>
  );
}

/** The group in focus, floating on the canvas: its importances, the cut, its channels, and why they are tied. */
export function GroupCard({ app }: { readonly app: App }) {
  const session = useDocument(app, (state) => state.prune);
  const index = session?.group ?? null;
  const group = index === null ? undefined : session?.plan.groups[index];
  if (!session || index === null || !group) return null;
  const kept = session.forecast.kept[index] ?? group.channels;
  return (
    <section className="float group-card" aria-label={`Group ${group.name}`}>
      <Head group={group} kept={kept} onClose={() => app.actions.focusGroup(null)} />
      <Charts app={app} session={session} group={group} kept={kept} />
      <Legend session={session} index={index} />
      <GroupCurve app={app} group={group} kept={kept} />
      <Others app={app} session={session} group={group} kept={kept} />
      <GroupReasons group={group} onShow={app.actions.focusNode} />
    </section>
  );
}
