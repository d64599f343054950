import { formatRatioInterval } from '../../base/format.ts';
import { Badge } from '../kit/controls.tsx';
import { IntervalBar, type Figures } from './IntervalBar.tsx';
import { BENCH_VERDICTS } from './verdicts.ts';

/** The heads of the three cells of a measured row. */
export function RatioHeads() {
  return (
    <>
      <th scope="col" className="ratio-column">
        <span className="sr-only">Interval around 1×</span>
      </th>
      <th scope="col" className="r">
        Ratio, 95 % interval
      </th>
      <th scope="col">Verdict</th>
    </>
  );
}

/** What a row was measured at: as a bar, in figures and in a word. */
export function RatioCells({ figures, reach }: { readonly figures: Figures; readonly reach: number }) {
  const { ratio, interval, verdict } = figures;
  const look = BENCH_VERDICTS[verdict];
  return (
    <>
      <td className="ratio-column">
        <IntervalBar figures={figures} reach={reach} />
      </td>
      <td className="r whitespace-nowrap">{formatRatioInterval(ratio, interval)}</td>
      <td>
        <Badge tone={look.tone} icon={look.icon}>
          {look.word}
        </Badge>
      </td>
    </>
  );
}
