import { Copy, Funnel, X } from 'lucide-react';
import { useMemo } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { PassPreview } from '../../state/document.ts';
import { groupWithCopies } from '../../state/scoping.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useDocument, useView } from '../kit/use-store.ts';

/** What the pass is limited to, with the way out; or the offer to limit it to what the search found. */
function Scope({ app, preview }: { readonly app: App; readonly preview: PassPreview }) {
  const matches = useView(app, (state) => state.matches?.length ?? 0);
  if (preview.scope) {
    const { text, nodes } = preview.scope;
    return (
      <button
        type="button"
        className="chip"
        aria-label={`Only in ${plural(nodes.size, 'match', 'matches')} of ${text}. Remove this limit`}
        title={text}
        onClick={() => app.actions.dropScope()}
      >
        <Icon of={Funnel} size={12} className="text-accent" />
        In {plural(nodes.size, 'match', 'matches')}
        <Icon of={X} size={12} />
      </button>
    );
  }
  if (matches === 0) return null;
  return (
    <Button variant="ghost" size="small" icon={Funnel} onClick={() => app.actions.limitToMatches()}>
      Only in {plural(matches, 'match', 'matches')}
    </Button>
  );
}

/** The choice of the selected node's group for every group that is built like it. */
function Copies({ app }: { readonly app: App }) {
  const selected = useView(app, (state) => state.selected);
  const view = useDocument(app, (state) => state.picture?.view);
  const group = useMemo(() => (view && selected !== null ? groupWithCopies(view, selected) : -1), [view, selected]);
  if (!view || group < 0) return null;
  const { classes, names } = view.groups;
  const copies = classes.filter((each) => each === classes[group]).length - 1;
  return (
    <Button
      variant="ghost"
      size="small"
      icon={Copy}
      title={`Sites of ${names[group] ?? ''} on or off, so in the groups that are built like it`}
      onClick={() => app.actions.applyToCopies()}
    >
      So in {formatInteger(copies)} {copies === 1 ? 'copy' : 'copies'}
    </Button>
  );
}

/** Where the pass works: everywhere, in what a search found, or alike in all copies of a group. */
export function ScopeControls({ app, preview }: { readonly app: App; readonly preview: PassPreview }) {
  return (
    <>
      <Scope app={app} preview={preview} />
      <Copies app={app} />
    </>
  );
}
