import type { ObjectiveId, QualityId } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { constraintOf } from '../../state/searching-setup.ts';
import { useSearching } from '../kit/use-store.ts';
import { OneOf } from '../train/fields.tsx';
import { BoundField } from './BoundField.tsx';
import { OBJECTIVE_WORDS, OBJECTIVES, QUALITY_WORDS } from '../../search/figures.ts';
import { Optional } from './fields.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

const BOUNDS: readonly (readonly [ObjectiveId, string])[] = [
  ['latency', 'Latency below'],
  ['bytes', 'Size below'],
  ['macs', 'MACs below'],
  ['peak', 'Memory below'],
];

const QUALITIES: readonly (readonly [QualityId | 'auto', string])[] = [
  ['auto', 'automatic'],
  ['accuracy', QUALITY_WORDS.accuracy],
  ['agreement', QUALITY_WORDS.agreement],
  ['information', QUALITY_WORDS.information],
  ['cosine', QUALITY_WORDS.cosine],
];

/** What is asked of a network: bounds, by what it is judged, and what is weighed against what. */
export function AimSection({ app, disabled }: Props) {
  const { quality, objectives } = useSearching(app, (state) => state.request);
  const least = useSearching(app, (state) => constraintOf(state.request, 'quality')?.bound ?? null);
  return (
    <section className="train-section" aria-labelledby="search-aim">
      <h2 id="search-aim" className="h4">
        Aim
      </h2>
      {BOUNDS.map(([objective, label]) => (
        <BoundField key={objective} app={app} objective={objective} label={label} disabled={disabled} />
      ))}
      <Optional
        label="Quality at least"
        unit="%"
        value={least === null ? null : Number((least * 100).toPrecision(12))}
        min={0}
        max={100}
        disabled={disabled}
        onChange={(value) => app.actions.setBound('quality', value === null ? null : value / 100)}
      />
      <OneOf
        label="Best by"
        title="Automatic: accuracy where there are labels, else the original’s top class, of few samples what its classes tell"
        value={quality ?? 'auto'}
        options={QUALITIES}
        disabled={disabled}
        onChange={(id) => app.actions.changeSearch({ quality: id === 'auto' ? null : id })}
      />
      <fieldset className="flex flex-col gap-1 pt-1">
        <legend className="pb-1 text-12 text-ink-2">Weighed against each other, two or three</legend>
        <span className="flex flex-wrap gap-1">
          {OBJECTIVES.map((id) => (
            <button
              key={id}
              type="button"
              className="search-chip"
              aria-pressed={objectives.includes(id)}
              disabled={disabled}
              onClick={() => app.actions.toggleObjective(id)}
            >
              {OBJECTIVE_WORDS[id]}
            </button>
          ))}
        </span>
      </fieldset>
    </section>
  );
}
