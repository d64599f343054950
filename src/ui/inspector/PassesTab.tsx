import { Check, CircleQuestionMark, CircleSlash } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { NodeDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { whyNot, type WhyNot } from '../../state/why-not.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { Section } from './Section.tsx';

type Placed = Extract<WhyNot, { index: number }>;
type Plain = Exclude<WhyNot, Placed | { kind: 'waiting' }>;

/** `Conv`, `com.microsoft.FusedConv`: as passes name operators. */
export const operatorOf = ({ opType, domain }: Pick<NodeDetail, 'opType' | 'domain'>): string =>
  domain === '' ? opType : `${domain}.${opType}`;

/** What every pass has to say at a node; made again when a pass has found its sites. */
export function useWhyNot(app: App, node: number, operator: string): readonly WhyNot[] {
  const passes = useDocument(app, (state) => state.passes);
  const sites = useDocument(app, (state) => state.sites);
  const errors = useDocument(app, (state) => state.sitesErrors);
  return useMemo(() => whyNot(passes, sites, errors, node, operator), [passes, sites, errors, node, operator]);
}

/** A near miss in place: its reason, and the way to it on the canvas. */
export function NearMiss({ app, near }: { readonly app: App; readonly near: Placed }) {
  return (
    <div className="miss mt-1.5">
      <h4 className="flex items-center gap-1.5 text-12 font-medium">
        <Icon of={CircleQuestionMark} size={12} className="text-warning" />
        <span className="ell flex-1">{near.pass.title}</span>
        <button
          type="button"
          className="link"
          aria-label={`Look at the near miss of ${near.pass.title}`}
          onClick={() => app.actions.lookAtRefusal(near.pass.id, near.index)}
        >
          look
        </button>
      </h4>
      <p className="mt-0.5 text-12 text-ink-2 [overflow-wrap:anywhere]">{near.text}</p>
    </div>
  );
}

function SiteRow({ app, site }: { readonly app: App; readonly site: Placed }) {
  return (
    <li className="ins-why">
      <h4 className="flex items-center gap-1.5 text-12 font-medium">
        <Icon of={Check} size={12} className="text-accent" />
        <span className="ell flex-1">{site.pass.title}</span>
        <Button
          size="small"
          aria-label={`Look at ${site.pass.title} here`}
          onClick={() => app.actions.lookAtSite(site.pass.id, site.index)}
        >
          Look
        </Button>
      </h4>
      <p className="text-12 text-ink-2 [overflow-wrap:anywhere]">{site.text}</p>
    </li>
  );
}

function PlainRow({ app, entry }: { readonly app: App; readonly entry: Plain }) {
  return (
    <li className="ins-why">
      <h4 className="flex items-center gap-1.5 text-12">
        {entry.kind === 'failed' && <Icon of={CircleSlash} size={12} className="text-error" />}
        <button
          type="button"
          className="ins-why-pass ell"
          title={`Look at ${entry.pass.title} in the whole model`}
          onClick={() => app.actions.lookAt(entry.pass.id)}
        >
          {entry.pass.title}
        </button>
      </h4>
      <p className="text-115 text-ink-3 [overflow-wrap:anywhere]">{entry.text}</p>
    </li>
  );
}

interface GroupProps {
  readonly app: App;
  readonly title: string;
  readonly count: number;
  readonly children: ReactNode;
}

function Group({ app, title, count, children }: GroupProps) {
  if (count === 0) return null;
  return (
    <Section app={app} title={title} aside={formatInteger(count)}>
      <ul className="flex flex-col gap-2">{children}</ul>
    </Section>
  );
}

/** The entries of some kinds. */
export const ofKind = <K extends WhyNot['kind']>(all: readonly WhyNot[], ...kinds: readonly K[]) =>
  all.filter((each): each is Extract<WhyNot, { kind: K }> => (kinds as readonly string[]).includes(each.kind));

/** What every pass would do at this node, or why it does nothing. */
export function PassesTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const all = useWhyNot(app, detail.node, operatorOf(detail));
  const sites = ofKind(all, 'site');
  const near = ofKind(all, 'near');
  const waiting = ofKind(all, 'waiting').length;
  const rest = [
    ['Nothing to do here', ofKind(all, 'elsewhere')],
    ['About other operators', ofKind(all, 'other')],
    ['Cannot be used', ofKind(all, 'unavailable', 'failed')],
  ] as const;
  return (
    <>
      {sites.length + near.length === 0 && waiting === 0 && (
        <p className="sec text-12 text-ink-2">No pass has a site or a near miss at this node.</p>
      )}
      {waiting > 0 && (
        <p className="sec text-12 text-ink-3">{plural(waiting, 'pass', 'passes')} still being looked for.</p>
      )}
      <Group app={app} title="Applies here" count={sites.length}>
        {sites.map((site) => (
          <SiteRow key={site.pass.id} app={app} site={site} />
        ))}
      </Group>
      <Group app={app} title="Near misses" count={near.length}>
        {near.map((each) => (
          <li key={each.pass.id + each.text}>
            <NearMiss app={app} near={each} />
          </li>
        ))}
      </Group>
      {rest.map(([title, entries]) => (
        <Group key={title} app={app} title={title} count={entries.length}>
          {entries.map((entry) => (
            <PlainRow key={entry.pass.id} app={app} entry={entry} />
          ))}
        </Group>
      ))}
    </>
  );
}
