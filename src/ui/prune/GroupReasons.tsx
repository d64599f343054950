import { Info } from 'lucide-react';
import { formatInteger } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { Icon } from '../kit/controls.tsx';

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
export function GroupReasons({ group, onShow }: { readonly group: PruneGroupView; onShow(node: number): void }) {
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
                  <button type="button" className="link text-left text-12" onClick={() => onShow(member.node)}>
                    {member.label}
                  </button>
                </span>
              ))}
              <span className="text-11 text-ink-3"> {members[0]?.role}.</span> {why}
            </li>
          ))}
        </ul>
        {group.normalisedBy.length > 0 && (
          <p className="mt-1.5 text-11">
            A cut changes the statistics of {group.normalisedBy.slice(0, 2).join(' and ')}
            {group.normalisedBy.length > 2 && ` and ${formatInteger(group.normalisedBy.length - 2)} more`}: what stays
            is normalised anew.
          </p>
        )}
      </div>
    </div>
  );
}
