import { Equal, ListFilter, X } from 'lucide-react';
import { CHANGE_KINDS, CHANGE_WORDS, type ChangeKind } from '../../base/changes.ts';
import { formatInteger, formatSigned } from '../../base/format.ts';
import type { Comparison } from '../../engine/compare-types.ts';
import type { App } from '../../state/app.ts';
import { countKinds } from '../../state/changes.ts';
import { VerdictBadge } from '../checks/VerdictBadge.tsx';
import { Icon, IconButton } from '../kit/controls.tsx';
import { useCompare, useDocument } from '../kit/use-store.ts';
import { KindGlyph } from './kinds.tsx';

/** Kinds that are listed though there are none. */
const ALWAYS = new Set<ChangeKind>(['fused', 'changed', 'removed', 'added']);

function KindRow({ app, kind, count }: { readonly app: App; readonly kind: ChangeKind; readonly count: number }) {
  const kinds = useCompare(app, (state) => state.filter.kinds);
  const toggle = (): void => {
    const next = new Set(kinds);
    if (!next.delete(kind)) next.add(kind);
    app.actions.filterChanges({ kinds: next });
  };
  return (
    <button
      type="button"
      className="pass-row"
      aria-pressed={kinds.has(kind)}
      aria-label={`${CHANGE_WORDS[kind]}, ${formatInteger(count)}`}
      data-zero={count === 0 ? '' : undefined}
      disabled={count === 0}
      onClick={toggle}
    >
      <KindGlyph kind={kind} size={14} />
      <span className="flex-1">{CHANGE_WORDS[kind]}</span>
      <span className="num text-ink-2">{formatInteger(count)}</span>
    </button>
  );
}

/** Steps between two stops; a press leaves the changes of that step alone. */
function Steps({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const stops = useDocument(app, (state) => state.document?.stops);
  const chosen = useCompare(app, (state) => state.filter.step);
  const [a, b] = [result.a.side, result.b.side];
  if (!stops || a === 'second' || b === 'second' || a === b) return null;
  const between = stops.slice(Math.min(a, b) + 1, Math.max(a, b) + 1);
  return (
    <section aria-label="By step" className="flex min-h-0 flex-1 flex-col border-t border-line-soft">
      <h2 className="panel-head h-[30px]">By step</h2>
      <div className="min-h-0 overflow-y-auto pb-2">
        {between.map((stop) => {
          const before = stops[stop.index - 1]?.summary.nodes ?? 0;
          return (
            <button
              key={stop.index}
              type="button"
              className="pass-row h-auto py-1.5"
              aria-pressed={chosen === stop.index}
              onClick={() => app.actions.filterChanges({ step: chosen === stop.index ? null : stop.index })}
            >
              <span className="flex min-w-0 flex-1 flex-col gap-1">
                <span className="ell">{`${stop.index} ${stop.title}`}</span>
                <span className="num flex items-center justify-between text-11 text-ink-3">
                  <VerdictBadge result={stop.verify} />
                  {stop.summary.nodes === before ? 'same count' : `${formatSigned(stop.summary.nodes - before)} nodes`}
                </span>
              </span>
            </button>
          );
        })}
      </div>
    </section>
  );
}

function TextFilter({ app }: { readonly app: App }) {
  const text = useCompare(app, (state) => state.filter.text);
  return (
    <div role="search" className="field mx-2.5 my-2">
      <Icon of={ListFilter} size={13} />
      <input
        type="text"
        aria-label="Filter changes"
        placeholder="Filter, as Conv strides"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => app.actions.filterChanges({ text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') app.actions.stepChange(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') app.actions.filterChanges({ text: '' });
        }}
      />
      {text !== '' && (
        <IconButton
          icon={X}
          size="small"
          iconSize={13}
          label="Clear the filter"
          onClick={() => app.actions.filterChanges({ text: '' })}
        />
      )}
    </div>
  );
}

/** What the table shows: by text, kind and step. */
export function Filters({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const rows = useCompare(app, (state) => state.rows);
  const counts = countKinds(rows);
  return (
    <>
      <TextFilter app={app} />
      <section aria-label="Kinds of change" className="flex-none pb-2">
        <h2 className="panel-head h-[26px]">Changes</h2>
        {CHANGE_KINDS.filter((kind) => counts[kind] > 0 || ALWAYS.has(kind)).map((kind) => (
          <KindRow key={kind} app={app} kind={kind} count={counts[kind]} />
        ))}
        <p className="mx-1.5 flex h-[26px] items-center gap-2 px-2 text-12 text-ink-2">
          <Icon of={Equal} className="text-ink-3" />
          <span className="flex-1">Unchanged</span>
          <span className="num">{formatInteger(result.same)}</span>
        </p>
      </section>
      <Steps app={app} result={result} />
    </>
  );
}
