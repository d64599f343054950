import { useReactFlow } from '@xyflow/react';
import { useEffect } from 'react';
import type { Camera, Viewport } from './camera.ts';
import { boxOf, itemOfNode, type Scene } from './scene.ts';
import type { Box } from './types.ts';

export type LinkSide = 'a' | 'b';
const OTHER = { a: 'b', b: 'a' } as const;

/** A node of each side that are partners. */
type Pair = Readonly<Record<LinkSide, number>>;

interface LinkEnd {
  readonly scene: Scene;
  readonly camera: Camera;
  readonly set: (viewport: Viewport) => void;
}

/** Node ids of the other side by those of one; null: what both share lies at the same place. */
export type LinkPartners = Readonly<Record<LinkSide, ReadonlyMap<number, number>>> | null;

const same = (a: Viewport | undefined, b: Viewport): boolean =>
  a !== undefined && Math.abs(a.x - b.x) < 0.01 && Math.abs(a.y - b.y) < 0.01 && Math.abs(a.zoom - b.zoom) < 1e-6;

/**
 * Two canvases that pan and zoom together. Where the pictures share no places, a node that is in view and its partner
 * are kept level with each other.
 */
export class CameraLink {
  private on = true;
  private readonly partners: LinkPartners;
  private readonly ends = new Map<LinkSide, LinkEnd>();
  /** Where each side was last seen, or was put: an echo of our own move is none. */
  private readonly seen = new Map<LinkSide, Viewport>();
  private level: Pair | null = null;
  private held: Pair | null = null;

  constructor(partners: LinkPartners) {
    this.partners = partners;
  }

  /** Whether one takes the other along. */
  turn(on: boolean): void {
    this.on = on;
  }

  /** Keeps two nodes level for as long as they are in view; null: whichever are in the middle. */
  hold(pair: Pair | null): void {
    this.held = pair;
  }

  attach(side: LinkSide, end: LinkEnd): () => void {
    this.ends.set(side, end);
    const unsubscribe = end.camera.subscribe(() => this.follow(side));
    return () => {
      unsubscribe();
      this.ends.delete(side);
    };
  }

  private follow(side: LinkSide): void {
    const [end, other] = [this.ends.get(side), this.ends.get(OTHER[side])];
    if (!end || end.camera.width === 0) return;
    const { viewport } = end.camera;
    if (same(this.seen.get(side), viewport)) return;
    this.seen.set(side, viewport);
    if (!this.on || !other || other.camera.width === 0) return;
    const [x, y] = this.offset(side, end, other);
    const target = { zoom: viewport.zoom, x: viewport.x + x * viewport.zoom, y: viewport.y + y * viewport.zoom };
    this.seen.set(OTHER[side], target);
    other.set(target);
  }

  /** How far the other side's picture is off, in graph units. */
  private offset(side: LinkSide, end: LinkEnd, other: LinkEnd): readonly [number, number] {
    if (!this.partners) return [0, 0];
    this.level =
      this.seenIn(this.held, side, end, 1) ?? this.seenIn(this.level, side, end, 0.5) ?? this.nearest(side, end, other);
    const [own, theirs] = [placeOf(end, this.level?.[side]), placeOf(other, this.level?.[OTHER[side]])];
    return own && theirs ? [own.left - theirs.left, own.top - theirs.top] : [0, 0];
  }

  /** The pair, while its node lies in the middle `share` of what is in view. */
  private seenIn(pair: Pair | null, side: LinkSide, end: LinkEnd, share: number): Pair | null {
    const box = placeOf(end, pair?.[side]);
    if (!box) return null;
    const { left, right, top, bottom } = end.camera.visible();
    const [x, y] = [(box.left + box.right - left - right) / 2, (box.top + box.bottom - top - bottom) / 2];
    const inside = Math.abs(x) <= ((right - left) / 2) * share && Math.abs(y) <= ((bottom - top) / 2) * share;
    return inside ? pair : null;
  }

  /** The pair whose node is nearest to the middle of what is in view. */
  private nearest(side: LinkSide, end: LinkEnd, other: LinkEnd): Pair | null {
    const visible = end.camera.visible();
    const [x, y] = [(visible.left + visible.right) / 2, (visible.top + visible.bottom) / 2];
    let best: Pair | null = this.level;
    let least = Infinity;
    end.scene.tiles.query(visible, (item) => {
      const node = end.scene.picture.view.nodeIds[item];
      const partner = node === undefined ? undefined : this.partners?.[side].get(node);
      if (node === undefined || partner === undefined || !other.scene.rowOf.has(partner)) return;
      const box = boxOf(end.scene.items, item);
      const distance = Math.hypot((box.left + box.right) / 2 - x, (box.top + box.bottom) / 2 - y);
      if (distance >= least) return;
      least = distance;
      best = side === 'a' ? { a: node, b: partner } : { a: partner, b: node };
    });
    return best;
  }
}

function placeOf({ scene }: LinkEnd, node: number | undefined): Box | null {
  const item = node === undefined ? -1 : itemOfNode(scene, node);
  return item < 0 ? null : boxOf(scene.items, item);
}

/** Joins a canvas to a link for as long as it is there. */
export function useCameraLink(
  link: { readonly link: CameraLink; readonly side: LinkSide } | undefined,
  scene: Scene,
  camera: Camera,
): void {
  const flow = useReactFlow();
  const [joined, side] = [link?.link, link?.side];
  useEffect(() => {
    if (!joined || !side) return;
    return joined.attach(side, { scene, camera, set: (viewport) => void flow.setViewport(viewport) });
  }, [joined, side, scene, camera, flow]);
}
