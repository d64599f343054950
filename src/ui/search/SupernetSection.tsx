import { Layers, RotateCcw } from 'lucide-react';
import { formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { supernetLacks } from '../../state/supernet-store.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument, usePart, useSearching, useSupernet } from '../kit/use-store.ts';
import { Check } from '../prune/fields.tsx';
import { Decimal } from '../train/fields.tsx';
import { markText, TRAINED_KINDS } from './supernet-words.ts';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** What sub-networks differ in, of what the model has. */
function Kinds({ app, disabled }: Props) {
  const space = useSupernet(app, (state) => state.request.space);
  const genes = useSearching(app, (state) => state.space?.result.view.genes);
  return (
    <fieldset className="flex flex-col">
      <legend className="text-12 text-ink-2">Sub-networks differ in</legend>
      {TRAINED_KINDS.map(([label, kinds]) => {
        const none = genes !== undefined && !genes.some(({ kind }) => kinds.includes(kind));
        const others = space.kinds.filter((kind) => !kinds.includes(kind));
        const on = others.length < space.kinds.length;
        return (
          <Check
            key={label}
            label={none ? `${label}: the model has none` : label}
            on={on && !none}
            disabled={disabled || none}
            onChange={(wanted) =>
              app.actions.changeSupernet({ space: { ...space, kinds: wanted ? [...others, ...kinds] : others } })
            }
          />
        );
      })}
    </fieldset>
  );
}

/** What is seldom changed. */
function More({ app, disabled }: Props) {
  const request = useSupernet(app, (state) => state.request);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const set = app.actions.changeSupernet;
  const whole = { whole: true, disabled };
  return (
    <details className="train-more">
      <summary>More settings</summary>
      <Decimal
        label="Drawn a step"
        title="Sub-networks that learn at each step, beside the largest and the smallest one"
        value={request.random}
        min={0}
        max={100}
        {...whole}
        onChange={(random) => set({ random })}
      />
      <Decimal
        label="Temperature"
        title="Softens what the largest one tells the others"
        value={request.temperature}
        min={0.01}
        max={1e6}
        disabled={disabled}
        onChange={(temperature) => set({ temperature })}
      />
      <Check
        label="The largest learns labels"
        title="Where the samples have any; else it learns what the opened model says"
        on={request.labels}
        disabled={disabled}
        onChange={(labels) => set({ labels })}
      />
      <Decimal
        label="Held out, at most"
        value={request.holdOut}
        min={1}
        max={1e6}
        {...whole}
        onChange={(holdOut) => set({ holdOut })}
      />
      <Decimal
        label="Looks every"
        title="At the largest, the middle and the smallest one, on what is held out"
        unit="steps"
        value={request.evaluateEvery}
        min={1}
        max={1e6}
        {...whole}
        onChange={(evaluateEvery) => set({ evaluateEvery })}
      />
      <Decimal
        label="Kept every"
        title="Checkpoints are kept in this browser, so that a training goes on after a reload; 0: none"
        unit="steps"
        value={request.checkpointEvery}
        min={0}
        max={1e6}
        {...whole}
        onChange={(checkpointEvery) => set({ checkpointEvery })}
      />
      <Decimal
        label="Training seed"
        value={request.seed}
        min={0}
        max={2 ** 31}
        {...whole}
        onChange={(seed) => set({ seed })}
      />
      <Decimal
        label="Training threads"
        value={request.threads}
        min={1}
        max={capabilities?.maxThreads ?? 64}
        {...whole}
        onChange={(threads) => set({ threads })}
      />
    </details>
  );
}

/** The way into a training: from its start, or from where it was broken off. */
function Start({ app, disabled }: Props) {
  const kept = useSupernet(app, (state) => state.kept);
  const asked = usePart(app.supernet, ({ request }) => ({ request }));
  const lacks = useSearching(app, (state) => supernetLacks(asked, state));
  const { startSupernet } = app.actions;
  const off = disabled || lacks !== null;
  return (
    <>
      {kept ? (
        <>
          <Button icon={Layers} disabled={off} onClick={() => void startSupernet(false)}>
            Go on from step {formatInteger(kept.step)}
          </Button>
          <Button variant="ghost" icon={RotateCcw} disabled={off} onClick={() => void startSupernet(true)}>
            Train from the start
          </Button>
        </>
      ) : (
        <Button icon={Layers} disabled={off} onClick={() => void startSupernet(true)}>
          Train as a supernet
        </Button>
      )}
      {lacks !== null && <p className="text-11 text-ink-3">{lacks}</p>}
    </>
  );
}

/** A training that makes sub-networks work, before they are searched. */
export function SupernetSection({ app, disabled }: Props) {
  const { steps, rate, batch } = useSupernet(app, (state) => state.request);
  const shown = useSupernet(app, (state) => state.shown);
  const mark = useSearching(app, (state) => state.space?.result.view.supernet);
  const set = app.actions.changeSupernet;
  const whole = { whole: true, disabled };
  return (
    <section className="train-section" aria-labelledby="search-supernet">
      <details
        className="train-more"
        open={shown}
        onToggle={({ currentTarget }) => app.actions.showSupernet(currentTarget.open)}
      >
        <summary>
          <h2 id="search-supernet" className="h4">
            Supernet
          </h2>
        </summary>
        <div className="mt-1 flex flex-col gap-1.5">
          <p className="text-11 text-ink-3">
            Networks cut out of a model that was not trained for it lose much: train it so that its sub-networks work
            too. It is worth it before a search that cuts deep.
          </p>
          <Kinds app={app} disabled={disabled} />
          <Decimal
            label="Training steps"
            value={steps}
            min={1}
            max={1e7}
            {...whole}
            onChange={(value) => set({ steps: value })}
          />
          <Decimal
            label="Learning rate"
            value={rate}
            min={1e-9}
            max={100}
            disabled={disabled}
            onChange={(value) => set({ rate: value })}
          />
          <Decimal
            label="Batch"
            value={batch}
            min={1}
            max={4096}
            {...whole}
            onChange={(value) => set({ batch: value })}
          />
          <More app={app} disabled={disabled} />
          <Start app={app} disabled={disabled} />
        </div>
      </details>
      {mark && <p className="text-11 text-ink-2">{markText(mark)}</p>}
    </section>
  );
}
