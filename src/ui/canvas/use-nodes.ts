import { useMemo, useState } from 'react';
import type { CanvasFlowNode, Fold, NodeState, Unfold } from './flow-nodes.ts';
import { FlowNodes, showsOperators } from './flow-nodes.ts';
import { wishOfItem } from './groups.ts';
import type { Hull } from './look.ts';
import type { MarkFlowNode } from './MarkNode.tsx';
import type { GraphCanvasProps } from './types.ts';
import type { VisibleTiles } from './use-visible.ts';

type Props = Pick<GraphCanvasProps, 'sites' | 'refusals' | 'refusal' | 'onToggleSite' | 'onOpenRefusal' | 'onFold'>;

/** React Flow's nodes: what is near, ticks of hulls, buttons that fold. */
export function useNodes(props: Props, state: NodeState, visible: VisibleTiles): CanvasFlowNode[] {
  const [flowNodes] = useState(() => new FlowNodes());
  const { sites, refusals, refusal, onToggleSite, onOpenRefusal, onFold } = props;
  const { scene, look, theme, selected, hovered, lit } = state;
  const press = usePress(onToggleSite, onOpenRefusal);
  const fold = useMemo<Fold>(() => (key, folded, copies) => onFold([key], folded, copies), [onFold]);
  const unfold = useMemo<Unfold>(
    () => (row) => {
      const wish = wishOfItem(scene, row);
      if (wish && !wish.folded) onFold(wish.keys, false, false);
    },
    [scene, onFold],
  );
  return useMemo(() => {
    const describe = (hull: Hull): MarkFlowNode['data'] | null => {
      if (hull.kind === 'group') return null;
      if (hull.kind === 'miss' || hull.kind === 'frozen') {
        const reason = refusals[hull.index]?.reason ?? '';
        return {
          kind: hull.kind,
          label: `${hull.kind === 'frozen' ? 'Frozen' : 'Near miss'}: ${reason}`,
          open: refusal === hull.index,
          press: press.miss(hull.index),
        };
      }
      const site = sites[hull.index];
      return site ? { kind: hull.kind, label: site.what, open: false, press: press.site(site.key) } : null;
    };
    const now = { scene, look, theme, selected, hovered, lit };
    return [
      ...(showsOperators(visible.detail) ? flowNodes.items(now, visible.box, fold, unfold) : []),
      ...(visible.folds ? flowNodes.foldButtons(now, visible.box, fold) : []),
      ...(visible.marks ? flowNodes.hullMarks(look, visible.box, describe) : []),
    ];
  }, [flowNodes, visible, scene, look, theme, selected, hovered, lit, sites, refusals, refusal, press, fold, unfold]);
}

/** The same function for the same site as long as the handlers are the same: nodes are compared by identity. */
function usePress(onToggleSite: (key: string) => void, onOpenRefusal: (index: number | null) => void) {
  return useMemo(() => {
    const known = new Map<string | number, () => void>();
    const once = (key: string | number, make: () => void): (() => void) => {
      const press = known.get(key) ?? make;
      known.set(key, press);
      return press;
    };
    return {
      site: (key: string) => once(key, () => onToggleSite(key)),
      miss: (index: number) => once(index, () => onOpenRefusal(index)),
    };
  }, [onToggleSite, onOpenRefusal]);
}
