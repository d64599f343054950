import { bytesPair, countPair, formatBytes, formatInteger, formatPair, formatShare } from '../../base/format.ts';
import type { SparseOutlook, SparseRequest } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { SPARSITY } from '../../train/defaults.ts';
import { useTraining } from '../kit/use-store.ts';
import { Decimal, OneOf } from './fields.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}
interface FieldProps {
  readonly sparsity: SparseRequest;
  readonly disabled: boolean;
  onChange(patch: Partial<SparseRequest>): void;
}

type Kind = SparseRequest['kind'] | 'none';
const KINDS: readonly (readonly [Kind, string])[] = [
  ['none', 'none'],
  ['movement', 'movement'],
  ['magnitude', 'size'],
  ['soft', 'threshold'],
  ['held', 'none new'],
];

type Unit = 'weight' | 'block' | 'channel' | 'head';
const UNITS: readonly (readonly [Unit, string])[] = [
  ['weight', 'weights'],
  ['block', 'blocks'],
  ['channel', 'channels'],
  ['head', 'heads'],
];
const BLOCKS: Readonly<Record<Unit, SparseRequest['block']>> = {
  weight: SPARSITY.block,
  block: { height: 4, width: 1 },
  channel: 'channel',
  head: 'head',
};
const unitOf = ({ block }: SparseRequest): Unit =>
  typeof block === 'string' ? block : block.height * block.width === 1 ? 'weight' : 'block';

const NAMES: Readonly<Record<Unit, string>> = {
  weight: 'weights',
  block: 'blocks',
  channel: 'channels',
  head: 'heads',
};

/** What goes together, and how large its blocks are. */
function Units({ sparsity, disabled, onChange }: FieldProps) {
  const { block } = sparsity;
  const unit = unitOf(sparsity);
  const side = { min: 1, max: 1024, whole: true, disabled };
  return (
    <>
      <OneOf
        label="What goes"
        title="Channels and heads are cut out of the trained model with all that is tied to them"
        value={unit}
        disabled={disabled}
        options={UNITS}
        onChange={(next) => onChange({ block: BLOCKS[next] })}
      />
      {unit === 'block' && typeof block !== 'string' && (
        <>
          <Decimal
            label="Outputs of a block"
            value={block.height}
            {...side}
            onChange={(height) => onChange({ block: { ...block, height } })}
          />
          <Decimal
            label="Inputs of a block"
            value={block.width}
            {...side}
            onChange={(width) => onChange({ block: { ...block, width } })}
          />
        </>
      )}
    </>
  );
}

/** When zeros come in, as shares of the run. */
function When({ sparsity, disabled, onChange }: FieldProps) {
  const { begin, end, kind, scoreRate, penalty } = sparsity;
  const part = { disabled };
  return (
    <>
      <Decimal
        label="First zeros at"
        title="As a share of the run"
        value={begin}
        min={0}
        max={end}
        {...part}
        onChange={(next) => onChange({ begin: next })}
      />
      <Decimal
        label="All of them at"
        title="As a share of the run; the rest settles what is left, and only weights from then on are kept"
        value={end}
        min={begin}
        max={1}
        {...part}
        onChange={(next) => onChange({ end: next })}
      />
      {kind !== 'magnitude' && (
        <Decimal
          label="Rate of scores"
          title="Times that of the weights"
          value={scoreRate}
          min={0}
          max={1e6}
          disabled={disabled}
          onChange={(next) => onChange({ scoreRate: next })}
        />
      )}
      {kind === 'soft' && (
        <Decimal
          label="Pull of scores"
          title="The higher it is, the more become zero"
          value={penalty}
          min={0}
          max={1e9}
          disabled={disabled}
          onChange={(next) => onChange({ penalty: next })}
        />
      )}
    </>
  );
}

/** What comes of it, as far as it is known before. */
function Outlook({ of, sparsity }: { readonly of: SparseOutlook; readonly sparsity: SparseRequest }) {
  const { units, gone, before, after } = of;
  const what = `${formatInteger(gone)} of ${formatInteger(units)} ${NAMES[unitOf(sparsity)]}`;
  return (
    <p className="num text-11 text-ink-3" aria-live="polite">
      {after.packed === null ? (
        <>
          {what} go: {formatPair(countPair(before.parameters, after.parameters))} parameters,{' '}
          {formatPair(bytesPair(before.bytes, after.bytes))}.
        </>
      ) : (
        <>
          {what} become zero. The file stays at {formatBytes(after.bytes)}; compressed it comes down to{' '}
          {formatBytes(after.packed)} at best, {formatShare(after.packed / after.bytes)} of it.
        </>
      )}
    </p>
  );
}

/** Weights that become zero while they are trained. */
export function SparsitySection({ app, disabled }: Props) {
  const sparsity = useTraining(app, (state) => state.setup.request.sparsity);
  const outlook = useTraining(app, (state) => state.planned?.plan.sparse ?? null);
  const set = (next: SparseRequest | null): void => app.actions.changeTraining({ sparsity: next });
  const chooses = sparsity !== null && sparsity.kind !== 'held';
  const change = (patch: Partial<SparseRequest>): void => set({ ...(sparsity ?? SPARSITY), ...patch });
  return (
    <section className="train-section" aria-labelledby="train-zeros">
      <h2 id="train-zeros" className="h4">
        Zeros
      </h2>
      <OneOf
        label="Chosen by"
        title="Movement: weights that training moves towards 0. Size: the smallest. Threshold: those whose learnt score lies below it. None new: what is 0 stays so"
        value={sparsity?.kind ?? 'none'}
        disabled={disabled}
        options={KINDS}
        onChange={(kind) => (kind === 'none' ? set(null) : change({ kind }))}
      />
      {chooses && (
        <>
          <Units sparsity={sparsity} disabled={disabled} onChange={change} />
          {sparsity.kind !== 'soft' && (
            <Decimal
              label="Share in the end"
              value={sparsity.target}
              min={0}
              max={0.999}
              disabled={disabled}
              onChange={(target) => change({ target })}
            />
          )}
          <When sparsity={sparsity} disabled={disabled} onChange={change} />
          {outlook && <Outlook of={outlook} sparsity={sparsity} />}
        </>
      )}
    </section>
  );
}
