import { formatInteger } from '../../../base/format.ts';
import type { HarmId } from '../../../prune/sensitivity.ts';
import { harmAtWidth, type CurveLine } from '../../../state/curves.ts';
import { HARMS } from './words.ts';

interface Props {
  readonly harm: HarmId;
  readonly lines: readonly CurveLine[];
  readonly kept: ReadonlyMap<string, number>;
}

/** The same data as the curves: every width that was measured, and what the width of now costs. */
export function CurveTable({ harm, lines, kept }: Props) {
  const { format, axis } = HARMS[harm];
  return (
    <div className="my-1 max-h-64 overflow-auto" tabIndex={0} role="region" aria-label="Measured sensitivity">
      <table className="table num">
        <caption className="pb-1.5 text-left text-11 text-ink-3">{axis}</caption>
        <thead>
          <tr>
            <th scope="col">Kept</th>
            <th scope="col" className="r">
              Cut, %
            </th>
            <th scope="col" className="r">
              Harm
            </th>
          </tr>
        </thead>
        {lines.map((line) => {
          const now = kept.get(line.key) ?? line.channels;
          const harmNow = harmAtWidth(line, now);
          return (
            <tbody key={line.key}>
              <tr>
                <th scope="rowgroup" colSpan={3} className="pt-2 whitespace-normal">
                  {line.name}: now {formatInteger(now)} of {formatInteger(line.channels)},{' '}
                  {harmNow === null ? 'not measured so narrow' : format(harmNow)}
                </th>
              </tr>
              {line.points.slice(1).map((point) => (
                <tr key={point.kept}>
                  <td>{formatInteger(point.kept)}</td>
                  <td className="r">{(100 * point.removed).toFixed(1)}</td>
                  <td className="r">{format(point.harm)}</td>
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}
