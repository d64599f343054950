import { formatInteger } from '../../../base/format.ts';
import type { PruneGroupView } from '../../../prune/types.ts';
import type { App } from '../../../state/app.ts';
import { harmAtWidth } from '../../../state/curves.ts';
import { CurveChart } from './CurveChart.tsx';
import './sensitivity.css';
import { useCurves } from './use-curves.ts';
import { harmText } from './words.ts';

interface Props {
  readonly app: App;
  readonly group: PruneGroupView;
  readonly kept: number;
}

/** What this group alone bears, with its width of now; nothing where it has not been measured. */
export function GroupCurve({ app, group, kept }: Props) {
  const curves = useCurves(app);
  const line = curves?.lines.find(({ key }) => key === group.key);
  if (!curves || !line) return null;
  return (
    <div className="mt-2.5">
      <p className="num flex gap-2 text-11 text-ink-2">
        <span className="grow">Cut alone</span>
        <span className="text-ink">
          {formatInteger(kept)} kept: {harmText(curves.harm, harmAtWidth(line, kept))}
        </span>
      </p>
      <CurveChart
        label={`Sensitivity of ${group.name}: left and right arrows read its points`}
        harm={curves.harm}
        lines={[line]}
        kept={new Map([[group.key, kept]])}
        focused={group.key}
        height={64}
      />
    </div>
  );
}
