import { ReactFlow, ReactFlowProvider } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { nodeCount } from '../../state/node-count.ts';
import type { Camera } from './camera.ts';
import { LARGEST_ZOOM, SMALLEST_ZOOM } from './camera.ts';
import './canvas.css';
import './tools.css';
import type { CanvasFlowNode, NodeState } from './flow-nodes.ts';
import { FlowNodes, showsOperators } from './flow-nodes.ts';
import type { Hull, Look } from './look.ts';
import type { MarkFlowNode } from './MarkNode.tsx';
import { MarkNode } from './MarkNode.tsx';
import { OpNode } from './OpNode.tsx';
import { OverlaySwitch } from './OverlaySwitch.tsx';
import { RefusalPopover } from './RefusalPopover.tsx';
import type { Scene } from './scene.ts';
import { rowAt, stubAt } from './scene.ts';
import { StripMap } from './StripMap.tsx';
import { useCanvasTheme } from './theme.ts';
import type { GraphCanvasProps } from './types.ts';
import { type CameraMoves, useCamera } from './use-camera.ts';
import { handleKey } from './use-keys.ts';
import { usePainter } from './use-painter.ts';
import { useFreshRows, useLook, useScene } from './use-scene.ts';
import type { VisibleTiles } from './use-visible.ts';
import { useVisible } from './use-visible.ts';
import { describeRow } from './walk.ts';
import { ZoomControls } from './ZoomControls.tsx';

const NODE_TYPES = { op: OpNode, mark: MarkNode };
const NO_EDGES: never[] = [];

/**
 * The graph: React Flow holds the viewport and the few nodes in view, a canvas under it everything else. It has no
 * state of the page's own; selection, sites and overlays come in and go out as props.
 */
export function GraphCanvas(props: GraphCanvasProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props: GraphCanvasProps) {
  const scene = useScene(props);
  const look = useLook(scene, props);
  const theme = useCanvasTheme();
  const { camera, moves } = useCamera(scene, props.documentKey);
  const canvas = useRef<HTMLCanvasElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const selected = rowOf(scene, props.selected);
  const hovered = rowOf(scene, props.hovered);
  const fresh = useFreshRows(scene, props.documentKey);
  usePainter(canvas, camera, { scene, look, theme, selected, hovered, fresh });
  useZoomVariable(root, camera);
  useFocus(scene, moves, props.focusRequest);
  const visible = useVisible(camera);
  const nodes = useNodes(props, { scene, look, theme, selected, hovered, fresh }, visible);
  const pointer = usePointer(props, scene, camera, moves);
  const goTo = useCallback((row: number) => moves.goTo(row, { close: true, animated: false }), [moves]);
  const count = nodeCount(props.picture.view);
  return (
    <div ref={root} className="gc" data-detail={visible.detail}>
      <div
        className="gc-flow"
        role="application"
        tabIndex={0}
        aria-label={`Graph of ${count} nodes. Arrows walk along edges, F fits, 0 shows all, space switches a site.`}
        onKeyDown={(event) => handleKey(event, scene, selected, look.siteOf, moves, props)}
        {...pointer.move}
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
      <OpenRefusal props={props} scene={scene} look={look} camera={camera} moves={moves} />
      <div className="gc-tools">
        <OverlaySwitch overlay={props.overlay} heat={look.heat} onOverlay={props.onOverlay} />
        <span className="gc-grow" />
        <ZoomControls camera={camera} onZoom={moves.zoomBy} onActual={moves.actual} onAll={moves.all} />
      </div>
      <StripMap scene={scene} look={look} theme={theme} camera={camera} onGoTo={goTo} />
      <div className="gc-live" aria-live="polite">
        {selected >= 0 && describeRow(scene, selected, props.sites[look.siteOf[selected]! - 1] ?? null)}
      </div>
    </div>
  );
}

const rowOf = (scene: Scene, node: number | null): number => (node === null ? -1 : (scene.rowOf.get(node) ?? -1));

function useNodes(props: GraphCanvasProps, state: NodeState, visible: VisibleTiles): CanvasFlowNode[] {
  const [flowNodes] = useState(() => new FlowNodes());
  const { sites, refusals, refusal, onToggleSite, onOpenRefusal } = props;
  const { scene, look, theme, selected, hovered, fresh } = state;
  const press = usePress(onToggleSite, onOpenRefusal);
  return useMemo(() => {
    const describe = (hull: Hull): MarkFlowNode['data'] | null => {
      if (hull.kind === 'group') return null;
      if (hull.kind === 'miss') {
        const reason = refusals[hull.index]?.reason ?? '';
        return {
          kind: 'miss',
          label: `Near miss: ${reason}`,
          open: refusal === hull.index,
          press: press.miss(hull.index),
        };
      }
      const site = sites[hull.index];
      return site ? { kind: hull.kind, label: site.what, open: false, press: press.site(site.key) } : null;
    };
    return [
      ...(showsOperators(visible.detail)
        ? flowNodes.operators({ scene, look, theme, selected, hovered, fresh }, visible.box)
        : []),
      ...(visible.marks ? flowNodes.hullMarks(look, visible.box, describe) : []),
    ];
  }, [flowNodes, visible, scene, look, theme, selected, hovered, fresh, sites, refusals, refusal, press]);
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

/** One hit test for every zoom: nodes in the DOM let the pointer through. */
function usePointer(props: GraphCanvasProps, scene: Scene, camera: Camera, moves: CameraMoves) {
  const flow = useRef<{ left: number; top: number }>({ left: 0, top: 0 });
  const { hovered, onHover, onSelect, onOpenRefusal } = props;
  const { view, layout } = scene.picture;
  const toGraph = (clientX: number, clientY: number): [number, number] => {
    const { x, y, zoom } = camera.viewport;
    return [(clientX - flow.current.left - x) / zoom, (clientY - flow.current.top - y) / zoom];
  };
  const click = (event: { readonly clientX: number; readonly clientY: number }): void => {
    onOpenRefusal(null);
    const at = toGraph(event.clientX, event.clientY);
    const stub = stubAt(scene, ...at);
    const row = stub >= 0 ? view.wireSources[layout.stubWires[stub]!]! : rowAt(scene, ...at);
    if (stub >= 0 && row >= 0) moves.goTo(row, { close: false, animated: true });
    if (stub >= 0 && row < 0) {
      const port = view.inputs.indexOf(layout.stubWires[stub]!);
      if (port >= 0) moves.centre(layout.portX[port]!, layout.portY[port]!);
      return;
    }
    onSelect(row >= 0 ? view.nodeIds[row]! : null);
  };
  const move = {
    onPointerEnter: (event: PointerEvent<HTMLElement>) => {
      flow.current = event.currentTarget.getBoundingClientRect();
    },
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      flow.current = event.currentTarget.getBoundingClientRect();
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (event.buttons !== 0) return;
      const row = rowAt(scene, ...toGraph(event.clientX, event.clientY));
      const node = row >= 0 ? view.nodeIds[row]! : null;
      if (node !== hovered) onHover(node);
    },
    onPointerLeave: () => {
      if (hovered !== null) onHover(null);
    },
  };
  return { click, move };
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

function useFocus(scene: Scene, moves: CameraMoves, request: GraphCanvasProps['focusRequest']): void {
  const done = useRef<number | null>(null);
  useEffect(() => {
    if (!request || done.current === request.nonce) return;
    const row = scene.rowOf.get(request.node);
    if (row === undefined) return;
    done.current = request.nonce;
    moves.goTo(row, { close: true, animated: true });
  }, [scene, moves, request]);
}

function OpenRefusal({
  props,
  scene,
  look,
  camera,
  moves,
}: {
  readonly props: GraphCanvasProps;
  readonly scene: Scene;
  readonly look: Look;
  readonly camera: Camera;
  readonly moves: CameraMoves;
}) {
  const index = props.refusal;
  const refusal = index === null ? undefined : props.refusals[index];
  const box = look.hulls.find((hull) => hull.kind === 'miss' && hull.index === index)?.boxes[0];
  const shown = useRef<number | null>(null);
  useEffect(() => {
    // Only a newly opened near miss moves the canvas.
    if (index !== null && box && shown.current !== index) moves.showBox(box);
    shown.current = index;
  }, [index, box, moves]);
  if (!refusal || !box) return null;
  const where = refusal.nodes.flatMap((node) => {
    const row = scene.rowOf.get(node);
    return row === undefined ? [] : [scene.label(row)];
  });
  return (
    <RefusalPopover
      refusal={refusal}
      where={where.join(' → ')}
      box={box}
      camera={camera}
      onClose={() => props.onOpenRefusal(null)}
    />
  );
}
