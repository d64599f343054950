import type { App } from '../../state/app.ts';
import { USER_RULE } from '../../state/rules/ruling.ts';
import { useDocument } from '../kit/use-store.ts';

/** Hand edits at the foot of the list of passes: they have no places until one is given. */
export function EditList({ app }: { readonly app: App }) {
  const edits = useDocument(app, (state) => state.passes).filter((pass) => pass.group === 'edit');
  const open = useDocument(app, ({ edit, preview }) => edit?.pass ?? (preview?.pass === USER_RULE ? USER_RULE : null));
  const close = (): void => (open === USER_RULE ? app.actions.closeRule() : app.actions.cancelEdit());
  if (edits.length === 0) return null;
  return (
    <div role="group" aria-label="Edit">
      <h3 className="group-head">
        <span>Edit</span>
      </h3>
      {edits.map(({ id, title, why }) => (
        <button
          key={id}
          type="button"
          className="pass-row"
          aria-pressed={open === id}
          title={why}
          onClick={() => (open === id ? close() : app.actions.lookAt(id))}
        >
          <span className="ell flex-1">{title}</span>
        </button>
      ))}
    </div>
  );
}
