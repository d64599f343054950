import { formatShare, plural } from '../../base/format.ts';
import type { PassSites } from '../../engine/types.ts';
import { isFolded, type GraphView } from '../../ir/view.ts';
import type { DocumentState, PassPreview } from '../document.ts';
import { adjacencyOf, rowsOf } from '../query/adjacency.ts';

/** What the canvas shows at a node, beside the node itself. */
export interface NodeMark {
  /** The site that the node belongs to. */
  readonly site: { readonly key: string; readonly on: boolean; readonly what: string } | null;
  /** Index into the near misses of the pass that is looked at. */
  readonly miss: { readonly index: number; readonly reason: string } | null;
  readonly change: 'new' | 'changed' | 'fused' | null;
  readonly match: boolean;
}
const PLAIN: NodeMark = { site: null, miss: null, change: null, match: false };

interface Shown {
  readonly view: GraphView;
  readonly preview: PassPreview | null;
  /** Sites of the pass that is looked at. */
  readonly found: PassSites | undefined;
  readonly diff: DocumentState['diff'];
  readonly matches: readonly number[] | null;
}

function changesOf({ diff }: Shown): ReadonlyMap<number, NodeMark['change']> {
  const changes = new Map<number, NodeMark['change']>();
  for (const node of diff?.changed ?? []) changes.set(node, 'changed');
  for (const node of diff?.added ?? []) changes.set(node, 'new');
  for (const node of diff?.fused ?? []) changes.set(node, 'fused');
  return changes;
}

/** Marks by NodeId; nodes that it does not know have none. */
export function marksOf(shown: Shown): (node: number) => NodeMark {
  const marks = new Map<number, NodeMark>();
  const mark = (node: number, patch: Partial<NodeMark>): void =>
    void marks.set(node, { ...(marks.get(node) ?? PLAIN), ...patch });
  const { preview, found: sites } = shown;
  if (preview) {
    for (const { key, nodes, what } of sites?.sites ?? []) {
      for (const node of nodes) mark(node, { site: { key, what, on: !preview.off.has(key) } });
    }
    sites?.refusals.forEach(({ nodes, reason }, index) => {
      for (const node of nodes) mark(node, { miss: { index, reason } });
    });
  }
  for (const [node, change] of changesOf(shown)) mark(node, { change });
  // Matches may be all nodes there are: they are looked up, not marked one by one.
  const matches = new Set(shown.matches);
  return (node) => {
    const found = marks.get(node) ?? PLAIN;
    return matches.has(node) ? { ...found, match: true } : found;
  };
}

/** Whether a group is one box on the graph; -1 is no group. */
export function boxesOf({ groups }: GraphView, toggled: readonly string[]): (group: number) => boolean {
  const keys = new Set(toggled);
  return (group) => group >= 0 && isFolded(groups, group, keys);
}

/** Wires that each row writes: worked out once per view. */
const outputs = new WeakMap<GraphView, readonly (readonly number[])[]>();
function outputsOf(view: GraphView): readonly (readonly number[])[] {
  const known = outputs.get(view);
  if (known) return known;
  const made: number[][] = Array.from(view.nodeIds, () => []);
  view.wireSources.forEach((row, wire) => row >= 0 && made[row]!.push(wire));
  outputs.set(view, made);
  return made;
}

/** Everything that a node's line says, in words: for screen readers and on hover. */
export function describeNode(view: GraphView, row: number, name: string, mark: NodeMark, totalMacs: number): string {
  const shapes = (outputsOf(view)[row] ?? []).map((wire) => view.wireShapes[wire]!).filter((shape) => shape !== '');
  const { producers, consumers } = adjacencyOf(view);
  const macs = view.macs[row]!;
  const share = Number.isNaN(macs) ? 'MACs unknown' : macs > 0 ? `${formatShare(macs / totalMacs)} of MACs` : '';
  return [
    name,
    view.nodeDetails[row],
    view.nodeNames[row],
    shapes.length > 0 && `output ${shapes.join(', ')}`,
    share,
    plural(rowsOf(producers, row).length, 'producer'),
    plural(rowsOf(consumers, row).length, 'consumer'),
    mark.site && `site ${mark.site.on ? 'on' : 'off'}`,
    mark.miss && `near miss: ${mark.miss.reason}`,
    mark.change,
    mark.match && 'match',
  ]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(', ');
}
