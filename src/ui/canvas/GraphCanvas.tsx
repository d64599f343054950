import { ReactFlow, ReactFlowProvider } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import { nodeCount } from '../../state/node-count.ts';
import { useStages } from '../kit/use-stages.ts';
import type { Camera } from './camera.ts';
import { LARGEST_ZOOM, SMALLEST_ZOOM } from './camera.ts';
import { useCameraLink } from './camera-link.ts';
import './canvas.css';
import './groups.css';
import './tools.css';
import { GroupBar } from './GroupBar.tsx';
import { FoldNode, GroupNode } from './GroupNode.tsx';
import { ghostOfNode } from './ghosts.ts';
import { foldedAround, shownGroup } from './groups.ts';
import { Legend } from './Legend.tsx';
import type { Look } from './look.ts';
import { MarkNode } from './MarkNode.tsx';
import { OpenRefusal } from './OpenRefusal.tsx';
import { OpNode } from './OpNode.tsx';
import { OverlaySwitch } from './OverlaySwitch.tsx';
import { PictureDialog } from './picture/PictureDialog.tsx';
import { itemOfGroup, itemOfNode, type Scene } from './scene.ts';
import { StripMap } from './StripMap.tsx';
import { useCanvasTheme } from './theme.ts';
import type { GraphCanvasProps } from './types.ts';
import { type CameraMoves, useCamera } from './use-camera.ts';
import { handleKey } from './use-keys.ts';
import { useMotion } from './use-motion.ts';
import { useNodes } from './use-nodes.ts';
import { usePainter } from './use-painter.ts';
import { usePath } from './use-path.ts';
import { usePointer } from './use-pointer.ts';
import { useLook, useScene } from './use-scene.ts';
import { useVisible } from './use-visible.ts';
import { describeItem } from './walk.ts';
import { ZoomControls } from './ZoomControls.tsx';

const NODE_TYPES = { op: OpNode, mark: MarkNode, folded: GroupNode, fold: FoldNode };
const NO_EDGES: never[] = [];

/**
 * The graph: React Flow holds the viewport and the few nodes in view, a canvas under it everything else. It has no
 * state of the page's own; selection, sites and overlays come in and go out as props.
 */
export function GraphCanvas(props: GraphCanvasProps) {
  // The indices of a large graph, its look and its first drawing are tasks of their own, so that none is a long one.
  const scene = useScene(props);
  const stage = useStages(3);
  return <ReactFlowProvider>{stage > 1 && <Looked {...props} scene={scene} drawn={stage > 2} />}</ReactFlowProvider>;
}

type LookedProps = GraphCanvasProps & { readonly scene: Scene; readonly drawn: boolean };

function Looked({ drawn, ...props }: LookedProps) {
  const look = useLook(props.scene, props);
  return drawn && <Canvas {...props} look={look} />;
}

/** The item that is selected: a node, what it is folded into, or a folded group. */
function selectedItem(scene: Scene, { selected, selectedGroup }: GraphCanvasProps): number {
  if (selectedGroup !== null) return itemOfGroup(scene, selectedGroup);
  return selected === null ? -1 : itemOfNode(scene, selected);
}

/** Folding from a button takes the button away: the graph gets the focus then. */
function useFold({ onFold }: GraphCanvasProps, root: RefObject<HTMLElement | null>): GraphCanvasProps['onFold'] {
  return useCallback(
    (keys, folded, copies) => {
      if (root.current?.contains(document.activeElement)) {
        root.current.querySelector<HTMLElement>('.gc-flow')?.focus({ preventScroll: true });
      }
      onFold(keys, folded, copies);
    },
    [onFold, root],
  );
}

function Canvas(given: GraphCanvasProps & { readonly scene: Scene; readonly look: Look }) {
  const root = useRef<HTMLDivElement>(null);
  const onFold = useFold(given, root);
  const props = { ...given, onFold };
  const { scene, look } = props;
  const theme = useCanvasTheme();
  const { camera, moves } = useCamera(scene, props.documentKey);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointer = usePointer(props, scene, camera, moves);
  const selected = selectedItem(scene, props);
  const hovered = props.hovered === null ? pointer.hoveredGroup : itemOfNode(scene, props.hovered);
  const path = usePath(scene, selected, hovered);
  const motion = useMotion(scene, props.documentKey, camera, moves);
  const shown = { scene, look, theme, selected, hovered, lit: path.lit };
  const group = useMemo(
    () => (props.selectedGroup === null ? null : shownGroup(scene, props.selectedGroup)),
    [scene, props.selectedGroup],
  );
  const painted = { ...shown, frame: group && !group.folded ? group.box : null };
  usePainter(canvas, camera, { ...painted, motion });
  useZoomVariable(root, camera);
  useCameraLink(props.link, scene, camera);
  useCovered(camera, moves, selected, props.covered ?? 0);
  useFocus(scene, look, moves, props);
  const visible = useVisible(camera);
  const nodes = useNodes(props, shown, visible);
  const goTo = useCallback((item: number) => moves.goTo(item, { close: true, animated: false }), [moves]);
  const keyed = { scene, selected, siteOf: look.siteOf, moves, props, onPath: path.toggle };
  return (
    <div ref={root} className="gc" data-detail={visible.detail} data-moving={motion?.change ? '' : undefined}>
      <div
        className="gc-flow"
        role="application"
        tabIndex={0}
        aria-label={`${props.label ?? 'Graph'} of ${nodeCount(props.picture.view)} nodes. ${KEYS}`}
        onKeyDown={(event) => handleKey(event, keyed)}
        {...pointer.handlers}
      >
        <canvas ref={canvas} className="gc-painted" aria-hidden="true" />
        <ReactFlow
          nodes={nodes}
          edges={NO_EDGES}
          nodeTypes={NODE_TYPES}
          minZoom={SMALLEST_ZOOM}
          maxZoom={LARGEST_ZOOM}
          panOnScroll
          zoomOnDoubleClick={false}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          selectNodesOnDrag={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          attributionPosition="top-right"
          onPaneClick={pointer.click}
        />
      </div>
      {group && !motion && <GroupBar group={group} camera={camera} onFold={props.onFold} />}
      {props.saving && <PictureDialog saving={props.saving} shown={painted} camera={camera} />}
      <OpenRefusal props={props} scene={scene} look={look} camera={camera} moves={moves} />
      <Legend props={props} scene={scene} look={look} onGoTo={goTo} />
      <div className="gc-tools">
        {!props.plain && <OverlaySwitch overlay={props.overlay} onOverlay={props.onOverlay} />}
        <span className="gc-grow" />
        <ZoomControls camera={camera} onZoom={moves.zoomBy} onActual={moves.actual} onAll={moves.all} />
      </div>
      <StripMap scene={scene} look={look.afar} theme={theme} camera={camera} onGoTo={goTo} />
      <div className="gc-live" aria-live="polite">
        {selected >= 0 && describeItem(scene, look, selected, props.sites[look.siteOf[selected]! - 1] ?? null)}
        {path.lit && `. Path: ${path.lit.upstream} upstream, ${path.lit.downstream} downstream.`}
      </div>
    </div>
  );
}

const KEYS = 'Arrows walk along edges, F fits, 0 shows all, E folds, P lights the path, space switches a site.';

/** Where a card opens over the selected node, the canvas makes way. */
function useCovered(camera: Camera, moves: CameraMoves, selected: number, covered: number): void {
  useEffect(() => {
    if (camera.cover(covered) && selected >= 0) moves.reveal(selected);
  }, [camera, moves, selected, covered]);
}

/** Words in nodes grow against the zoom where they would get too small to read. */
function useZoomVariable(root: { readonly current: HTMLElement | null }, camera: Camera): void {
  useEffect(() => {
    let before = '';
    const write = (): void => {
      const zoom = (Math.ceil(Math.min(1, camera.viewport.zoom) * 20) / 20).toFixed(2);
      if (zoom === before) return;
      before = zoom;
      root.current?.style.setProperty('--gc-zoom', zoom);
    };
    write();
    return camera.subscribe(write);
  }, [root, camera]);
}

/** Brings a node into view that was asked for; the groups that hide it unfold first. What is gone is where its ghost is. */
function useFocus(scene: Scene, look: Look, moves: CameraMoves, props: GraphCanvasProps): void {
  const { focusRequest: request, onFold } = props;
  const done = useRef<number | null>(null);
  const unfolded = useRef<number | null>(null);
  useEffect(() => {
    if (!request || done.current === request.nonce) return;
    const item = itemOfNode(scene, request.node);
    const ghost = item < 0 ? ghostOfNode(look.ghosts, request.node) : null;
    if (item < 0 && !ghost) return;
    const hiding = item < 0 ? [] : foldedAround(scene, request.node);
    if (hiding.length > 0 && unfolded.current !== request.nonce) {
      unfolded.current = request.nonce;
      onFold(hiding, false, false);
      return;
    }
    done.current = request.nonce;
    if (ghost) moves.showBox(ghost);
    else moves.goTo(item, { close: true, animated: true });
  }, [scene, look, moves, request, onFold]);
}
