import type { Augmentation } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { useDocument, useTraining } from '../kit/use-store.ts';
import { Check } from '../prune/fields.tsx';
import { Decimal, OneOf } from './fields.tsx';
import { SoftwareNote } from './SoftwareNote.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

const PLAIN: Augmentation = { flip: false, shift: 0, jitter: 0 };

/** Images are changed anew each time they are seen. */
function Augment({ app, disabled }: Props) {
  const augment = useTraining(app, (state) => state.setup.request.augment) ?? PLAIN;
  const set = (patch: Partial<Augmentation>): void => {
    const next = { ...augment, ...patch };
    app.actions.changeTraining({ augment: next.flip || next.shift > 0 || next.jitter > 0 ? next : null });
  };
  return (
    <>
      <Check label="Mirror images by chance" on={augment.flip} disabled={disabled} onChange={(flip) => set({ flip })} />
      <Decimal
        label="Moved by up to"
        unit="px"
        value={augment.shift}
        min={0}
        max={64}
        whole
        disabled={disabled}
        onChange={(shift) => set({ shift })}
      />
      <Decimal
        label="Jitter"
        title="Brightness and contrast by at most this share"
        value={augment.jitter}
        min={0}
        max={1}
        disabled={disabled}
        onChange={(jitter) => set({ jitter })}
      />
    </>
  );
}

/** What is seldom changed. */
function More({ app, disabled }: Props) {
  const { request } = useTraining(app, (state) => state.setup);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const isImage = useTraining(app, (state) => state.data.train.view?.preprocess.kind === 'image');
  const { optimizer, schedule } = request;
  const set = app.actions.changeTraining;
  const whole = { whole: true, disabled };
  return (
    <details className="train-more">
      <summary>More</summary>
      <Decimal
        label="Warm-up"
        unit="steps"
        value={schedule.warmUp}
        min={0}
        max={1e6}
        {...whole}
        onChange={(warmUp) => set({ schedule: { ...schedule, warmUp } })}
      />
      {optimizer.kind === 'sgd' && (
        <Decimal
          label="Momentum"
          value={optimizer.momentum}
          min={0}
          max={0.999}
          disabled={disabled}
          onChange={(momentum) => set({ optimizer: { ...optimizer, momentum } })}
        />
      )}
      <Decimal
        label="Weight decay"
        value={optimizer.weightDecay}
        min={0}
        max={10}
        disabled={disabled}
        onChange={(weightDecay) => set({ optimizer: { ...optimizer, weightDecay } })}
      />
      <Decimal
        label="Longest gradient"
        title="Longer ones are scaled to it; 0: none is"
        value={optimizer.clip ?? 0}
        min={0}
        max={1e6}
        disabled={disabled}
        onChange={(clip) => set({ optimizer: { ...optimizer, clip: clip === 0 ? null : clip } })}
      />
      <Decimal
        label="Running average"
        title="Decay of an average of the weights, which is kept in their place; 0: none"
        value={optimizer.average ?? 0}
        min={0}
        max={0.9999}
        disabled={disabled}
        onChange={(average) => set({ optimizer: { ...optimizer, average: average === 0 ? null : average } })}
      />
      <OneOf
        label="Batch norms go by"
        value={request.batchNorm}
        disabled={disabled}
        options={[
          ['batch', 'the batch'],
          ['fixed', 'what they hold'],
        ]}
        onChange={(batchNorm) => set({ batchNorm })}
      />
      <Check
        label="Begin with nothing learnt"
        title="The student’s weights are drawn anew by the seed"
        on={request.fresh}
        disabled={disabled}
        onChange={(fresh) => set({ fresh })}
      />
      {isImage && <Augment app={app} disabled={disabled} />}
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
        unit="steps"
        value={request.evaluateEvery}
        min={1}
        max={1e6}
        {...whole}
        onChange={(evaluateEvery) => set({ evaluateEvery })}
      />
      <Decimal
        label="Checkpoints every"
        title="Kept in this browser, so that a run goes on after a reload; 0: none"
        unit="steps"
        value={request.checkpointEvery}
        min={0}
        max={1e6}
        {...whole}
        onChange={(checkpointEvery) => set({ checkpointEvery })}
      />
      <Decimal
        label="Threads"
        value={request.threads}
        min={1}
        max={capabilities?.maxThreads ?? 64}
        {...whole}
        onChange={(threads) => set({ threads })}
      />
      {(capabilities?.webgpu || request.backend === 'webgpu') && (
        <OneOf
          label="Backend"
          value={request.backend}
          disabled={disabled}
          options={[
            ['wasm', 'WASM'],
            ['webgpu', capabilities?.webgpu?.software ? 'WebGPU, software' : 'WebGPU'],
          ]}
          onChange={(backend) => set({ backend })}
        />
      )}
      {request.backend === 'webgpu' && <SoftwareNote app={app} />}
    </details>
  );
}

/** How weights follow their gradients, and how long. */
export function RunSection({ app, disabled }: Props) {
  const { request } = useTraining(app, (state) => state.setup);
  const { optimizer, schedule } = request;
  const set = app.actions.changeTraining;
  return (
    <section className="train-section" aria-labelledby="train-run">
      <h2 id="train-run" className="h4">
        Run
      </h2>
      <OneOf
        label="Optimizer"
        value={optimizer.kind}
        disabled={disabled}
        options={[
          ['adamw', 'AdamW'],
          ['sgd', 'SGD'],
        ]}
        onChange={(kind) => set({ optimizer: { ...optimizer, kind } })}
      />
      <Decimal
        label="Learning rate"
        value={request.rate}
        min={1e-9}
        max={100}
        disabled={disabled}
        onChange={(rate) => set({ rate })}
      />
      <OneOf
        label="Schedule"
        value={schedule.kind}
        disabled={disabled}
        options={[
          ['cosine', 'cosine'],
          ['constant', 'constant'],
          ['step', 'in steps'],
        ]}
        onChange={(kind) => set({ schedule: { ...schedule, kind } })}
      />
      <Decimal
        label="Batch"
        value={request.batch}
        min={1}
        max={4096}
        whole
        disabled={disabled}
        onChange={(batch) => set({ batch })}
      />
      <Decimal
        label="Steps"
        value={request.steps}
        min={1}
        max={1e7}
        whole
        disabled={disabled}
        onChange={(steps) => set({ steps })}
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
      <More app={app} disabled={disabled} />
    </section>
  );
}
