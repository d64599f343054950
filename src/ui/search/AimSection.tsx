import type { ObjectiveId, QualityId } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { boundOf } from '../../state/searching-setup.ts';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { OneOf } from '../train/fields.tsx';
import { OBJECTIVE_WORDS, OBJECTIVES, QUALITY_WORDS } from './figures.ts';
import { Optional } from './fields.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** Files are told in the unit that their size asks for. */
const KILO = { size: 1e3, unit: 'kB' };
const MEGA = { size: 1e6, unit: 'MB' };

function Bound(
  props: Props & {
    readonly objective: ObjectiveId;
    readonly label: string;
    readonly unit: string;
    readonly size: number;
  },
) {
  const { app, disabled, objective, label, unit, size } = props;
  const bound = useSearching(app, (state) => boundOf(state.request, objective));
  return (
    <Optional
      label={label}
      unit={unit}
      value={bound === null ? null : Number((bound / size).toPrecision(12))}
      min={0}
      max={objective === 'quality' ? 100 : 1e9}
      disabled={disabled}
      onChange={(value) => app.actions.setBound(objective, value === null ? null : value * size)}
    />
  );
}

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
  const stop = useSearching(app, (state) => state.stop);
  const bytes = useDocument(app, (state) => state.document?.stops[stop]?.summary.bytes ?? 0);
  const file = bytes < 2e6 ? KILO : MEGA;
  return (
    <section className="train-section" aria-labelledby="search-aim">
      <h2 id="search-aim" className="h4">
        Aim
      </h2>
      <Bound app={app} disabled={disabled} objective="latency" label="Latency below" unit="ms" size={1} />
      <Bound app={app} disabled={disabled} objective="bytes" label="Size below" unit={file.unit} size={file.size} />
      <Bound app={app} disabled={disabled} objective="quality" label="Quality at least" unit="%" size={0.01} />
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
