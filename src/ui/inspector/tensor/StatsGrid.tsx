import { formatInteger, formatShare, formatValue, plural } from '../../../base/format.ts';
import type { TensorStats } from '../../../engine/detail-types.ts';

function rowsOf(stats: TensorStats): readonly (readonly [string, string])[] {
  const { min, max, mean, std, zeros, nans, infinities, size } = stats;
  const [above, below] = infinities;
  return [
    ['Min', formatValue(min)],
    ['Max', formatValue(max)],
    ['Mean', formatValue(mean)],
    ['Std', formatValue(std)],
    ['Zeros', `${formatInteger(zeros)}, ${formatShare(size > 0 ? zeros / size : null)}`],
    ['Elements', formatInteger(size)],
    ...(nans > 0 ? [['NaN', formatInteger(nans)] as const] : []),
    ...(above > 0 ? [['+∞', formatInteger(above)] as const] : []),
    ...(below > 0 ? [['−∞', formatInteger(below)] as const] : []),
  ];
}

/** The numbers of a constant; elements that are no finite number are counted apart, and said. */
export function StatsGrid({ stats }: { readonly stats: TensorStats }) {
  const odd = stats.nans + stats.infinities[0] + stats.infinities[1];
  return (
    <>
      <dl className="ins-stats num">
        {rowsOf(stats).map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {odd > 0 && (
        <p className="mt-1 text-11 text-error">
          {plural(odd, 'element is', 'elements are')} not finite; range, mean and deviation leave them out.
        </p>
      )}
    </>
  );
}
