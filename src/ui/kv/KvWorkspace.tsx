import { Box, Info, Ruler } from 'lucide-react';
import { useMemo } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { DecoderView, KvView } from '../../engine/kv/lab-types.ts';
import type { App } from '../../state/app.ts';
import { POLICY_KINDS } from '../../state/kv-store.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useKv } from '../kit/use-store.ts';
import { Decimal } from '../train/fields.tsx';
import '../train/train.css';
import { BlockMap } from './BlockMap.tsx';
import { Conversation } from './Conversation.tsx';
import './kv.css';
import { MemoryChart } from './MemoryChart.tsx';
import { PerplexityCard } from './PerplexityCard.tsx';
import { PolicyCard } from './PolicyCard.tsx';
import { keptOf, type Kept } from './policy-look.ts';
import { SimulationCard } from './SimulationCard.tsx';

/** A decoder that learnt small stories, for those who have none. */
const SAMPLE = 'character-transformer';

/** `4 layers · 2 KV heads of 32 · float32 · positions up to 256`. */
function shapeText({ layers, dtype, positions }: DecoderView): string {
  const [first] = layers ?? [];
  if (!layers || !first) return '';
  const alike = layers.every(({ heads, keyWidth }) => heads === first.heads && keyWidth === first.keyWidth);
  const heads = alike ? ` · ${plural(first.heads, 'KV head')} of ${formatInteger(first.keyWidth)}` : '';
  return `${plural(layers.length, 'layer')}${heads} · ${dtype}${positions === null ? '' : ` · positions up to ${formatInteger(positions)}`}`;
}

function Header({ app, decoder }: { readonly app: App; readonly decoder: DecoderView | null }) {
  const length = useKv(app, (state) => state.length);
  return (
    <header className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="text-18 font-strong tracking-[-0.018em]">KV cache lab</h1>
      <span className="num text-12 text-ink-2">
        {decoder ? shapeText(decoder) : 'Policies are passes: each one is a graph you can open, check and export.'}
      </span>
      {decoder && (
        <span className="ml-auto flex items-center gap-2">
          <Icon of={Ruler} size={13} className="text-ink-3" />
          <span className="kv-length">
            <Decimal
              label="Text length"
              unit="tokens"
              value={length}
              min={16}
              max={1_048_576}
              whole
              onChange={app.actions.setTextLength}
            />
          </span>
          <Button icon={Box} onClick={() => app.actions.setWorkspace('studio')}>
            Open graph
          </Button>
        </span>
      )}
    </header>
  );
}

/** Where the model is no decoder: what is lacking, and a way to see what this is for. */
function NoDecoder({ app, reason }: { readonly app: App; readonly reason: string }) {
  const open = async (): Promise<void> => {
    await app.actions.openSample(SAMPLE);
    app.actions.setWorkspace('kv');
  };
  return (
    <section className="card px-5 py-4" aria-label="What is lacking">
      <p className="mb-2 max-w-[72ch] text-ink-2">
        A decoder of text keeps keys and values of what it has read, so that the next token does not cost the whole text
        again. Here it is seen what they take, and what other ways of keeping them take, lose and cost.
      </p>
      <p className="mb-3 flex max-w-[90ch] items-start gap-2">
        <Icon of={Info} size={14} className="mt-0.5 text-ink-3" />
        {reason}
      </p>
      <Button variant="primary" onClick={() => void open()}>
        Open the sample: a character transformer
      </Button>
    </section>
  );
}

function Lab({ app, view, kept }: { readonly app: App; readonly view: KvView; readonly kept: Kept | null }) {
  const plans = new Map(view.plans.map((plan) => [plan.kind, plan]));
  return (
    <>
      <div className="kv-policies">
        {POLICY_KINDS.map((kind) => {
          const plan = plans.get(kind);
          return plan && <PolicyCard key={kind} app={app} kind={kind} plan={plan} kept={kept} />;
        })}
      </div>
      {kept && (
        <div className="kv-charts">
          <MemoryChart app={app} kept={kept} />
          <PerplexityCard app={app} />
        </div>
      )}
      <div className="kv-below">
        <Conversation app={app} />
        <BlockMap app={app} />
      </div>
      {kept && <SimulationCard app={app} kept={kept} />}
    </>
  );
}

/** Ways of keeping keys and values: what they take, what they say, and how the model gets them. */
export function KvWorkspace({ app }: { readonly app: App }) {
  const view = useKv(app, (state) => state.view?.result ?? null);
  const error = useKv(app, (state) => state.viewError);
  const decoder = view?.decoder ?? null;
  const kept = useMemo(() => decoder && keptOf(decoder), [decoder]);
  return (
    <div className="kv-page">
      <Header app={app} decoder={decoder} />
      {error && <Problem error={error} what="Looking at the cache" />}
      {view?.reason != null && <NoDecoder app={app} reason={view.reason} />}
      {!view && !error && <p className="text-12 text-ink-2">Being looked at …</p>}
      {view && decoder && <Lab app={app} view={view} kept={kept} />}
    </div>
  );
}
