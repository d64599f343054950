import { describe, expect, it } from 'vitest';
import { analyze } from '../../../analysis/analyze.ts';
import { makeGraphView } from '../../../analysis/view.ts';
import type { GraphView } from '../../../ir/view.ts';
import { layoutGraph } from '../../../layout/layout.ts';
import { readModel } from '../../../onnx/read.ts';
import { buildSample } from '../../../samples/catalogue.ts';
import { blocksPicture } from '../../../testing/blocks.ts';
import { haveShared, sharedFile, sharedModels } from '../../../testing/shared.ts';
import { buildLook } from '../look.ts';
import { boxOf, boxOfPort, boxOfStub, Scene } from '../scene.ts';
import type { CanvasTheme } from '../theme.ts';
import type { Frame, Pen, ScreenBox } from './frame.ts';
import { screenBox } from './frame.ts';
import { frameNames } from './frame-names.ts';
import { frameOf } from './make-frame.ts';
import { shapesOfInputs, shapesOfNodes } from './shapes.ts';

/** Widths of the fonts as they are on the page, about: Inter 0.56, JetBrains Mono 0.6 of their size a letter. */
class Measure {
  font = '';
  measureText(text: string): { readonly width: number } {
    const size = Number(/([\d.]+)px/.exec(this.font)![1]);
    return { width: text.length * size * (this.font.includes('mono') ? 0.6 : 0.56) };
  }
}
const pen = new Measure() as unknown as Pen;
const theme = { fontUi: 'ui', fontMono: 'mono' } as CanvasTheme;
const plain = { overlay: 'operator', sites: [], refusals: [], diff: null, prune: null, matches: null } as const;
const [WIDTH, HEIGHT] = [1200, 800];

function* framesOf(scene: Scene): Generator<Frame> {
  const look = buildLook(scene, plain);
  const { width, height } = scene.picture.layout;
  const shown = { scene, look, theme, selected: -1, hovered: -1, lit: null, frame: null };
  const fit = Math.max(0.01, Math.min(1, WIDTH / width, HEIGHT / height));
  for (const zoom of new Set([fit, 0.05, 0.2, 0.3, 0.36, 0.5, 0.71, 1, 1.6])) {
    for (const share of zoom === fit ? [0.5] : [0, 0.33, 0.5, 0.8]) {
      const x = WIDTH / 2 - share * width * zoom;
      const y = HEIGHT / 2 - share * height * zoom;
      yield frameOf(pen, shown, { x, y, zoom }, WIDTH, HEIGHT);
    }
  }
}

/** By less than this two boxes may reach into each other, px: positions are single floats. */
const SLACK = 0.05;
const lieOnEachOther = (a: ScreenBox, b: ScreenBox): boolean =>
  a.x + SLACK < b.x + b.width &&
  b.x + SLACK < a.x + a.width &&
  a.y + SLACK < b.y + b.height &&
  b.y + SLACK < a.y + a.height;

/** What is drawn in a frame besides words. */
function solidsOf(frame: Frame): ScreenBox[] {
  const { picture, items } = frame.scene;
  const boxes = Array.from({ length: items.count }, (_, item) => item)
    .filter((item) => items.hidden[item] === 0)
    .map((item) => boxOf(items, item));
  picture.layout.portX.forEach((_, port) => boxes.push(boxOfPort(picture, port)));
  if (frame.detail !== 'far') picture.layout.stubX.forEach((_, stub) => boxes.push(boxOfStub(picture, stub)));
  return boxes
    .map((box) => screenBox(frame, box))
    .filter(({ x, y, width, height }) => x < WIDTH && x + width > 0 && y < HEIGHT && y + height > 0);
}

interface Told {
  names: number;
  shapes: number;
}

function problemsOf(scene: Scene, told: Told): string[] {
  const problems: string[] = [];
  for (const frame of framesOf(scene)) {
    const names = frameNames(frame).map(({ at, text }) => ({ at, text }));
    const shapes = frame.detail === 'near' ? [...shapesOfNodes(frame), ...shapesOfInputs(frame)] : [];
    const words = [...names, ...shapes.map(({ at, parts }) => ({ at, text: parts.map((part) => part.text).join('') }))];
    told.names += names.length;
    told.shapes += shapes.length;
    const solids = solidsOf(frame);
    words.forEach(({ at, text }, index) => {
      const where = `${text} at ${frame.viewport.zoom}`;
      if (solids.some((box) => lieOnEachOther(box, at))) problems.push(`${where} lies on a node or a pill`);
      const other = words.slice(index + 1).find((each) => lieOnEachOther(each.at, at));
      if (other) problems.push(`${where} lies on ${other.text}`);
    });
  }
  return problems;
}

const sceneOfView = (view: GraphView, turned: readonly string[]): Scene => {
  const toggled = [...turned];
  return new Scene({ view, layout: layoutGraph(view, undefined, new Set(toggled)), toggled });
};

describe('words on the canvas', () => {
  it('are there: names in headers near, above the heads of columns far, shapes at wires', () => {
    const view = makeGraphView(buildSample('mobilenet-v2'), analyze(buildSample('mobilenet-v2')), 1);
    const frames = [...framesOf(sceneOfView(view, []))];
    const far = frames.filter(({ viewport }) => viewport.zoom === 0.2).flatMap((frame) => [...frameNames(frame)]);
    const near = frames.filter(({ detail }) => detail === 'near');
    expect(far.length).toBeGreaterThan(0);
    expect(far.every(({ inside }) => !inside)).toBe(true);
    const names = near.flatMap((frame) => [...frameNames(frame)]);
    expect(names.length).toBeGreaterThan(0);
    expect(names.every(({ inside }) => inside)).toBe(true);
    expect(near.flatMap((frame) => [...shapesOfNodes(frame)]).length).toBeGreaterThan(0);
  });

  it.each(['mobilenet-v2', 'residual-cnn', 'encoder'] as const)('never lie on nodes, pills or each other: %s', (id) => {
    const model = buildSample(id);
    const told = { names: 0, shapes: 0 };
    expect(problemsOf(sceneOfView(makeGraphView(model, analyze(model), 1), []), told)).toEqual([]);
    expect(told.shapes).toBeGreaterThan(10);
  });

  it('never do so where groups are folded', () => {
    expect(problemsOf(new Scene(blocksPicture([1])), { names: 0, shapes: 0 })).toEqual([]);
  });

  it.skipIf(!haveShared())(
    'never do so in real and large models, open and folded',
    () => {
      const told = { names: 0, shapes: 0 };
      for (const path of ['real/models', 'scale'].flatMap(sharedModels)) {
        let view: GraphView;
        try {
          const { model } = readModel(sharedFile(path), { name: path });
          view = makeGraphView(model, analyze(model), 1);
        } catch {
          continue;
        }
        for (const turned of [[], view.groups.keys]) {
          expect(problemsOf(sceneOfView(view, turned), told).slice(0, 5), path).toEqual([]);
        }
      }
      expect(told.names).toBeGreaterThan(500);
      expect(told.shapes).toBeGreaterThan(2000);
    },
    120_000,
  );
});
