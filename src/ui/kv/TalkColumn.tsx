import { CornerDownLeft, Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { formatBytes, formatInteger, formatMs, UNKNOWN } from '../../base/format.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { App } from '../../state/app.ts';
import { POLICY_KINDS, type TalkSide } from '../../state/kv-store.ts';
import { partsAt, type Talk } from '../../state/kv-talk.ts';
import { policyTitle } from '../../kv/policy-title.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useKv } from '../kit/use-store.ts';
import { keepsText } from './policy-look.ts';

const KINDS: readonly CachePolicy['kind'][] = [...POLICY_KINDS, 'none'];
const NAMES: Readonly<Record<TalkSide, string>> = { left: 'Left', right: 'Right' };

function stateText(talk: Talk): string {
  if (talk.status === 'running') return talk.tokens === 0 ? `${talk.stage} …` : 'running';
  // As many tokens as were asked for need no word.
  if (talk.status === 'done') return talk.result?.stopped === 'token' ? 'done, it ended itself' : 'done';
  return talk.status;
}

interface TextProps {
  readonly talk: Talk;
  /** The first token that the other side has otherwise; null: none. */
  readonly differs: number | null;
}

/** The prompt, and what came behind it; the end stays in sight while it grows. */
function Text({ talk, differs }: TextProps) {
  const box = useRef<HTMLDivElement>(null);
  const [before, own, after] = partsAt(talk, differs);
  useEffect(() => {
    const { current } = box;
    if (current && talk.status === 'running') current.scrollTop = current.scrollHeight;
  }, [talk]);
  return (
    <div ref={box} className="kv-text" tabIndex={0} role="region" aria-label={`Text, ${policyTitle(talk.policy.kind)}`}>
      <span className="text-ink-3">{talk.prompt}</span>
      {before}
      {own !== '' && (
        <mark className="kv-differs" title="The first token that both sides do not have in common">
          {own}
        </mark>
      )}
      {after}
      {talk.status === 'running' && <span className="kv-caret" aria-hidden="true" />}
    </div>
  );
}

interface Props {
  readonly app: App;
  readonly side: TalkSide;
  readonly differs: number | null;
  readonly running: boolean;
}

/** A text under one policy, with its figures as they grow. */
export function TalkColumn({ app, side, differs, running }: Props) {
  const kind = useKv(app, (state) => state.chosen[side]);
  const policies = useKv(app, (state) => state.policies);
  const plans = useKv(app, (state) => state.view?.result.plans);
  const talk = useKv(app, (state) => state.talks[side]);
  const reused = talk?.result?.reused ?? 0;
  const refusal = plans?.find((plan) => plan.kind === kind)?.reason ?? null;
  return (
    <section className="kv-column" aria-label={`${NAMES[side]} text`}>
      <div className="flex items-center gap-2 px-4 py-2">
        <select
          className="select"
          aria-label={`Policy, ${NAMES[side].toLowerCase()}`}
          value={kind}
          disabled={running}
          onChange={(event) => app.actions.chooseTalk(side, event.target.value as CachePolicy['kind'])}
        >
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {policyTitle(each)}
            </option>
          ))}
        </select>
        <span className="ell grow text-11 text-ink-3">{keepsText(kind === 'none' ? { kind } : policies[kind])}</span>
        <span className="shrink-0 text-11 text-ink-2" role="status">
          {talk ? stateText(talk) : ''}
        </span>
        {talk?.status === 'running' && (
          <Button
            size="small"
            icon={Square}
            aria-label={`Stop the ${side} text`}
            onClick={() => app.actions.stopTalk(side)}
          >
            Stop
          </Button>
        )}
        {talk && talk.tokens > 0 && !running && (
          <Button
            size="small"
            variant="ghost"
            icon={CornerDownLeft}
            title="The text becomes part of the prompt; in pages, what was read of it is still there"
            aria-label={`Go on from the ${side} text`}
            onClick={() => app.actions.goOn(side)}
          >
            Go on
          </Button>
        )}
      </div>
      {refusal !== null && <p className="px-4 pb-2 text-11 text-ink-2">Not here: {refusal}</p>}
      {talk ? (
        <Text talk={talk} differs={differs} />
      ) : (
        <div className="kv-text text-ink-3">The text comes here, token by token.</div>
      )}
      {talk?.error && (
        <div className="px-4 pb-3">
          <Problem error={talk.error} what={policyTitle(talk.policy.kind)} compact />
        </div>
      )}
      <div className="kv-foot num">
        <dl className="kv-figures" aria-label={`Figures, ${side}`}>
          <div>
            <dt>Tokens</dt>
            <dd>{formatInteger(talk?.tokens)}</dd>
          </div>
          <div>
            <dt>Per token</dt>
            <dd>{formatMs(talk?.msPerToken)}</dd>
          </div>
          <div title="The first run of a session has its own costs in it">
            <dt>Prompt</dt>
            <dd>
              {formatMs(talk?.prefillMs)}
              {reused > 0 && (
                <span className="text-ink-3" title="Positions that were in the pool from an earlier text">
                  {` ${formatInteger(reused)} kept`}
                </span>
              )}
            </dd>
          </div>
          <div>
            <dt>Cache</dt>
            <dd>{talk && talk.tokens > 0 ? formatBytes(talk.cacheBytes) : UNKNOWN}</dd>
          </div>
        </dl>
      </div>
    </section>
  );
}
