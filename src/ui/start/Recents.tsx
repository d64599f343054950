import { FileBox, Info, X } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { bytesPair, formatBytes, formatPair, formatRatio, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { Recent } from '../../state/recents.ts';
import { Button, Icon, IconButton } from '../kit/controls.tsx';
import { useSettings } from '../kit/use-store.ts';
import { formatWhen } from '../kit/when.ts';
import { chooseFiles } from './files.ts';
import { KeepQuestion } from './KeepQuestion.tsx';

const VERDICT_COLOURS = {
  faster: 'text-added',
  slower: 'text-removed',
  'no change': 'text-ink-3',
  inconclusive: 'text-warning',
  'no verdict': 'text-warning',
} as const;

function Verdict({ bench }: Pick<Recent, 'bench'>) {
  if (!bench) return <span className="text-ink-3">not timed</span>;
  const { verdict, ratio } = bench;
  const moved = verdict === 'faster' || verdict === 'slower';
  return <span className={VERDICT_COLOURS[verdict]}>{moved ? `${formatRatio(ratio)} ${verdict}` : verdict}</span>;
}

interface RowProps {
  readonly app: App;
  readonly recent: Recent;
  /** The model itself is here: it opens by the click alone. */
  readonly kept: boolean;
  readonly now: number;
}

function RecentRow({ app, recent, kept, now }: RowProps) {
  const open = (): void => {
    void app.actions.openRecent(recent);
    if (recent.sample === null && !kept) chooseFiles();
  };
  return (
    <li className="group relative border-t border-line-soft first:border-t-0">
      <button
        type="button"
        onClick={open}
        className="flex w-full items-center gap-3 px-3.5 py-[11px] text-left hover:bg-hover"
      >
        <Icon of={FileBox} size={16} className="text-ink-3" />
        <span className="min-w-0 flex-1">
          <span className="flex justify-between gap-3">
            <span className="ell font-medium">{recent.name}</span>
            <span className="num flex-none text-11 text-ink-3 group-focus-within:invisible group-hover:invisible">
              {formatWhen(recent.at, now)}
            </span>
          </span>
          <span className="num mt-0.5 flex justify-between gap-3 text-11 text-ink-2">
            <span>
              {kept && 'kept · '}
              {plural(recent.recipe.steps.length, 'step')} ·{' '}
              {formatPair(bytesPair(recent.bytesBefore, recent.bytesAfter))}
            </span>
            <Verdict bench={recent.bench} />
          </span>
        </span>
      </button>
      <IconButton
        icon={X}
        size="small"
        label={`Forget ${recent.name}`}
        className="absolute top-1.5 right-1.5 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
        onClick={() => void app.actions.forgetRecent(recent.name)}
      />
    </li>
  );
}

/** What is kept and what is not, and the way to change one's mind. */
function KeepingNote({ app }: { readonly app: App }) {
  const answer = useSettings(app, (settings) => settings.keepModels);
  const says = !app.canKeep
    ? 'Recipes are kept, models are not: this browser has no storage for them. Reopening asks for the file again.'
    : answer === 'yes'
      ? 'Recipes and models are kept in this browser’s own storage. Nothing is uploaded.'
      : 'Recipes are kept, models are not. Reopening asks for the file again and checks that it is the same one.';
  return (
    <p className="mt-2.5 flex items-start gap-2 text-11 text-ink-3">
      <Icon of={Info} size={13} className="mt-px" />
      <span>
        {says}{' '}
        {app.canKeep && answer !== 'ask' && (
          <button type="button" className="link" onClick={() => app.actions.setKeepModels(answer === 'no')}>
            {answer === 'yes' ? 'Keep no more' : 'Keep models'}
          </button>
        )}
      </span>
    </p>
  );
}

function ClearAll({ app }: { readonly app: App }) {
  const kept = useStore(app.recents, (state) => state.kept);
  const bytes = kept.reduce((all, model) => all + model.bytes, 0);
  return (
    <Button size="small" variant="ghost" onClick={() => void app.actions.clearRecents()}>
      {bytes > 0 ? `Clear all, frees ${formatBytes(bytes)}` : 'Clear all'}
    </Button>
  );
}

/** Recipes that were at work in this browser, and the models that are kept with them. */
export function Recents({ app }: { readonly app: App }) {
  const recents = useStore(app.recents, (state) => state.recents);
  const kept = useStore(app.recents, (state) => state.kept);
  const [now] = useState(Date.now);
  return (
    <section aria-labelledby="recent-title">
      <div className="mb-2 flex h-6 items-center justify-between">
        <h2 id="recent-title" className="h3">
          Recent
        </h2>
        {recents.length + kept.length > 0 ? (
          <ClearAll app={app} />
        ) : (
          <span className="text-11 text-ink-3">kept in this browser</span>
        )}
      </div>
      {recents.length === 0 ? (
        <p className="card px-3.5 py-4 text-12 text-ink-3">
          No recipe yet. It appears here with the first step you apply.
        </p>
      ) : (
        <ul className="card max-h-[340px] overflow-y-auto">
          {recents.map((recent) => (
            <RecentRow
              key={recent.name}
              app={app}
              recent={recent}
              kept={kept.some(({ name }) => name === recent.name)}
              now={now}
            />
          ))}
        </ul>
      )}
      {recents.length > 0 && <KeepQuestion app={app} className="mt-2.5" />}
      <KeepingNote app={app} />
    </section>
  );
}
