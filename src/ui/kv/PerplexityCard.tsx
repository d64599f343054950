import { clsx } from 'clsx';
import { Play, X } from 'lucide-react';
import { formatInteger, formatShare, plural } from '../../base/format.ts';
import type { MeasuredPolicy } from '../../engine/kv/lab-types.ts';
import { createAxis, formatTick } from '../../report/scale.ts';
import type { App } from '../../state/app.ts';
import type { Measured, MeasureSetup, PolicyKind } from '../../state/kv-store.ts';
import { policyTitle } from '../../kv/policy-title.ts';
import { Button, ProgressBar } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useKv } from '../kit/use-store.ts';
import { Decimal } from '../train/fields.tsx';
import { LineChart, type Line } from './LineChart.tsx';
import { COLOURS, DASHES } from './policy-look.ts';

type Found = MeasuredPolicy & { readonly reason: null };
const isFound = (each: MeasuredPolicy): each is Found => each.reason === null;

/** Two digits behind the point, as perplexities are told. */
export const perplexityText = (value: number): string => value.toFixed(value < 100 ? 2 : 0);

function textName(text: MeasureSetup['text']): string {
  if (text === null) return 'No text yet';
  return text === 'stories' ? 'Stories' : text.name;
}

/** What is read, and the way in and out. */
function Setup({ app }: { readonly app: App }) {
  const { text, tokens, bucket } = useKv(app, (state) => state.measuring);
  const measured = useKv(app, (state) => state.measured);
  const hasTokenizer = useKv(app, (state) => (state.view?.result.tokenizer ?? null) !== null);
  const { changeMeasure, measurePolicies, cancelMeasure } = app.actions;
  const running = measured?.status === 'running';
  const { over, handlers } = useDrop(([file]) => file && changeMeasure({ text: file }));
  return (
    <div className={clsx('kv-measure', over && 'drop-lit')} data-drop="kv-text" {...handlers}>
      <div className="kv-line-up">
        <Decimal
          label="Tokens read"
          title="That are foretold, each from what is kept of those before it"
          value={tokens}
          min={2}
          max={100_000}
          whole
          disabled={running}
          onChange={(value) => changeMeasure({ tokens: value })}
        />
        <Decimal
          label="A point for"
          title="Tokens that one point of the curve is the mean of"
          value={bucket}
          min={1}
          max={100_000}
          whole
          disabled={running}
          onChange={(value) => changeMeasure({ bucket: value })}
        />
        <div className="flex min-w-0 grow flex-wrap items-center gap-1.5">
          <span
            className="ell max-w-40 text-11 text-ink-2"
            title={text === 'stories' ? 'Those that the sample was not shown' : textName(text)}
          >
            {textName(text)}
          </span>
          <FileButton
            label="Text to measure on"
            accept=".txt,.md,text/plain"
            disabled={running}
            onFiles={([file]) => file && changeMeasure({ text: file })}
          >
            Text…
          </FileButton>
          {text !== 'stories' && (
            <Button size="small" variant="ghost" disabled={running} onClick={() => changeMeasure({ text: 'stories' })}>
              Stories
            </Button>
          )}
        </div>
        <Button
          icon={Play}
          disabled={running || text === null || !hasTokenizer}
          title={hasTokenizer ? undefined : 'The model names no tokenizer: give it below'}
          onClick={() => void measurePolicies()}
        >
          Measure all
        </Button>
      </div>
      {running && (
        <div className="flex items-center gap-3">
          <span className="grow">
            <ProgressBar
              label={measured.stage}
              done={measured.done}
              {...(measured.total > 0 && { total: measured.total })}
            />
          </span>
          <span className="ell num text-11 text-ink-2" role="status">
            {measured.stage}
          </span>
          <Button size="small" icon={X} onClick={cancelMeasure}>
            Cancel
          </Button>
        </div>
      )}
      {measured?.error && <Problem error={measured.error} what="Perplexity" compact />}
    </div>
  );
}

/** How much of the attention rests on the first positions. */
function Attention({ measured }: { readonly measured: Measured }) {
  const attention = measured.result?.attention;
  if (!attention) return null;
  const shares = attention.layers.map((share) => (share === null ? '?' : formatShare(share))).join(', ');
  return (
    <p className="num mt-1.5 text-11 text-ink-2">
      Attention of positions {formatInteger(attention.from + 1)} to {formatInteger(attention.to)} on the first{' '}
      {formatInteger(attention.sinks)}, by layer: {shares}. Evenly spread it would be {formatShare(attention.even)}.
    </p>
  );
}

function Curves({ app, measured }: { readonly app: App; readonly measured: Measured }) {
  const found = measured.found.filter(isFound);
  const all = found.flatMap(({ buckets }) => buckets.map(({ perplexity }) => perplexity));
  const y = createAxis(Math.max(0, Math.min(...all) * 0.95), Math.max(...all), 5);
  const tokens = Math.max(...found.map(({ buckets }) => buckets.reduce((sum, each) => sum + each.tokens, 0)));
  const lines = found.map(({ policy, buckets, perplexity }): Line => {
    const kind = policy.kind as PolicyKind;
    return {
      name: policyTitle(kind),
      last: perplexityText(perplexity),
      colour: COLOURS[kind],
      dash: DASHES[kind],
      points: buckets.map(({ from, tokens: count, perplexity: each }) => ({ x: from - 1 + count / 2, y: each })),
    };
  });
  return (
    <LineChart
      title="Perplexity"
      note={`measured, ${plural(tokens, 'token')} of ${measured.text}, lower is better`}
      lines={lines}
      upTo={tokens}
      y={y}
      tick={(value) => formatTick(value, y.step)}
      cell={perplexityText}
    >
      <Attention measured={measured} />
      <Setup app={app} />
    </LineChart>
  );
}

/** What each policy makes of a text, by position. */
export function PerplexityCard({ app }: { readonly app: App }) {
  const measured = useKv(app, (state) => state.measured);
  if (measured?.found.some(isFound)) return <Curves app={app} measured={measured} />;
  return (
    <section className="card flex min-w-0 flex-col px-4 py-3" aria-label="Perplexity">
      <h2 className="h3 mb-1.5">Perplexity</h2>
      <p className="max-w-[64ch] text-12 text-ink-2">
        How well each policy foretells a text, by position, with the time of a token: a text is read token by token, as
        it would be generated, once for each policy that the model takes. Drop a text here, or choose one.
      </p>
      <Setup app={app} />
    </section>
  );
}
