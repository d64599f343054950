import { clsx } from 'clsx';
import { Check, CircleAlert, Plus } from 'lucide-react';
import { formatBytes, formatChange, formatInteger, formatMs } from '../../base/format.ts';
import type { PolicyPlan } from '../../engine/kv/lab-types.ts';
import type { App } from '../../state/app.ts';
import { measuredOf, samePolicy, type Policies, type PolicyKind } from '../../state/kv-store.ts';
import { policyTitle } from '../../kv/policy-title.ts';
import { Badge, Button, Icon } from '../kit/controls.tsx';
import { useDocument, useKv } from '../kit/use-store.ts';
import { Decimal } from '../train/fields.tsx';
import { perplexityText } from './PerplexityCard.tsx';
import { bytesAt, COSTS, keepsText, rateText, type Kept } from './policy-look.ts';
import { Strip } from './Strip.tsx';

interface SizeField {
  readonly key: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
}
/** Bounds are those of the passes. */
const SIZES: Readonly<Record<PolicyKind, readonly SizeField[]>> = {
  dense: [],
  'sliding-window': [{ key: 'window', label: 'Window', min: 2, max: 1_048_576 }],
  streaming: [
    { key: 'sinks', label: 'Sinks', min: 0, max: 1024 },
    { key: 'window', label: 'Window', min: 2, max: 1_048_576 },
  ],
  int8: [
    { key: 'group', label: 'Group', min: 1, max: 1024 },
    { key: 'residual', label: 'Stay float', min: 0, max: 4096 },
  ],
  paged: [{ key: 'block', label: 'Block', min: 1, max: 1024 }],
};

function Sizes({ app, policy }: { readonly app: App; readonly policy: Policies[PolicyKind] }) {
  const sizes = policy as unknown as Readonly<Record<string, number>>;
  return (
    <div className="kv-sizes">
      {SIZES[policy.kind].map(({ key, label, min, max }) => (
        <Decimal
          key={key}
          label={label}
          value={sizes[key] ?? min}
          min={min}
          max={max}
          whole
          onChange={(value) => app.actions.setPolicy({ ...policy, [key]: value })}
        />
      ))}
    </div>
  );
}

interface FootProps {
  readonly app: App;
  readonly plan: PolicyPlan;
  readonly isIn: boolean;
}

/** The way into the recipe, or why there is none. */
function Foot({ app, plan, isIn }: FootProps) {
  const passes = useDocument(app, (state) => state.passes);
  const failure = useDocument(app, (state) => (state.failure?.place === 'kv' ? state.failure : null));
  const title = policyTitle(plan.kind);
  if (plan.reason !== null)
    return (
      <p className="flex items-start gap-1.5 text-11 text-ink-2">
        <Icon of={CircleAlert} size={12} className="mt-[2px] text-warning" />
        <span className="min-w-0 [overflow-wrap:anywhere]">Not here: {plan.reason}</span>
      </p>
    );
  const steps = plan.passes.map((id) => passes.find((pass) => pass.id === id)?.title ?? id);
  return (
    <>
      <Button
        icon={Plus}
        size="small"
        disabled={isIn}
        aria-label={`Apply ${title}`}
        title={steps.length > 0 ? steps.join(', then ') : 'Nothing is to be done for it'}
        onClick={() => void app.actions.applyPolicy(plan.kind as PolicyKind)}
      >
        Apply
      </Button>
      <span className="ell text-11 text-ink-3">
        {isIn ? '' : steps.length === 1 ? '1 step' : steps.length > 1 ? `${steps.length} steps` : 'steps back'}
      </span>
      {failure?.what === title && <p className="basis-full text-11 text-error">{failure.error.message}</p>}
    </>
  );
}

interface Props {
  readonly app: App;
  readonly kind: PolicyKind;
  readonly plan: PolicyPlan;
  readonly kept: Kept | null;
}

/** One way of keeping keys and values: what it keeps, in how many bytes, at which price, and whether it can be had here. */
export function PolicyCard({ app, kind, plan, kept }: Props) {
  const policy = useKv(app, (state) => state.policies[kind]);
  const length = useKv(app, (state) => state.length);
  const current = useKv(app, (state) => state.view?.result.decoder?.policy.kind);
  const isSame = useKv(app, ({ view }) =>
    view?.result.decoder ? samePolicy(view.result.decoder.policy, policy) : false,
  );
  const measured = useKv(app, (state) => measuredOf(state, kind));
  const dense = useKv(app, (state) => measuredOf(state, 'dense'));
  const against = measured && dense && kind !== 'dense' ? formatChange(dense.perplexity, measured.perplexity) : null;
  const isCurrent = current === kind;
  const title = policyTitle(kind);
  const total = kept && bytesAt(policy, kept, length);
  const change = kept && formatChange(bytesAt({ kind: 'dense' }, kept, length), total);
  return (
    <section className={clsx('card kv-policy', isCurrent && 'kv-in')} aria-label={title}>
      <div className="flex items-center justify-between gap-2">
        <h2 className="h3">{title}</h2>
        {isCurrent && (
          <Badge tone="accent" icon={Check}>
            in the model
          </Badge>
        )}
      </div>
      <p className="ell mb-2 text-11 text-ink-2">{keepsText(policy)}</p>
      <Strip policy={policy} length={length} />
      {kept && (
        <dl className="kv-bytes num">
          <dt className="sr-only">Growth</dt>
          <dd className="text-ink-2">{rateText(policy, kept)}</dd>
          <dt className="sr-only">At {formatInteger(length)} tokens</dt>
          <dd className="text-right" title={`At ${formatInteger(length)} tokens`}>
            {formatBytes(total)}
            {kind !== 'dense' && change !== 'same' && <span className="ml-1.5 text-ink-3">{change}</span>}
          </dd>
        </dl>
      )}
      {measured && (
        <p className="num mt-1 flex justify-between gap-2 text-11 text-ink-2">
          <span title="The median of all tokens of the text, one a run">{formatMs(measured.msPerToken)} per token</span>
          <span className="text-ink">
            ppl {perplexityText(measured.perplexity)}
            {against !== null && against !== 'same' && <span className="ml-1.5 text-ink-3">{against}</span>}
          </span>
        </p>
      )}
      <Sizes app={app} policy={policy} />
      <p className="text-11 text-ink-3">{COSTS[kind]}</p>
      <div className="mt-auto flex flex-wrap items-center gap-x-2 gap-y-1 pt-1">
        <Foot app={app} plan={plan} isIn={isCurrent && isSame} />
      </div>
    </section>
  );
}
