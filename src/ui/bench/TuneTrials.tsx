import { Check, Minus } from 'lucide-react';
import { formatInteger, UNKNOWN } from '../../base/format.ts';
import { Icon } from '../kit/controls.tsx';
import { reachOf, type Figures } from './IntervalBar.tsx';
import { RatioCells, RatioHeads } from './RatioCells.tsx';

/** One thing that was tried, and what came of it. */
export interface TrialRow extends Figures {
  readonly title: string;
  readonly what: string;
  /** 0: it is no rewrite of sites. */
  readonly sites: number;
  readonly kept: boolean;
}

function Kept({ kept }: { readonly kept: boolean }) {
  return (
    <span className={kept ? 'flex items-center gap-1.5 text-added' : 'flex items-center gap-1.5 text-ink-3'}>
      <Icon of={kept ? Check : Minus} size={13} />
      {kept ? 'kept' : 'not kept'}
    </span>
  );
}

interface Props {
  readonly rows: readonly TrialRow[];
  readonly total: Figures | null;
}

/** Trials in the order in which they were made; the whole against the start stands last. */
export function TuneTrials({ rows, total }: Props) {
  const reach = reachOf(total ? [...rows, total] : rows);
  return (
    <table className="table measured num" aria-label="Trials">
      <thead>
        <tr>
          <th scope="col">Tried</th>
          <th scope="col" className="r">
            Sites
          </th>
          <RatioHeads />
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          // The same pass may be tried on several groups of sites: their figures tell them apart.
          <tr
            key={`${row.title} ${row.what} ${row.ratio} ${row.interval.join(' ')}`}
            data-kept={row.kept ? '' : undefined}
          >
            <td className="measured-what">
              <span className="font-medium">{row.title}</span>
              <span className="block text-11 text-ink-3 [overflow-wrap:anywhere]">{row.what}</span>
            </td>
            <td className="r">{row.sites > 0 ? formatInteger(row.sites) : UNKNOWN}</td>
            <RatioCells figures={row} reach={reach} />
            <td>
              <Kept kept={row.kept} />
            </td>
          </tr>
        ))}
        {total && (
          <tr>
            <td className="measured-what">
              <span className="font-strong">Total</span>
              <span className="block text-11 text-ink-3">
                Before tuning against after, each loaded as it is meant to be.
              </span>
            </td>
            <td />
            <RatioCells figures={total} reach={reach} />
            <td />
          </tr>
        )}
      </tbody>
    </table>
  );
}
