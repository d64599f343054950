import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../base/families.ts';
import { layoutGraph } from '../../../layout/layout.ts';
import { mobileNetView } from '../../../testing/view.ts';
import { blocksPicture } from '../../../testing/blocks.ts';
import { buildLook } from '../look.ts';
import { frameOf } from '../paint/make-frame.ts';
import { paintInSteps } from '../paint/paint.ts';
import { Scene } from '../scene.ts';
import type { CanvasTheme } from '../theme.ts';
import type { CanvasOverlay } from '../types.ts';
import { endingOf } from './draw.ts';
import { paintLegend } from './legend.ts';
import { areaOf, fitsCanvas, sizeOf, tilesOf, type PictureWish } from './size.ts';
import { SvgPen } from './svg-pen.ts';

const COLORS = [
  'canvas',
  'panel',
  'raised',
  'hover',
  'line',
  'lineSoft',
  'lineStrong',
  'text1',
  'text2',
  'text3',
  'edge',
];
const MORE = ['dot', 'accent', 'accentSolid', 'onAccent', 'added', 'removed', 'changed', 'fused', 'warning'];
const hex = (index: number): string => `#0000${(16 + index).toString(16)}`;
const theme = {
  ...Object.fromEntries([...COLORS, ...MORE].map((name, index) => [name, hex(index)])),
  families: Object.fromEntries(FAMILIES.map((family, index) => [family, hex(100 + index)])),
  sequential: Array.from({ length: 7 }, (_, step) => hex(200 + step)),
  fontUi: '"Inter Variable", sans-serif',
  fontMono: '"JetBrains Mono Variable", monospace',
} as unknown as CanvasTheme;

const view = mobileNetView();
const scene = new Scene({ view, layout: layoutGraph(view), toggled: [] });
const plain = { overlay: 'operator' as CanvasOverlay, sites: [], refusals: [], diff: null, prune: null, matches: null };
const newPen = (): SvgPen => new SvgPen((_, text) => ({ width: 6 * text.length }) as TextMetrics);
const whole: PictureWish = { area: 'graph', format: 'svg', scale: 1, theme: 'page' };

function drawn(of: Scene, props: Parameters<typeof buildLook>[1] = plain): string {
  const pen = newPen();
  const area = areaOf(whole, of, { viewport: { x: 0, y: 0, zoom: 1 }, width: 1, height: 1 });
  const look = buildLook(of, props);
  const shown = { scene: of, look, theme, selected: -1, hovered: -1, lit: null, frame: null };
  const frame = { ...frameOf(pen, shown, area.viewport, area.width, area.height), wholeNodes: true };
  for (const { done, total } of paintInSteps(frame)) expect(done).toBeLessThanOrEqual(total);
  paintLegend(frame, area, 'model & more.onnx');
  return pen.take();
}

/** Elements that are open at the end, and closings without an opening. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (close === '/') {
      if (open.pop() !== name) wrong.push(name!);
    } else if (empty !== '/') open.push(name!);
  }
  return [...wrong, ...open];
}

const wordsOf = (svg: string): string[] =>
  Array.from(svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g), ([, text]) => text!);

describe('a picture as SVG', () => {
  it('names every node once, with its number, attributes and share', () => {
    const words = wordsOf(drawn(scene));
    for (const op of ['Conv', 'BatchNorm', 'Clip', 'Gemm']) {
      const rows = Array.from(view.nodeIds.keys()).filter((row) => scene.op(row) === op);
      expect([op, words.filter((word) => word === op).length]).toEqual([op, rows.length]);
    }
    expect(words).toContain('3×3 s2 · 3→32');
    expect(words).toContain('model &amp; more.onnx');
  });

  it('is well formed, whatever it shows', () => {
    const node = view.nodeIds[0]!;
    const next = view.nodeIds[1]!;
    const site = { key: 'k', nodes: [node, next], on: true, what: '' };
    const mark = { before: 32, after: 16, role: 'out axis', cut: new Uint8Array(32).fill(1, 16) };
    const shown: Parameters<typeof buildLook>[1][] = [
      plain,
      { ...plain, overlay: 'macs' },
      { ...plain, sites: [site], refusals: [{ nodes: [next], reason: 'r' }] },
      { ...plain, diff: { added: [node], changed: [next], removed: [] } },
      { ...plain, prune: { marks: new Map([[node, mark]]), members: [node] } },
    ];
    for (const props of shown) expect(unbalanced(drawn(scene, props))).toEqual([]);
    expect(unbalanced('<g><path/></g></g>')).toEqual(['g']);
  });

  it('has the colours and the legend of what it shows', () => {
    expect(wordsOf(drawn(scene))).toContain('convolution');
    const heat = wordsOf(drawn(scene, { ...plain, overlay: 'macs' }));
    expect(heat.some((word) => word.endsWith('MACs per node'))).toBe(true);
    expect(heat).not.toContain('convolution');
    const diff = drawn(scene, { ...plain, diff: { added: [view.nodeIds[0]!], changed: [], removed: [] } });
    expect(wordsOf(diff)).toContain('added');
    expect(diff).toContain(`fill="${theme.added}"`);
  });

  it('shows folded groups as boxes with what is inside, and removed nodes as ghosts', () => {
    const folded = new Scene(blocksPicture([1]));
    const words = wordsOf(drawn(folded));
    expect(words.filter((word) => word === 'Conv')).toHaveLength(2);
    expect(words).toEqual(expect.arrayContaining(['b1', '× 3', '3 nodes']));
    const before = blocksPicture([]);
    const { view, layout } = before;
    const row = view.nodeIds.indexOf(104);
    const free = layout.width;
    const gone = {
      ...before,
      view: { ...view, nodeIds: view.nodeIds.map((id) => (id === 104 ? 999 : id)) },
      layout: { ...layout, width: 2 * free, x: layout.x.map((x, at) => (at === row ? free : x)) },
    };
    const now = new Scene({ ...before, layout: { ...layout, width: 2 * free } });
    const ghosts = wordsOf(drawn(now, { ...plain, ghosts: { picture: gone, nodes: [999] } }));
    expect(ghosts.filter((word) => word === 'BatchNorm')).toHaveLength(4);
  });
});

describe('the pen that writes SVG', () => {
  it('rounds a corner with an arc that touches both sides', () => {
    const pen = newPen();
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.arcTo(100, 0, 100, 100, 10);
    pen.lineTo(100, 100);
    pen.stroke();
    expect(pen.take()).toContain('d="M0 0L90 0A10 10 0 0 1 100 10L100 100"');
  });

  it('turns the other way where the corner does, and is straight where there is none', () => {
    const pen = newPen();
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.arcTo(0, 50, 50, 50, 8);
    pen.arcTo(80, 50, 120, 50, 8);
    pen.stroke();
    expect(pen.take()).toContain('L0 42A8 8 0 0 0 8 50L80 50"');
  });

  it('closes the groups that were opened since the state was saved, and no others', () => {
    const steps = fc.array(fc.constantFrom('save', 'restore', 'translate', 'clip'), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (names) => {
        const own = newPen();
        let depth = 0;
        for (const name of names) {
          if (name === 'save') depth += 1;
          if (name === 'restore') depth = Math.max(0, depth - 1);
          if (name === 'save') own.save();
          else if (name === 'restore') own.restore();
          else if (depth > 0 && name === 'translate') own.translate(1, 2);
          else if (depth > 0) own.clip();
        }
        for (; depth > 0; depth--) own.restore();
        expect(unbalanced(own.take())).toEqual([]);
      }),
      { seed: 2 },
    );
    const fresh = newPen();
    fresh.restore();
    expect(fresh.take()).toBe('');
  });

  it('writes colours with an opacity apart, and words with their width', () => {
    const pen = newPen();
    pen.fillStyle = 'rgb(255 128 0 / 0.5)';
    pen.globalAlpha = 0.5;
    pen.font = 'italic 420 10px "JetBrains Mono Variable", monospace';
    pen.fillText('a<b', 3, 4);
    expect(pen.take()).toBe(
      '<text x="3" y="4" font-family="&quot;JetBrains Mono Variable&quot;, monospace" font-size="10" font-weight="420" font-style="italic" textLength="18" lengthAdjust="spacingAndGlyphs" fill="#ff8000" fill-opacity="0.25" xml:space="preserve">a&lt;b</text>\n',
    );
  });
});

describe('the size of a picture', () => {
  it('is that of the view with its legend, or that of the graph at 100 % with a margin', () => {
    const shown = { viewport: { x: 5, y: 6, zoom: 0.3 }, width: 800.4, height: 600 };
    expect(areaOf({ ...whole, area: 'view' }, scene, shown)).toEqual({
      viewport: shown.viewport,
      width: 800,
      height: 640,
    });
    const { width, height } = scene.picture.layout;
    expect(areaOf(whole, scene, shown)).toMatchObject({
      width: Math.ceil(width) + 80,
      height: Math.ceil(height) + 120,
    });
  });

  it('is cut into parts that fit and cover it where it is too large for one canvas', () => {
    const side = fc.integer({ min: 1, max: 60_000 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(1 as const, 2 as const, 4 as const), (width, height, scale) => {
        const area = { viewport: { x: 0, y: 0, zoom: 1 }, width, height };
        const tiles = tilesOf(area, scale);
        expect(tiles.every((tile) => fitsCanvas(tile.width * scale, tile.height * scale))).toBe(true);
        expect(tiles.reduce((sum, tile) => sum + tile.width * tile.height, 0)).toBe(width * height);
        const wish: PictureWish = { ...whole, format: 'png', scale };
        expect(sizeOf(wish, area).parts).toBe(tiles.length);
        expect(endingOf(wish, tiles.length)).toBe(tiles.length > 1 ? 'png.zip' : 'png');
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});
