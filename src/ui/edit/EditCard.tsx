import { Check, CircleQuestionMark, Pencil } from 'lucide-react';
import { useEffect, useRef, type ComponentType, type KeyboardEvent } from 'react';
import { formatSigned, formatSignedBytes, formatSignedCount } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { PassInfo } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import type { EditSession } from '../../state/document.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { nodeTitle } from '../kit/node-title.ts';
import { useLater } from '../kit/use-later.ts';
import { useDocument, useJobs } from '../kit/use-store.ts';
import './edit.css';
import type { FormProps } from './form.ts';
import { AddOutputForm, AttributeForm, DeleteForm, ExtractForm, RenameForm } from './node-forms.tsx';
import { RemoveInputForm, RemoveOutputForm, SetBatchForm, SetInputShapeForm } from './port-forms.tsx';

/** `waits`: there is something to fill in before the answer says anything. */
const FORMS: Readonly<Record<string, { readonly form: ComponentType<FormProps>; readonly waits: boolean }>> = {
  rename: { form: RenameForm, waits: true },
  'delete-nodes': { form: DeleteForm, waits: false },
  'add-output': { form: AddOutputForm, waits: false },
  'remove-output': { form: RemoveOutputForm, waits: false },
  'remove-input': { form: RemoveInputForm, waits: false },
  'set-batch': { form: SetBatchForm, waits: true },
  'set-input-shape': { form: SetInputShapeForm, waits: true },
  'set-attribute': { form: AttributeForm, waits: true },
  'extract-subgraph': { form: ExtractForm, waits: false },
};

/** What the edit changes in numbers, beside the model as it is. */
function Counts({ edit, summary }: { readonly edit: EditSession; readonly summary: ModelSummary }) {
  const after = edit.result?.summary;
  if (!after) return <p className="edit-counts num">&nbsp;</p>;
  const macs = after.macs !== null && summary.macs !== null ? after.macs - summary.macs : null;
  return (
    <p className="edit-counts num">
      <span>{formatSigned(after.nodes - summary.nodes)} nodes</span>
      <span>{formatSignedBytes(after.bytes - summary.bytes)}</span>
      {macs !== null && <span>{formatSignedCount(macs)} MACs</span>}
    </p>
  );
}

/** What the pass says: what will happen, or why it will not. */
function Answer({
  app,
  edit,
  summary,
}: {
  readonly app: App;
  readonly edit: EditSession;
  readonly summary: ModelSummary;
}) {
  const view = useDocument(app, (state) => state.picture?.view);
  const failure = useDocument(app, (state) => state.failure?.error ?? null);
  const slow = useLater(edit.found === null && edit.error === null);
  const error = failure ?? edit.error;
  const site = error === null ? edit.found?.sites[0] : undefined;
  const refusal = edit.found?.refusals[0];
  const [place] = refusal?.nodes ?? [];
  const reason = error?.message ?? edit.found?.unavailable ?? refusal?.reason;
  return (
    <div role="status" aria-label="What will happen" className="edit-answer">
      {site && (
        <>
          <p className="flex gap-2 text-ink-2">
            <Icon of={Check} size={13} className="mt-px text-added" />
            <span className="min-w-0 [overflow-wrap:anywhere]">{site.what}</span>
          </p>
          <Counts edit={edit} summary={summary} />
        </>
      )}
      {slow && <p className="edit-about">Working it out. Cancel closes the card.</p>}
      {!site && reason !== undefined && (
        <p className="flex gap-2 text-ink-2">
          <Icon of={CircleQuestionMark} size={13} className="mt-px text-warning" />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            {reason}{' '}
            {place !== undefined && view?.nodeIds.includes(place) && (
              <button type="button" className="link" onClick={() => app.actions.focusNode(place)}>
                Show {nodeTitle(view, place)}
              </button>
            )}
          </span>
        </p>
      )}
    </div>
  );
}

/** A card never covers its own place: it stands on the right where the selected node is under it. */
function keepOff(card: HTMLElement): void {
  const node = card.parentElement?.querySelector('.gc-selected')?.getBoundingClientRect();
  const own = card.getBoundingClientRect();
  const covered =
    node && node.left < own.right && node.right > own.left && node.top < own.bottom && node.bottom > own.top;
  if (covered === true) card.dataset['side'] = 'right';
}

/** A text field submits its form by itself; a choice, and the card where it has no field, do not. */
const submits = ({ target, currentTarget }: KeyboardEvent): boolean =>
  target === currentTarget || target instanceof HTMLSelectElement;

/** The first field has the focus while the card is open; what had it before, or the graph, gets it back. */
function useFocusInside() {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const card = form.current;
    if (!card) return;
    const before = document.activeElement;
    const graph = card.parentElement?.querySelector<HTMLElement>('.gc-flow');
    keepOff(card);
    (card.querySelector<HTMLElement>('input, select') ?? card).focus();
    return () => {
      // Somebody went elsewhere meanwhile.
      if (document.activeElement !== document.body) return;
      const back = before instanceof HTMLElement && before.isConnected && before !== document.body ? before : graph;
      back?.focus();
    };
  }, []);
  return form;
}

function Card({ app, edit, info, summary }: { app: App; edit: EditSession; info: PassInfo; summary: ModelSummary }) {
  const form = useFocusInside();
  const busy = useJobs(app, ({ jobs }) => jobs.some((job) => job.kind === 'apply' && job.state === 'running'));
  const shown = FORMS[edit.pass];
  if (!shown) return null;
  const Form = shown.form;
  const ready = edit.found !== null && edit.found.sites.length > 0 && !busy;
  return (
    <form
      ref={form}
      tabIndex={-1}
      className="pop edit-card"
      aria-label={info.title}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void app.actions.applyEdit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          app.actions.cancelEdit();
        } else if (event.key === 'Enter' && submits(event)) {
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <h2 className="flex items-center gap-2">
        <Icon of={Pencil} size={14} className="text-accent" />
        <span className="h3 ell flex-1">{info.title}</span>
      </h2>
      <Form app={app} edit={edit} summary={summary} change={app.actions.changeEdit} />
      {(edit.touched || !shown.waits) && <Answer app={app} edit={edit} summary={summary} />}
      <footer className="flex items-center justify-end gap-1.5">
        <Button variant="ghost" size="small" onClick={() => app.actions.cancelEdit()}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" size="small" keys="↵" disabled={!ready}>
          {busy ? 'Applying' : 'Apply'}
        </Button>
      </footer>
    </form>
  );
}

/** A hand edit in the making: a form, and what its pass says to it as it is filled in. It blocks nothing. */
export function EditCard({ app }: { readonly app: App }) {
  const edit = useDocument(app, (state) => state.edit);
  const info = useDocument(app, (state) => state.passes.find((pass) => pass.id === state.edit?.pass));
  const summary = useDocument(app, ({ document }) => document?.stops[document.cursor]?.summary);
  if (!edit || !info || !summary) return null;
  // A form of several nodes follows the choice as it is; others begin anew at another node.
  const begun = info.options['nodes'] ? edit.pass : `${edit.pass} ${edit.targets.map(({ node }) => node).join()}`;
  return <Card key={begun} app={app} edit={edit} info={info} summary={summary} />;
}
