import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import type { ObjectiveId } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { constraintOf, limitOf } from '../../state/searching-setup.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { Optional } from './fields.tsx';
import { axisUnit, valueText, type AxisUnit } from '../../search/figures.ts';
import { originalOf } from './limits.ts';

/** A share in hundredths. */
const SHARE: AxisUnit = { size: 0.01, unit: '%' };
const OF_ORIGINAL = '% of original';

interface Props {
  readonly app: App;
  readonly objective: ObjectiveId;
  readonly label: string;
  readonly disabled: boolean;
}

/** What the original comes to, where it is known: after a search of it, or by its file. */
function useOriginal(app: App, objective: ObjectiveId): number | null {
  const stop = useSearching(app, (state) => state.stop);
  const run = useSearching(app, (state) => state.run);
  const summary = useDocument(app, (state) => state.document?.stops[stop]?.summary);
  const isSame = run !== null && run.holds && run.stop === stop;
  return originalOf(objective, summary, isSame ? run.points[0] : undefined, run?.quality ?? 'agreement');
}

const rounded = (value: number): number => Number(value.toPrecision(3));

/** What a network may come to at most, in its own unit or as a share of the original. */
export function BoundField({ app, objective, label, disabled }: Props) {
  const constraint = useSearching(app, (state) => constraintOf(state.request, objective));
  const original = useOriginal(app, objective);
  // While there is no bound, nothing else remembers in which unit one will be given.
  const [wished, setWished] = useState(false);
  const relative = constraint ? constraint.relative === true : wished;
  const own = axisUnit(objective, original ?? (objective === 'latency' ? 1 : 1e6), 'agreement');
  const { size, unit } = relative ? SHARE : own;
  const limit = limitOf(constraint, original);
  const choose = (next: boolean): void => {
    setWished(next);
    if (!constraint || next === relative) return;
    // Where the original is not known the bound cannot be told in the other unit.
    const other = original === null || limit === null ? null : next ? limit / original : limit;
    const by = next ? SHARE.size : own.size;
    app.actions.setBound(objective, other === null ? null : rounded(other / by) * by, next);
  };
  return (
    <Optional
      label={label}
      {...(relative && limit !== null && { title: `At most ${valueText(objective, limit, 'agreement')}` })}
      unit={
        <span className="search-unit">
          <span aria-hidden="true">{unit}</span>
          <Icon of={ChevronDown} size={10} />
          <select
            aria-label={`Unit of ${label.toLowerCase()}`}
            title={relative ? OF_ORIGINAL : unit}
            value={relative ? 'share' : 'own'}
            disabled={disabled}
            onChange={({ target }) => choose(target.value === 'share')}
          >
            <option value="own">{own.unit || 'MACs'}</option>
            <option value="share">{OF_ORIGINAL}</option>
          </select>
        </span>
      }
      value={constraint === null ? null : Number((constraint.bound / size).toPrecision(12))}
      min={0}
      max={relative ? 1000 : 1e9}
      disabled={disabled}
      onChange={(value) => app.actions.setBound(objective, value === null ? null : value * size, relative)}
    />
  );
}
