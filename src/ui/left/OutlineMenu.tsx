import { DropdownMenu } from 'radix-ui';
import type { App } from '../../state/app.ts';
import { adjacencyOf, rowsOf } from '../../state/query/adjacency.ts';
import { labelOf } from '../../state/query/go-to.ts';
import type { OutlineLine } from '../../state/outline/outline.ts';
import { keysOf } from '../shell/keys.ts';
import type { OutlineState } from './outline-lines.ts';

/** Neighbours that a menu lists; the graph shows the others. */
const MOST = 10;

interface Entry {
  readonly title: string;
  readonly keys?: string;
  readonly run: () => void;
}

/** Goes to a node, and unfolds the outline down to it. */
export type GoTo = (row: number) => void;

function nodeEntries(app: App, state: OutlineState, row: number, goTo: GoTo): readonly (readonly Entry[])[] {
  const { view } = state;
  const node = view.nodeIds[row]!;
  const { site, miss } = state.markOf(node);
  const { producers, consumers } = adjacencyOf(view);
  const neighbours = (rows: Int32Array, what: string): readonly Entry[] =>
    Array.from(rows.subarray(0, MOST), (each) => ({ title: `${what} ${labelOf(view, each)}`, run: () => goTo(each) }));
  return [
    [
      { title: 'Show on the graph', keys: keysOf('go'), run: () => app.actions.focusNode(node) },
      ...(site
        ? [
            {
              title: site.on ? 'Site off' : 'Site on',
              keys: keysOf('outlineSite'),
              run: () => app.actions.toggleSite(site.key),
            },
          ]
        : []),
      ...(miss ? [{ title: 'Why not here?', run: () => app.actions.showRefusal(miss.index) }] : []),
      { title: 'Search for its operator', run: () => app.actions.search(`op:${view.opTypes[view.nodeOps[row]!]}`) },
      { title: 'Copy a link to this node', run: () => void app.actions.copyLink(node) },
    ],
    neighbours(rowsOf(producers, row), 'Producer'),
    neighbours(rowsOf(consumers, row), 'Consumer'),
  ];
}

function groupEntries(app: App, state: OutlineState, { part, unfolded }: OutlineLine): readonly (readonly Entry[])[] {
  const key = state.view.groups.keys[part.group];
  const quoted = /[\s>|(),]/.test(part.name) ? `"${part.name}"` : part.name;
  const verb = state.isBox(part.group) ? 'Unfold' : 'Fold';
  return [
    [
      { title: unfolded ? 'Fold here' : 'Unfold here', run: () => app.actions.toggleFold(part.key) },
      { title: 'Go to its first node', run: () => app.actions.focusNode(state.view.nodeIds[part.first]!) },
      ...(part.hint === ''
        ? [{ title: 'Search for what is in it', run: () => app.actions.search(`in:${quoted}`) }]
        : []),
    ],
    key === undefined
      ? []
      : [
          { title: `${verb} on the graph`, keys: keysOf('foldLine'), run: () => app.actions.toggleGroup(key) },
          { title: `${verb} with all copies on the graph`, run: () => app.actions.toggleCopies(key) },
        ],
  ];
}

interface Props {
  readonly app: App;
  readonly state: OutlineState;
  readonly line: OutlineLine | null;
  /** Place of the line inside of the tree, px. */
  readonly top: number;
  readonly open: boolean;
  readonly goTo: GoTo;
  readonly onClose: () => void;
}

/** All that can be done with a line; a neighbour goes there along the edge. */
export function OutlineMenu({ app, state, line, top, open, goTo, onClose }: Props) {
  if (!line) return null;
  const groups =
    line.part.kind === 'node' ? nodeEntries(app, state, line.part.first, goTo) : groupEntries(app, state, line);
  return (
    <DropdownMenu.Root open={open} onOpenChange={(next) => next || onClose()} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span className="pointer-events-none absolute left-8 h-[25px] w-px" style={{ top }} tabIndex={-1} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          aria-label={line.part.name}
          align="start"
          className="pop z-40 max-h-[60vh] min-w-[220px] overflow-y-auto p-1.5"
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {groups
            .filter((entries) => entries.length > 0)
            .map((entries, index) => (
              <DropdownMenu.Group key={entries[0]?.title}>
                {index > 0 && <DropdownMenu.Separator className="sep mx-1 my-1" />}
                {entries.map(({ title, keys, run }) => (
                  <DropdownMenu.Item key={title} className="menu-item" onSelect={run}>
                    {title}
                    {keys && <kbd className="kbd">{keys}</kbd>}
                  </DropdownMenu.Item>
                ))}
              </DropdownMenu.Group>
            ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
