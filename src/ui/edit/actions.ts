import {
  ArrowRightFromLine,
  Crop,
  Layers,
  Pencil,
  Ruler,
  Scan,
  SlidersHorizontal,
  SquareCheck,
  Trash2,
  type LucideIcon,
} from 'lucide-react';
import type { GraphView } from '../../ir/view.ts';
import { plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';

/** Something that can be done by hand at a place. */
export interface EditAction {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly title: string;
  readonly run: () => void;
}

/** Nodes inside a group and the groups in it. */
export function nodesOfGroup({ groups, nodeIds }: GraphView, group: number): number[] {
  const inside = (row: number): boolean => {
    for (let at = groups.ofRow[row] ?? -1; at >= 0; at = groups.parents[at] ?? -1) if (at === group) return true;
    return false;
  };
  return Array.from(nodeIds).filter((_, row) => inside(row));
}

/** The groups around a node, the innermost first. */
function groupsAround({ groups, nodeIds }: GraphView, node: number): number[] {
  const found: number[] = [];
  for (let at = groups.ofRow[nodeIds.indexOf(node)] ?? -1; at >= 0; at = groups.parents[at] ?? -1) found.push(at);
  return found;
}

/** Edits of one node, or of all that are chosen where it is one of them. */
export function nodeActions({ actions }: App, node: number, view: GraphView): readonly (readonly EditAction[])[] {
  const chosen = actions.chosenNodes();
  const nodes = chosen.includes(node) ? chosen : [node];
  const many = nodes.length > 1 ? plural(nodes.length, 'node') : '';
  const begin = (pass: string, at: readonly number[]) => () => void actions.beginEdit(pass, at);
  const groups = groupsAround(view, node).map((group): EditAction => ({
    id: `group ${group}`,
    icon: Crop,
    title: `Cut out ${view.groups.names[group] ?? 'the group'}…`,
    run: begin('extract-subgraph', nodesOfGroup(view, group)),
  }));
  return [
    [
      { id: 'rename', icon: Pencil, title: 'Rename…', run: begin('rename', [node]) },
      { id: 'attribute', icon: SlidersHorizontal, title: 'Change an attribute…', run: begin('set-attribute', [node]) },
      { id: 'output', icon: ArrowRightFromLine, title: 'Make its result an output…', run: begin('add-output', [node]) },
      { id: 'delete', icon: Trash2, title: many ? `Delete ${many}…` : 'Delete…', run: begin('delete-nodes', nodes) },
    ],
    [
      { id: 'cut', icon: Crop, title: many ? `Cut out ${many}…` : 'Cut out…', run: begin('extract-subgraph', nodes) },
      {
        id: 'from',
        icon: Scan,
        title: 'Cut out from here to…',
        run: () => void actions.beginEdit('extract-subgraph', [node]).then(() => actions.pickEnd(true)),
      },
      ...groups,
    ],
    [
      {
        id: 'mark',
        icon: SquareCheck,
        title: chosen.length > 1 && chosen.includes(node) ? 'Choose no longer' : 'Choose this one too',
        run: () => actions.mark(node),
      },
    ],
  ];
}

/** Edits of the selected group as one. */
export function groupActions({ actions }: App, key: string, view: GraphView): readonly EditAction[] {
  const group = view.groups.keys.indexOf(key);
  if (group < 0) return [];
  const nodes = nodesOfGroup(view, group);
  const begin = (pass: string) => () => void actions.beginEdit(pass, nodes);
  const count = plural(nodes.length, 'node');
  return [
    { id: 'cut', icon: Crop, title: `Cut out its ${count}…`, run: begin('extract-subgraph') },
    { id: 'delete', icon: Trash2, title: `Delete its ${count}…`, run: begin('delete-nodes') },
  ];
}

/** Edits of the model as a whole. */
export const modelActions = ({ actions }: App): readonly EditAction[] => [
  { id: 'batch', icon: Layers, title: 'Set the batch…', run: () => void actions.beginEdit('set-batch') },
  { id: 'shapes', icon: Ruler, title: 'Set input shapes…', run: () => void actions.beginEdit('set-input-shape') },
  { id: 'rename', icon: Pencil, title: 'Rename an input or output…', run: () => void actions.beginEdit('rename') },
];
