import { boxOf, boxOfPort, boxOfStub } from '../scene.ts';
import { meets, type Frame, type ScreenBox } from './frame.ts';
import type { Box } from '../types.ts';

/** Where words may stand: on no node, pill or port, and on no other words. */
export class Room {
  private readonly frame: Frame;
  private readonly taken: Box[] = [];
  private readonly ports: readonly Box[];

  constructor(frame: Frame) {
    this.frame = frame;
    const { picture } = frame.scene;
    const ports = Array.from(picture.layout.portX, (_, port) => boxOfPort(picture, port));
    this.ports = ports.filter((box) => meets(box, frame.visible));
  }

  /** Takes a place for words, unless something stands there. `at` is in px. */
  take(at: ScreenBox): boolean {
    const box = this.unitsOf(at);
    if (this.taken.some((other) => meets(other, box)) || this.isBuilt(box)) return false;
    this.taken.push(box);
    return true;
  }

  private unitsOf({ x, y, width, height }: ScreenBox): Box {
    const { viewport } = this.frame;
    const left = (x - viewport.x) / viewport.zoom;
    const top = (y - viewport.y) / viewport.zoom;
    return { left, top, right: left + width / viewport.zoom, bottom: top + height / viewport.zoom };
  }

  private isBuilt(box: Box): boolean {
    const { items, scene, detail } = this.frame;
    // A frame may be painted in parts; what stands in the way is looked for everywhere.
    const tiles = items === scene.items ? scene.tiles : this.frame.tiles;
    if (this.ports.some((port) => meets(port, box))) return true;
    let built = false;
    tiles.query(box, (item) => (built ||= meets(boxOf(items, item), box)));
    // Far, stubs are not drawn.
    if (!built && detail !== 'far')
      scene.stubs.query(box, (stub) => (built ||= meets(boxOfStub(scene.picture, stub), box)));
    return built;
  }
}
