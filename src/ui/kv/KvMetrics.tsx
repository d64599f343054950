import { bytesPair, formatChange, formatInteger, msPair, UNKNOWN, type Pair } from '../../base/format.ts';
import type { DecoderView } from '../../engine/kv/lab-types.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { App } from '../../state/app.ts';
import { measuredAs } from '../../state/kv-store.ts';
import { useKv } from '../kit/use-store.ts';
import { Chip, counted, Metrics } from '../shell/Metrics.tsx';
import { perplexityText } from './PerplexityCard.tsx';
import { bytesAt, bytesPerToken, keptOf, type Kept } from './policy-look.ts';

const DENSE: CachePolicy = { kind: 'dense' };

interface Props {
  readonly app: App;
  readonly decoder: DecoderView;
  readonly kept: Kept;
}

/** What was measured of the policy in the model, against that of all positions. */
function MeasuredChips({ app, decoder }: Omit<Props, 'kept'>) {
  const before = useKv(app, (state) => measuredAs(state, DENSE));
  const now = useKv(app, (state) => measuredAs(state, decoder.policy.kind === 'none' ? DENSE : decoder.policy));
  const text = (each: typeof now): string => (each ? perplexityText(each.perplexity) : UNKNOWN);
  const pair: Pair = { before: text(before), after: text(now), unit: '' };
  const { change, tone } = counted(before?.perplexity ?? null, now?.perplexity ?? null);
  const title = now ? undefined : 'Not measured yet: measure all policies below.';
  return (
    <>
      <Chip
        label="Perplexity"
        pair={pair}
        change={now && before ? change : 'not measured'}
        tone={now && before ? tone : 'plain'}
        className="hidden roomy:flex"
        {...(title && { title })}
      />
      <Chip
        label="Per token"
        pair={msPair(before?.msPerToken ?? null, now?.msPerToken ?? null)}
        change={now && before ? formatChange(before.msPerToken, now.msPerToken) : 'not timed'}
        tone="plain"
        {...(title && { title })}
      />
    </>
  );
}

function Chips({ app, decoder, kept }: Props) {
  const length = useKv(app, (state) => state.length);
  const { policy } = decoder;
  // Without a cache, what one would keep.
  const now = policy.kind === 'none' ? DENSE : policy;
  const total = [bytesAt(DENSE, kept, length), bytesAt(now, kept, length)] as const;
  const each = [bytesPerToken(DENSE, kept), bytesPerToken(now, kept)] as const;
  return (
    <div className="ml-auto flex h-full" role="group" aria-label="The cache, before and after">
      <Chip label={`Cache at ${formatInteger(length)}`} pair={bytesPair(...total)} {...counted(...total)} />
      <Chip label="Growth per token" pair={bytesPair(...each)} {...counted(...each)} />
      <MeasuredChips app={app} decoder={decoder} />
    </div>
  );
}

/** What the policy in the model makes of the cache, in place of what the recipe makes of the model. */
export function KvMetrics({ app }: { readonly app: App }) {
  const decoder = useKv(app, (state) => state.view?.result.decoder ?? null);
  const kept = decoder && keptOf(decoder);
  return decoder && kept ? <Chips app={app} decoder={decoder} kept={kept} /> : <Metrics app={app} />;
}
