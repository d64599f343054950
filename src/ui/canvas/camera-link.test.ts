import { describe, expect, it } from 'vitest';
import { layoutGraph } from '../../layout/layout.ts';
import { viewOf } from '../../testing/view.ts';
import { Camera, centreOn, type Viewport } from './camera.ts';
import { CameraLink, type LinkPartners } from './camera-link.ts';
import { Scene } from './scene.ts';

const chain = (count: number, firstId: number): Scene => {
  const nodes = Array.from({ length: count }, (_, i) => ({
    op: 'Conv',
    id: firstId + i,
    inputs: [`v${i}`],
    outputs: [`v${i + 1}`],
  }));
  const view = viewOf(nodes, ['v0'], [`v${count}`]);
  return new Scene({ view, layout: layoutGraph(view), toggled: [] });
};

/** A canvas without a page: it is where it is put. */
function canvas(scene: Scene) {
  const camera = new Camera();
  camera.move({ x: 0, y: 0, zoom: 1 }, 400, 300);
  const moves: Viewport[] = [];
  const set = (viewport: Viewport): void => {
    moves.push(viewport);
    camera.move(viewport, 400, 300);
  };
  return { scene, camera, set, moves };
}

function linked(a: Scene, b: Scene, partners: LinkPartners) {
  const link = new CameraLink(partners);
  const [left, right] = [canvas(a), canvas(b)];
  link.attach('a', left);
  link.attach('b', right);
  return { link, left, right };
}

const placeOf = (scene: Scene, node: number, { x, y, zoom }: Viewport): [number, number] => {
  const row = scene.rowOf.get(node)!;
  const { layout } = scene.picture;
  return [layout.x[row]! * zoom + x, layout.y[row]! * zoom + y];
};

describe('two canvases that pan together', () => {
  it('show the same part, whichever of them is moved, and no move comes back', () => {
    const { left, right } = linked(chain(5, 1), chain(5, 1), null);
    left.camera.move({ x: -50, y: 20, zoom: 0.5 }, 400, 300);
    expect([right.camera.viewport, left.moves]).toEqual([{ x: -50, y: 20, zoom: 0.5 }, []]);
    right.camera.move({ x: 7, y: 8, zoom: 2 }, 400, 300);
    expect([left.camera.viewport, right.moves.length]).toEqual([{ x: 7, y: 8, zoom: 2 }, 1]);
  });

  it('stay where they are while they are not linked', () => {
    const { link, left, right } = linked(chain(5, 1), chain(5, 1), null);
    link.turn(false);
    left.camera.move({ x: 1, y: 2, zoom: 1 }, 400, 300);
    expect(right.moves).toEqual([]);
  });

  it('keep partners level where their places differ: the one in the middle, or the one that is held', () => {
    const [a, b] = [chain(20, 1), chain(12, 101)];
    const partners = {
      a: new Map([
        [12, 104],
        [14, 111],
      ]),
      b: new Map([
        [104, 12],
        [111, 14],
      ]),
    };
    const { link, left, right } = linked(a, b, partners);
    const lookAt = (node: number): void => {
      const [x, y] = placeOf(a, node, { x: 0, y: 0, zoom: 1 });
      left.camera.move(centreOn(x + 88, y + 20, 1, 400, 300), 400, 300);
    };
    lookAt(12);
    expect(placeOf(b, 104, right.camera.viewport)).toEqual(placeOf(a, 12, left.camera.viewport));
    link.hold({ a: 14, b: 111 });
    lookAt(13);
    expect(placeOf(b, 111, right.camera.viewport)).toEqual(placeOf(a, 14, left.camera.viewport));
  });
});
