import { Info, Minus, Table2, X } from 'lucide-react';
import { useState } from 'react';
import { formatInteger, formatSignedBytes, formatSignedCount, plural } from '../../base/format.ts';
import type { ImportanceId, PruneGroupView } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import type { PruneSession } from '../../state/document.ts';
import { groupGain } from '../../state/prune-actions.ts';
import { Badge, Button, Icon, IconButton } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { ChannelCells } from './ChannelCells.tsx';
import { withWidth } from './cut.ts';
import { CutChart } from './CutChart.tsx';
import { ImportanceTable } from './ImportanceTable.tsx';
import './prune.css';

const IMPORTANCE_NAMES: Readonly<Record<ImportanceId, string>> = {
  l2: 'L2 over all members',
  l1: 'L1 over all members',
  'bn-scale': 'scale of the batch norm',
  fpgm: 'distance from the geometric median',
  lamp: 'layer-adaptive magnitude',
  activation: 'mean activation',
  apoz: 'share of activations that are not zero',
  wanda: 'weights times activations',
  random: 'random numbers',
  scores: 'your own scores',
};

interface HeadProps {
  readonly group: PruneGroupView;
  readonly kept: number;
  onClose(): void;
}
function Head({ group, kept, onClose }: HeadProps) {
  const cut = group.channels - kept;
  const block = group.channels / group.atoms;
  return (
    <header className="flex items-start gap-2">
      <div className="min-w-0 grow">
        <h2 className="h3 ell" title={group.name}>
          {group.name}
        </h2>
        <p className="mt-px text-11 text-ink-3">
          {plural(group.members.length, 'member')} share this axis
          {block > 1 && ` · channels go ${formatInteger(block)} at a time`}
        </p>
      </div>
      <Badge tone={cut > 0 ? 'error' : 'none'} {...(cut > 0 ? { icon: Minus } : {})}>
        {cut > 0 ? plural(cut, 'channel') : 'all kept'}
      </Badge>
      <IconButton icon={X} label="Close the group" size="small" iconSize={13} onClick={onClose} />
    </header>
  );
}

type Member = PruneGroupView['members'][number];

/** Members with the same role for the same reason, in the order of the graph. */
function membersByReason(members: readonly Member[]): readonly (readonly [string, readonly Member[]])[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const same = groups.get(member.why);
    if (same) same.push(member);
    else groups.set(member.why, [member]);
  }
  return [...groups];
}

/** Where the axis runs, and why, in the words of the dependency graph; each node is a way to it. */
function Reasons({ group, onShow }: { readonly group: PruneGroupView; onShow(node: number): void }) {
  return (
    <div className="group-why">
      <Icon of={Info} size={15} className="mt-px text-ink-3" />
      <div className="min-w-0 text-12 text-ink-2">
        <h3 className="font-medium text-ink">Why these move together</h3>
        <ul>
          {membersByReason(group.members).map(([why, members]) => (
            <li key={why} className="mt-1.5">
              {members.map((member, index) => (
                <span key={member.node}>
                  {index > 0 && ', '}
                  <button type="button" className="link text-12" onClick={() => onShow(member.node)}>
                    {member.label}
                  </button>
                </span>
              ))}
              <span className="text-11 text-ink-3"> {members[0]?.role}.</span> {why}
            </li>
          ))}
        </ul>
      </div>
    </div>
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
        <p className="grow text-11 text-ink-2">Importance by channel, {IMPORTANCE_NAMES[options.importance]}</p>
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
            locked={options.protected.includes(group.key)}
            onChange={(next) => app.actions.setPruneOptions(withWidth(options, group, next))}
          />
          <p className="mt-1 mb-1.5 text-11 text-ink-2">
            {group.atoms === group.channels ? 'Channels' : 'Blocks'} in file order
          </p>
          <ChannelCells group={group} kept={kept} />
        </>
      )}
    </>
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
      <Reasons group={group} onShow={app.actions.focusNode} />
    </section>
  );
}
