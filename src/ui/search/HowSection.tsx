import type { SearchRepair } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { Check } from '../prune/fields.tsx';
import { Decimal, OneOf } from '../train/fields.tsx';
import { Optional } from './fields.tsx';
import { usePresent } from './use-present.ts';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

const REPAIRS: readonly (readonly [SearchRepair | 'auto', string])[] = [
  ['auto', 'automatic'],
  ['none', 'nothing'],
  ['batch-norm', 'batch norms'],
  ['mean', 'means'],
  ['least-squares', 'least squares'],
];

/** What is seldom changed. */
function More({ app, disabled }: Props) {
  const request = useSearching(app, (state) => state.request);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const set = app.actions.changeSearch;
  return (
    <details className="train-more">
      <summary>More</summary>
      {request.strategy === 'evolution' && (
        <>
          <Check
            label="Foretell the quality of children"
            title="Children are chosen among more by what was learnt so far"
            on={request.predictor}
            disabled={disabled}
            onChange={(predictor) => set({ predictor })}
          />
          <Decimal
            label="Crossover"
            title="Share of children that have two parents"
            value={request.crossover}
            min={0}
            max={1}
            disabled={disabled}
            onChange={(crossover) => set({ crossover })}
          />
          <Optional
            label="Mutation"
            title="Probability that a gene of a child is drawn anew; nothing: one gene on average"
            unit=""
            value={request.mutation}
            min={0}
            max={1}
            disabled={disabled}
            onChange={(mutation) => set({ mutation })}
          />
        </>
      )}
      <Check
        label="Twice as many on a quarter first"
        title="Successive halving: twice as many networks are seen on a quarter of the samples, the better half on all"
        on={request.halving}
        disabled={disabled}
        onChange={(halving) => set({ halving })}
      />
      <Decimal
        label="Threads"
        title="WASM threads that latency is for"
        value={request.threads}
        min={1}
        max={capabilities?.maxThreads ?? 1}
        whole
        disabled={disabled}
        onChange={(threads) => set({ threads })}
      />
      <Decimal
        label="Timed whole"
        title="Networks of the front that are timed whole in the end"
        value={request.verified}
        min={0}
        max={100}
        whole
        disabled={disabled}
        onChange={(verified) => set({ verified })}
      />
      <Decimal
        label="Seed"
        value={request.seed}
        min={0}
        max={2 ** 31}
        whole
        disabled={disabled}
        onChange={(seed) => set({ seed })}
      />
    </details>
  );
}

/** Lent devices that take a share of the networks; nothing where none is there. */
function Judges({ app, disabled }: Props) {
  const lent = usePresent(app);
  const judges = useSearching(app, (state) => state.judges);
  return lent.map(({ id, name }) => (
    <Check
      key={id}
      label={`Judged on ${name} too`}
      on={judges.includes(id)}
      disabled={disabled}
      onChange={() => app.actions.toggleJudge(id)}
    />
  ));
}

/** How the space is walked, and for how long. */
export function HowSection({ app, disabled }: Props) {
  const request = useSearching(app, (state) => state.request);
  const set = app.actions.changeSearch;
  const whole = { whole: true, disabled };
  return (
    <section className="train-section" aria-labelledby="search-how">
      <h2 id="search-how" className="h4">
        Search
      </h2>
      <OneOf
        label="By"
        value={request.strategy}
        options={[
          ['evolution', 'evolution'],
          ['random', 'chance'],
        ]}
        disabled={disabled}
        onChange={(strategy) => set({ strategy })}
      />
      <Decimal
        label="Networks judged"
        value={request.evaluations}
        min={4}
        max={100_000}
        {...whole}
        onChange={(evaluations) => set({ evaluations })}
      />
      {request.strategy === 'evolution' && (
        <Decimal
          label="Population"
          value={request.population}
          min={4}
          max={1000}
          {...whole}
          onChange={(population) => set({ population })}
        />
      )}
      <Optional
        label="For at most"
        unit="min"
        value={request.minutes}
        min={0.1}
        max={10_000}
        disabled={disabled}
        onChange={(minutes) => set({ minutes })}
      />
      <Decimal
        label="Samples, at most"
        title="To judge each network by"
        value={request.samples}
        min={1}
        max={100_000}
        {...whole}
        onChange={(samples) => set({ samples })}
      />
      <OneOf
        label="Repaired first"
        title="What is made up for after slicing, before a network is judged. Automatic: batch norms where there are any, else means"
        value={request.repair ?? 'auto'}
        options={REPAIRS}
        disabled={disabled}
        onChange={(id) => set({ repair: id === 'auto' ? null : id })}
      />
      <Judges app={app} disabled={disabled} />
      <More app={app} disabled={disabled} />
    </section>
  );
}
