import { Copy, Funnel, X } from 'lucide-react';
import { useMemo } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { PassPreview, PruneSession } from '../../state/document.ts';
import { groupsOutside, groupWithCopies } from '../../state/scoping.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useDocument, useView } from '../kit/use-store.ts';

interface LimitProps {
  readonly app: App;
  /** How many matches the pass is limited to, and of which search; null: it is not limited. */
  readonly limit: { readonly nodes: number; readonly text: string } | null;
}

/** What the pass is limited to, with the way out; or the offer to limit it to what the search found. */
function Limit({ app, limit }: LimitProps) {
  const matches = useView(app, (state) => state.matches?.length ?? 0);
  if (limit) {
    const count = plural(limit.nodes, 'match', 'matches');
    return (
      <button
        type="button"
        className="chip"
        aria-label={`Only in ${count} of ${limit.text}. Remove this limit`}
        title={limit.text}
        onClick={() => app.actions.dropScope()}
      >
        <Icon of={Funnel} size={12} className="text-accent" />
        In {count}
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

/** The same for pruning: groups without a match are protected. Nothing to say where every group has one. */
export function PruneScope({ app, session }: { readonly app: App; readonly session: PruneSession }) {
  const matches = useView(app, (state) => state.matches);
  const text = useView(app, (state) => state.search);
  const { plan, options } = session;
  const outside = useMemo(() => groupsOutside(plan, new Set(matches)), [plan, matches]);
  if (!matches || outside.length === 0 || outside.length === plan.groups.length) return null;
  const limited = outside.every((key) => options.protected.includes(key));
  return <Limit app={app} limit={limited ? { nodes: matches.length, text } : null} />;
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
  const { scope } = preview;
  return (
    <>
      <Limit app={app} limit={scope && { nodes: scope.nodes.size, text: scope.text }} />
      <Copies app={app} />
    </>
  );
}
