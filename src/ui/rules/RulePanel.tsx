import { ChevronLeft, FileDown, FileUp, Regex, SquareDashedMousePointer } from 'lucide-react';
import { useRef } from 'react';
import { plural } from '../../base/format.ts';
import type { Refusal } from '../../rewrite/pass.ts';
import type { App } from '../../state/app.ts';
import { USER_RULE } from '../../state/rules/ruling.ts';
import { Button, Icon, IconButton } from '../kit/controls.tsx';
import { useLater } from '../kit/use-later.ts';
import { useDocument, useView } from '../kit/use-store.ts';
import { RuleFields } from './RuleFields.tsx';
import { RuleHelp } from './RuleHelp.tsx';
import { RuleStarts } from './RuleStarts.tsx';
import './rules.css';

/** Opens a rule that was saved. */
function LoadButton({ app }: { readonly app: App }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="Rule file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void app.actions.loadRule(file);
          event.target.value = '';
        }}
      />
      <IconButton
        icon={FileUp}
        size="small"
        iconSize={13}
        label="Load a rule from a file"
        onClick={() => input.current?.click()}
      />
    </>
  );
}

/** Writes the pattern of what is chosen on the graph. */
function FromSelection({ app }: { readonly app: App }) {
  const chosen = useView(app, ({ selected, marked }) => marked.length + (selected === null ? 0 : 1));
  return (
    <Button
      size="small"
      icon={SquareDashedMousePointer}
      className="w-full"
      disabled={chosen === 0}
      title={chosen === 0 ? 'Select a node on the graph; shift-click chooses more' : undefined}
      onClick={() => void app.actions.startFromSelection()}
    >
      {chosen === 0 ? 'Start from chosen nodes' : `Start from ${plural(chosen, 'chosen node')}`}
    </Button>
  );
}

/** Reasons in the panel, so many at most; the bar over the graph steps through all near misses. */
const MOST = 3;

/** Why the rule does not apply where it nearly does: each reason once, with its first place. */
function Misses({ app, misses }: { readonly app: App; readonly misses: readonly Refusal[] }) {
  const reasons = [...new Set(misses.map(({ reason }) => reason))];
  return reasons.slice(0, MOST).map((reason) => {
    const count = misses.filter((miss) => miss.reason === reason).length;
    const first = misses.findIndex((miss) => miss.reason === reason);
    return (
      <p key={reason} className="miss text-11">
        {reason} {count > 1 && <span className="num text-ink-3">{plural(count, 'place')}. </span>}
        <button type="button" className="link" onClick={() => app.actions.showRefusal(first)}>
          {count > 1 ? 'show the first' : 'show'}
        </button>
      </p>
    );
  });
}

/** What the graph has to say to the rule as it is written. */
function Answer({ app }: { readonly app: App }) {
  const { draft, fault, asking, note } = useDocument(app, (state) => state.rule);
  const found = useDocument(app, (state) => state.sites[USER_RULE]);
  const late = useLater(asking);
  const isHalf = draft.pattern.trim() === '' || draft.replace.trim() === '';
  const misses = found?.refusals ?? [];
  return (
    <div role="status" aria-label="What the graph says" className="sec flex flex-col gap-1.5 text-12 text-ink-2">
      {note !== null && <p>{note}</p>}
      {fault?.field === null && <p className="text-error">{fault.message}</p>}
      {fault !== null && fault.field !== null && <p>The rule cannot be read yet.</p>}
      {!fault && isHalf && <p>Write a pattern and what takes its place; the graph shows where it fits.</p>}
      {!fault && !isHalf && late && <p>Looking for sites.</p>}
      {!fault && !isHalf && !late && found && (
        <p className="num">
          <span className="font-medium text-ink">{plural(found.sites.length, 'site')}</span>
          {found.sites.length > 0 && (
            <>
              {' '}
              <button type="button" className="link" onClick={() => app.actions.stepSite(1)}>
                {found.sites.length === 1 ? 'show it' : 'show the next'}
              </button>
            </>
          )}
          {found.sites.length === 0 && misses.length === 0 && ': the pattern is nowhere in this model.'}
          {misses.length > 0 && `, ${plural(misses.length, 'near miss', 'near misses')}`}
        </p>
      )}
      {!fault && <Misses app={app} misses={misses} />}
    </div>
  );
}

/** The left panel while a person writes a rule: its fields, what the graph says to it, and how rules are written. */
export function RulePanel({ app }: { readonly app: App }) {
  const { actions } = app;
  return (
    <section
      className="flex h-full min-h-0 flex-col"
      aria-label="A rule of your own"
      onKeyDown={(event) => {
        // What was written is kept.
        if (event.key === 'Escape') actions.closeRule();
      }}
    >
      <header className="flex h-10 flex-none items-center gap-1 border-b border-line-soft pr-2 pl-2">
        <IconButton icon={ChevronLeft} label="Back" size="small" onClick={actions.closeRule} />
        <Icon of={Regex} className="text-accent" />
        <h2 className="h3 ell grow">A rule of your own</h2>
        <LoadButton app={app} />
        <IconButton
          icon={FileDown}
          size="small"
          iconSize={13}
          label="Save the rule as a file"
          onClick={actions.saveRule}
        />
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        <div className="sec flex flex-col gap-2">
          <RuleStarts app={app} />
          <FromSelection app={app} />
        </div>
        <RuleFields app={app} />
        <Answer app={app} />
        <p className="px-3.5 pt-2.5 text-11 text-ink-3">
          Apply runs the model before and after, and keeps the step only where the outputs agree within the class.
        </p>
        <RuleHelp />
      </div>
    </section>
  );
}
