import { formatInteger } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { keptAtoms } from './cut.ts';

interface Props {
  readonly group: PruneGroupView;
  readonly kept: number;
}

/** The same data as the charts: every channel (or block) from the most to the least important, and what becomes of it. */
export function ImportanceTable({ group, kept }: Props) {
  const stay = keptAtoms(group, kept);
  const ranked = [...group.order].reverse();
  return (
    <div className="my-1 max-h-64 overflow-auto" tabIndex={0} role="region" aria-label="Importances">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">
              {group.isHeads ? 'Head' : group.atoms === group.channels ? 'Channel' : 'Block'} in the file
            </th>
            <th scope="col" className="r">
              Importance
            </th>
            <th scope="col" className="r">
              Fate
            </th>
          </tr>
        </thead>
        <tbody>
          {ranked.map((atom, rank) => (
            <tr key={atom}>
              <td>{formatInteger(atom)}</td>
              <td className="r">{(group.importance[atom] ?? 0).toFixed(3)}</td>
              <td className={rank < stay ? 'r' : 'r text-removed'}>{rank < stay ? 'kept' : '− cut'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
