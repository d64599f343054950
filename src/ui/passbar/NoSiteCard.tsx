import { Combine } from 'lucide-react';
import { plural } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import type { Refusal } from '../../rewrite/pass.ts';
import type { App } from '../../state/app.ts';
import { nodeCount } from '../../state/node-count.ts';
import { USER_RULE } from '../../state/rules/ruling.ts';
import { Icon } from '../kit/controls.tsx';
import { nodeTitle } from '../kit/node-title.ts';
import { useDocument, useView } from '../kit/use-store.ts';

const path = (view: GraphView, refusal: Refusal): string =>
  refusal.nodes
    .slice(0, 4)
    .map((node) => nodeTitle(view, node))
    .join(' → ') + (refusal.nodes.length > 4 ? ' …' : '');

const NEAREST = 3;

/** A pass without a site says why, with its nearest misses. */
export function NoSiteCard({ app }: { readonly app: App }) {
  const pass = useDocument(app, (state) => state.preview?.pass);
  const info = useDocument(app, (state) => state.passes.find((each) => each.id === pass));
  const found = useDocument(app, (state) => (pass === undefined ? undefined : state.sites[pass]));
  const view = useDocument(app, (state) => state.picture?.view);
  const refusal = useView(app, (state) => state.refusal);
  // A rule's own panel says it.
  if (pass === USER_RULE) return null;
  if (!info || !found || !view || found.sites.length > 0 || refusal !== null) return null;
  return (
    <section className="pop absolute top-14 left-3 z-10 w-[340px] p-4" aria-label="No site">
      <header className="flex items-center gap-2">
        <Icon of={Combine} size={16} className="text-ink-2" />
        <h3 className="h3 flex-1">{info.title}</h3>
        <span className="count num">0</span>
      </header>
      <p className="mt-2 text-ink-2">
        {found.unavailable ??
          `No site in ${plural(nodeCount(view), 'node')}.${found.refusals.length > 0 ? ' Nearest misses:' : ` ${info.why}`}`}
      </p>
      {found.refusals.slice(0, NEAREST).map((each, index) => (
        <div key={`${each.rule} ${each.nodes.join()}`} className="miss mt-2">
          <div className="flex justify-between gap-3">
            <b className="num ell font-medium">{path(view, each)}</b>
            <button type="button" className="link" onClick={() => app.actions.showRefusal(index)}>
              show
            </button>
          </div>
          <p className="mt-0.5 text-ink-2 [overflow-wrap:anywhere]">{each.reason}</p>
        </div>
      ))}
      {found.refusals.length > NEAREST && (
        <p className="mt-2 text-11 text-ink-3">
          and {plural(found.refusals.length - NEAREST, 'more near miss', 'more near misses')}
        </p>
      )}
    </section>
  );
}
