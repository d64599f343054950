import { Crosshair, X } from 'lucide-react';
import { useMemo } from 'react';
import type { GroupKind } from '../../base/group-kinds.ts';
import { formatBytes, formatCount, formatInteger, plainOperator, plural, UNKNOWN } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { nodesInGroup, summarizeGroup, type GroupRef, type GroupSummary } from '../../state/group-summary.ts';
import { Badge, Button, IconButton } from '../kit/controls.tsx';
import { useListed } from '../kit/Listed.tsx';
import { useDocument } from '../kit/use-store.ts';
import { GeneSection } from './GeneSection.tsx';
import { Section } from './Section.tsx';

const KINDS: Readonly<Record<GroupKind, string>> = {
  scope: 'name scope',
  repeat: 'repeat',
  subgraph: 'subgraph',
  function: 'function body',
};

const known = (value: number, text: (value: number) => string): string => (Number.isNaN(value) ? UNKNOWN : text(value));

const rowsOf = (group: GroupSummary): readonly (readonly [string, string])[] => [
  ['Nodes', formatInteger(group.nodes)],
  ['MACs', known(group.macs, formatCount)],
  ['Elementwise', known(group.elementwise, formatCount)],
  ['Parameters', known(group.parameters, formatCount)],
  ['Weights', known(group.weightBytes, formatBytes)],
  ['Results', known(group.activationBytes, formatBytes)],
];

function Head({ app, group }: { readonly app: App; readonly group: GroupSummary }) {
  const { first, parent } = group;
  return (
    <header className="sec">
      <div className="flex items-center gap-2">
        <h2 className="ell text-15 font-strong" title={group.name}>
          {group.name}
        </h2>
        <Badge>{KINDS[group.kind]}</Badge>
        <span className="-mr-1.5 ml-auto flex">
          {first !== null && (
            <IconButton
              icon={Crosshair}
              size="small"
              label="Go to its first node"
              onClick={() => app.actions.focusNode(first)}
            />
          )}
          <IconButton icon={X} size="small" label="Deselect" onClick={() => app.actions.select(null)} />
        </span>
      </div>
      {parent && (
        <p className="mt-[3px] text-12 text-ink-3">
          in{' '}
          <button type="button" className="ins-node-link" onClick={() => app.actions.showGroup(parent)}>
            {parent.name}
          </button>
        </p>
      )}
      <div className="mt-2.5 flex flex-wrap gap-1.5">
        <Button size="small" onClick={() => app.actions.toggleGroup(group.key)}>
          {group.folded ? 'Unfold' : 'Fold'}
        </Button>
        {group.copies.length > 1 && (
          <Button size="small" onClick={() => app.actions.toggleCopies(group.key)}>
            {group.folded ? 'Unfold' : 'Fold'} all {formatInteger(group.copies.length)} copies
          </Button>
        )}
      </div>
    </header>
  );
}

function Operators({ app, group }: { readonly app: App; readonly group: GroupSummary }) {
  const largest = group.operators[0]?.[1] ?? 1;
  return (
    <Section app={app} title="Operators" aside={formatInteger(group.operators.length)}>
      <ul>
        {group.operators.map(([operator, count]) => (
          <li key={operator} className="flex h-[22px] items-center gap-2 text-12">
            <span className="ell flex-1 text-ink-2" title={operator}>
              {plainOperator(operator)}
            </span>
            <span className="num">{formatInteger(count)}</span>
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${(count / largest) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface GroupListProps {
  readonly app: App;
  readonly title: string;
  readonly groups: readonly (GroupRef & { readonly nodes?: number })[];
  readonly current?: string;
}

function GroupList({ app, title, groups, current }: GroupListProps) {
  const { shown, more } = useListed(groups);
  if (groups.length === 0) return null;
  return (
    <Section app={app} title={title} aside={formatInteger(groups.length)}>
      <ul className="ins-list">
        {shown.map(({ key, name, first, nodes }) => (
          <li key={key} className="flex h-[22px] items-center gap-2 text-12">
            {key === current ? (
              <span className="ell flex-1" aria-current="true">
                {name} <span className="text-ink-3">this one</span>
              </span>
            ) : (
              <button
                type="button"
                className="ins-node-link ell flex-1 text-left"
                onClick={() => app.actions.showGroup({ key, name, first })}
              >
                {name}
              </button>
            )}
            {nodes !== undefined && <span className="num text-ink-3">{formatInteger(nodes)}</span>}
          </li>
        ))}
      </ul>
      {more}
    </Section>
  );
}

/** A group of nodes: what it is made of, what it costs, where it is repeated. */
export function GroupPanel({ app, selected }: { readonly app: App; readonly selected: string }) {
  const picture = useDocument(app, (state) => state.picture);
  const group = useMemo(
    () => (picture ? summarizeGroup(picture.view, picture.toggled, selected) : null),
    [picture, selected],
  );
  const nodes = useMemo(() => (picture ? nodesInGroup(picture.view, selected) : []), [picture, selected]);
  if (!group) return null;
  return (
    <>
      <Head app={app} group={group} />
      <div
        role="group"
        aria-label="Group"
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
      >
        <Section app={app} title="Together">
          <dl className="kv num" data-numbers="">
            {rowsOf(group).map(([label, text]) => (
              <div key={label} className="contents">
                <dt>{label}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          {Number.isNaN(group.macs) && (
            <p className="mt-2 text-11 text-ink-3">
              Unknown where one of {plural(group.nodes, 'node')} is: never counted as 0.
            </p>
          )}
        </Section>
        <Operators app={app} group={group} />
        <GeneSection key={selected} app={app} nodes={nodes} />
        <GroupList app={app} title="Groups inside" groups={group.children} />
        {group.copies.length > 1 && <GroupList app={app} title="Copies" groups={group.copies} current={group.key} />}
      </div>
    </>
  );
}
