import { formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { TALK_SIDES } from '../../state/kv-store.ts';
import { firstDifference } from '../../state/kv-talk.ts';
import { useKv } from '../kit/use-store.ts';
import { TalkColumn } from './TalkColumn.tsx';
import { TalkFields } from './TalkFields.tsx';

/** Where the two texts part, in words. */
function sayDifference(differs: number | null, some: boolean, running: boolean): string {
  if (differs !== null) return `They differ from token ${formatInteger(differs + 1)} on.`;
  if (!some) return '';
  return running ? 'The same so far.' : 'The same, as far as both go.';
}

/** The same prompt and seed under two policies, side by side. */
export function Conversation({ app }: { readonly app: App }) {
  const { left, right } = useKv(app, (state) => state.talks);
  const running = left?.status === 'running' || right?.status === 'running';
  const differs = firstDifference(left, right);
  const some = (left?.tokens ?? 0) > 0 && (right?.tokens ?? 0) > 0;
  return (
    <section className="card min-w-0" aria-label="Two texts side by side">
      <div className="flex items-center gap-3 px-4 pt-3">
        <h2 className="h3 grow">The same prompt under two policies</h2>
        <span className="num text-11 text-ink-2" aria-live="polite">
          {sayDifference(differs, some, running)}
        </span>
      </div>
      <TalkFields app={app} running={running} />
      <div className="kv-columns">
        {TALK_SIDES.map((side) => (
          <TalkColumn key={side} app={app} side={side} differs={differs} running={running} />
        ))}
      </div>
    </section>
  );
}
