// The layout beside elkjs layered, on 30 graphs under 300 nodes: crossings of drawn wires, their total length, and time.
// Both draw the same nodes, of the same sizes, and the same links: those that the layout draws as wires. What it shows
// as a pill above the reader (stubs, constants) elk is given no node and no link for, but the room: the reader is taller
// by it, and the wires that reach the reader through that room are as long as ours. Frames of groups take room in ours
// alone. They are compared twice: both in one column, and as they are shown: where our layout folds into columns, elk
// wraps to the same aspect (`elk.layered.wrapping`).
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ELK from 'elkjs/lib/elk.bundled.js';
import { withSource } from './source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');

const SAMPLES = ['mobilenet-v2', 'residual-cnn', 'encoder'];
const FILES = [
  'real/models/mnist-cnn/mnist.onnx',
  'real/models/cifar/resnet_2b.onnx',
  'real/models/mobilenetv2/mobilenet_v2_fp32.onnx',
  'real/models/face/version-RFB-320.onnx',
  'real/models/face/version-RFB-320_simplified.onnx',
  'real/models/detect/FastestDet.onnx',
  'real/models/text/magika_standard_v3_3.onnx',
  'real/models/transformer/vit_pgd_2_3_16.onnx',
  'real/models/light/light_squeezenet.onnx',
  'real/models/decoder/attention_past_state.onnx',
  'real/ort_fusion/fusion/attention_past_no_unidir.onnx',
  'real/ort_fusion/fusion/gpt2_one_layer.onnx',
  'real/ort_fusion/fusion/embed_layer_norm_multiple.onnx',
  'real/ort_fusion/fusion/attention_distilbert.onnx',
  'real/ort_fusion/fusion/attention_symbolic_batch.onnx',
  'micro/patterns/bert_layer.onnx',
  'micro/patterns/mha_vit_style.onnx',
  'micro/patterns/parallel_conv.onnx',
  'micro/patterns/layernorm_decomp.onnx',
  'micro/patterns/gelu_tanh_op20.onnx',
  'micro/patterns/skip_rmsnorm.onnx',
  'micro/patterns/instance_norm_groupnorm.onnx',
];
/** Seeds and numbers of blocks of made graphs. */
const MADE = [
  [1, 4],
  [2, 6],
  [3, 9],
  [4, 12],
  [5, 18],
];

/** Blocks as networks have them, one after the other: chains, residuals, parallel branches, gates. */
function madeGraph({ viewOf, seeded }, [seed, blocks]) {
  const random = seeded(seed);
  const whole = (from, to) => from + Math.floor(random() * (to - from + 1));
  const nodes = [];
  let last = 'x';
  const add = (op, ...inputs) => {
    const output = `w${nodes.length}`;
    nodes.push({ op, name: `${op}_${nodes.length}`, inputs, outputs: [output], detail: random() < 0.5 ? '3×3' : '' });
    return output;
  };
  const chain = (from, length) => {
    let wire = from;
    for (let i = 0; i < length; i++) wire = add(i % 2 ? 'Relu' : 'Conv', wire);
    return wire;
  };
  const kinds = [
    () => chain(last, whole(2, 5)),
    () => add('Add', chain(last, whole(2, 6)), last),
    () => add('Concat', ...Array.from({ length: whole(2, 4) }, () => chain(last, whole(1, 4)))),
    () => add('Mul', chain(last, whole(1, 2)), add('Sigmoid', chain(last, whole(2, 3)))),
    () => add('MatMul', add('Softmax', add('MatMul', chain(last, 2), chain(last, 2))), chain(last, 2)),
  ];
  for (let i = 0; i < blocks; i++) last = kinds[whole(0, kinds.length - 1)]();
  return { name: `made of ${blocks} blocks`, view: viewOf(nodes, ['x'], [last]) };
}

/** Height of a pill, graph units. */
const PILL = 18;

/** What is loaded from the sources. */
async function loadSources(load) {
  const [read, analyze, view, layout, samples, testing, random] = await Promise.all(
    [
      '/src/onnx/read.ts',
      '/src/analysis/analyze.ts',
      '/src/analysis/view.ts',
      '/src/layout/layout.ts',
      '/src/samples/catalogue.ts',
      '/src/testing/view.ts',
      '/src/base/random.ts',
    ].map(load),
  );
  return { ...read, ...analyze, ...view, ...layout, ...samples, ...testing, ...random };
}

function graphsOf(sources) {
  const { readModel, analyze, makeGraphView, buildSample } = sources;
  const viewOfModel = (model) => makeGraphView(model, analyze(model), 1);
  const files = FILES.map((path) => join(shared, path)).filter(existsSync);
  return [
    ...SAMPLES.map((id) => ({ name: id, view: viewOfModel(buildSample(id)) })),
    ...files.map((path) => ({
      name: basename(path, '.onnx'),
      view: viewOfModel(readModel(new Uint8Array(readFileSync(path)), { name: path }).model),
    })),
    ...MADE.map((made) => madeGraph(sources, made)),
  ];
}

const isPill = ({ portHeights, leaves, x }, item) =>
  item < 0 ? portHeights[-1 - item] === PILL : item < x.length && leaves[item] === 1;

/** Height from the highest pill above each item to the item. */
function roomForPills(layout) {
  const rows = layout.x.length;
  const room = new Map();
  const topOf = (item) => {
    if (item < 0) return layout.portY[-1 - item] - layout.portHeights[-1 - item] / 2;
    return item < rows ? layout.y[item] : layout.folded.y[item - rows];
  };
  const note = (item, top) => room.set(item, Math.max(room.get(item) ?? 0, topOf(item) - top));
  layout.routeSources.forEach((from, route) => {
    if (isPill(layout, from)) note(layout.routeSinks[route], topOf(from));
  });
  layout.stubSinks.forEach((sink, stub) => note(sink, layout.stubY[stub] - PILL / 2));
  return room;
}

/** Boxes and wires of a layout. `room` of a node is that of the pills above it, and a part of its height. */
function drawnBy(layout) {
  const rows = layout.x.length;
  const room = roomForPills(layout);
  const nodes = [];
  const add = (item, width, height) => {
    const above = room.get(item) ?? 0;
    nodes.push({ id: `${item}`, width, height: height + above, room: above });
  };
  layout.x.forEach((_, row) => {
    if (!layout.hidden[row] && !layout.leaves[row]) add(row, layout.widths[row], layout.heights[row]);
  });
  layout.folded.groups.forEach((_, f) => add(rows + f, layout.folded.widths[f], layout.folded.heights[f]));
  layout.portX.forEach((_, port) => {
    if (!isPill(layout, -1 - port)) add(-1 - port, layout.portWidths[port], layout.portHeights[port]);
  });
  const wires = [];
  layout.routeWires.forEach((wire, route) => {
    const [from, to] = [layout.routeSources[route], layout.routeSinks[route]];
    if (isPill(layout, from)) return;
    const points = [];
    for (let i = layout.routeStarts[route]; i < layout.routeStarts[route + 1]; i++) {
      points.push([layout.routePoints[2 * i], layout.routePoints[2 * i + 1]]);
    }
    wires.push({ wire, from, to, points });
  });
  return { nodes, wires };
}

async function elkWires(elk, { nodes, wires }, options) {
  const graph = {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'DOWN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.layered.mergeEdges': 'true',
      'elk.spacing.nodeNode': '26',
      'elk.layered.spacing.nodeNodeBetweenLayers': '26',
      ...options,
    },
    children: nodes.map(({ id, width, height }) => ({ id, width, height })),
    edges: wires.map(({ from, to }, i) => ({ id: `e${i}`, sources: [`${from}`], targets: [`${to}`] })),
  };
  const start = performance.now();
  const { edges } = await elk.layout(structuredClone(graph));
  const ms = performance.now() - start;
  const drawn = edges.flatMap(({ sections = [] }, i) =>
    sections.map(({ startPoint, bendPoints = [], endPoint }) => ({
      wire: wires[i].wire,
      points: [startPoint, ...bendPoints, endPoint].map(({ x, y }) => [x, y]),
    })),
  );
  const room = new Map(nodes.map((node) => [node.id, node.room]));
  const through = wires.reduce((sum, { to }) => sum + room.get(`${to}`), 0);
  const { crossings, length } = measure(drawn);
  return { crossings, length: length + through, ms };
}

/** Total length over all links, and places where two wires cross: each place counts once, however many links lie on it. */
function measure(wires) {
  let length = 0;
  const across = [];
  const down = [];
  for (const { wire, points } of wires) {
    points.slice(1).forEach(([x, y], i) => {
      const [px, py] = points[i];
      length += Math.abs(x - px) + Math.abs(y - py);
      const isAcross = Math.abs(y - py) < 0.05;
      const [at, a, b] = isAcross ? [y, px, x] : [x, py, y];
      (isAcross ? across : down).push({ wire, at, low: Math.min(a, b) + 0.5, high: Math.max(a, b) - 0.5 });
    });
  }
  const places = new Set();
  for (const h of across) {
    for (const v of down) {
      if (h.wire === v.wire || v.at <= h.low || v.at >= h.high || h.at <= v.low || h.at >= v.high) continue;
      places.add(`${Math.min(h.wire, v.wire)} ${Math.max(h.wire, v.wire)} ${v.at.toFixed(1)} ${h.at.toFixed(1)}`);
    }
  }
  return { crossings: places.size, length };
}

/** Near 0: one column. */
const ONE_COLUMN = 1e-6;

async function compare(elk, layoutGraph, { name, view }) {
  layoutGraph(view);
  const start = performance.now();
  const layout = layoutGraph(view);
  const ms = performance.now() - start;
  const drawn = drawnBy(layout);
  const single = drawnBy(layoutGraph(view, undefined, undefined, ONE_COLUMN));
  const elkSingle = await elkWires(elk, single, {});
  const wrapping = {
    'elk.layered.wrapping.strategy': 'MULTI_EDGE',
    'elk.aspectRatio': `${layout.width / layout.height}`,
  };
  const columns = layout.grid.columns;
  return {
    name,
    nodes: drawn.nodes.length,
    links: drawn.wires.length,
    stubs: layout.stubX.length,
    columns,
    single: { ours: measure(single.wires), elk: elkSingle },
    shown: { ours: measure(drawn.wires), elk: columns > 1 ? await elkWires(elk, drawn, wrapping) : elkSingle },
    ms: { ours: ms, elk: elkSingle.ms },
  };
}

const sumOf = (rows, way, side, key) => rows.reduce((sum, row) => sum + row[way][side][key], 0);
const WAYS = ['single', 'shown'];

const ROUNDS = 7;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The layout of a large graph alone: the first time, as in a page just opened, and the median of some more. */
function timeLarge({ readModel, analyze, makeGraphView, layoutGraph }, path) {
  const { model } = readModel(new Uint8Array(readFileSync(path)), { name: path });
  const view = makeGraphView(model, analyze(model), 1);
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    layoutGraph(view);
    return performance.now() - start;
  });
  return { model: basename(path), first: times[0], ms: median(times.slice(1)) };
}

/**
 * `large`: times of the layout of the files given. `rows` by graph and `sums`, ours and elk's: `single` in one column,
 * `shown` as they are shown.
 */
export async function benchLayout(files) {
  return withSource(async (load) => {
    const sources = await loadSources(load);
    const large = files.map((path) => timeLarge(sources, path));
    const elk = new ELK();
    const rows = [];
    for (const graph of graphsOf(sources)) rows.push(await compare(elk, sources.layoutGraph, graph));
    const sums = Object.fromEntries(
      WAYS.map((way) => [
        way,
        Object.fromEntries(
          ['crossings', 'length'].map((key) => {
            const [ours, elks] = ['ours', 'elk'].map((side) => sumOf(rows, way, side, key));
            return [key, { ours, elk: elks, ratio: ours / elks }];
          }),
        ),
      ]),
    );
    return { large, rows, sums };
  });
}

export function printLayout({ large, rows, sums }, say) {
  for (const { model, first, ms } of large) {
    say(
      `layout  ${model.padEnd(28)} ${ms.toFixed(0)} ms (median of ${ROUNDS - 1}), the first time ${first.toFixed(0)} ms`,
    );
  }
  const cells = (...all) => all.map((cell, i) => `${cell}`[i ? 'padStart' : 'padEnd'](i ? 10 : 34)).join('');
  const pair = (name) => [name, 'elk'];
  const ways = ['crossings', 'length'].flatMap((key) => [...pair(key), ...pair(`${key.slice(0, 5)}. cols`)]);
  say(cells('graph', 'nodes', 'links', 'stubs', 'columns', ...ways, ...pair('ms')));
  for (const { name, nodes, links, stubs, columns, single, shown, ms } of rows) {
    const of = (key) => [single, shown].flatMap(({ ours, elk }) => [ours[key].toFixed(0), elk[key].toFixed(0)]);
    const times = [ms.ours.toFixed(1), ms.elk.toFixed(1)];
    say(cells(name, nodes, links, stubs, columns, ...of('crossings'), ...of('length'), ...times));
  }
  for (const way of WAYS) {
    const of = (key) => {
      const { ours, elk, ratio } = sums[way][key];
      return `${key} ${ours.toFixed(0)} to ${elk.toFixed(0)} (${ratio.toFixed(2)}×)`;
    };
    const what = way === 'single' ? 'in one column' : 'in columns, elk wrapped';
    say(`layout  ${rows.length} graphs, ours to elk, ${what}: ${of('crossings')}, ${of('length')}`);
  }
}
