import { seeded, normal } from '../base/random.ts';
import type { ReportBench, ReportData, ReportFinding, ReportGraph, ReportSummary, ReportTiming } from './types.ts';

/** Seeded times around a median, with a slow tail, ms. */
export function timingFixture(median: number, runs: number, seed: number): ReportTiming {
  const random = normal(seeded(seed));
  const samples = Array.from({ length: runs }, () => median * (1 + 0.02 * random() + 0.03 * Math.max(0, random() - 1)));
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (runs - 1))] ?? median;
  return {
    median: at(0.5),
    p95: at(0.95),
    min: at(0),
    mad: 0.012 * median,
    startMs: median * 8,
    heapBytes: null,
    samples,
  };
}

export const benchFixture = (changes: Partial<ReportBench> = {}): ReportBench => ({
  backend: 'wasm',
  threads: 4,
  level: 'all',
  before: timingFixture(18.9, 120, 1),
  after: timingFixture(11.6, 120, 2),
  ratio: 1.63,
  interval: [1.58, 1.68],
  verdict: 'faster',
  warnings: [],
  ...changes,
});

const summary = (changes: Partial<ReportSummary>): ReportSummary => ({
  nodes: 156,
  bytes: 14_180_000,
  parameters: 3_540_000,
  macs: 300_800_000,
  peakActivationBytes: 9_630_000,
  ops: { Conv: 52, BatchNormalization: 52, Clip: 35, Add: 10, GlobalAveragePool: 1, Reshape: 1, Gemm: 1 },
  ...changes,
});

const OPS = ['Conv', 'BatchNormalization', 'Clip', 'Add', 'GlobalAveragePool', 'Gemm'];

/** A chain of so many boxes, folded into rows. */
export function graphFixture(count: number): ReportGraph {
  const all = Array.from({ length: count }, (_, at) => at);
  return {
    ...{ width: 20 * 200, height: Math.ceil(count / 20) * 60 },
    ops: OPS,
    families: ['conv', 'norm', 'act', 'elem', 'pool', 'dense'],
    op: all.map((at) => at % OPS.length),
    name: all.map((at) => `features.${at}.conv`),
    detail: all.map(() => '3×3 s2 g192'),
    marks: all.map((at) => 'ssrac'[at % 5]).join(''),
    cost: all.map((at) => ((at * 37) % 100) * 1e4),
    x: all.map((at) => (at % 20) * 200),
    y: all.map((at) => Math.floor(at / 20) * 60),
    w: all.map(() => 176),
    h: all.map(() => 36),
    wires: all.map((at) => `M${(at % 20) * 200} ${Math.floor(at / 20) * 60}V${Math.floor(at / 20) * 60 + 24}`).join(''),
  };
}

/** A full report, as a person would get it after fusing, pruning, checking and timing; tests change parts of it. */
export const reportFixture = (changes: Partial<ReportData> = {}): ReportData => ({
  version: 2,
  title: 'mobilenetv2-edge.onnx',
  createdAt: '2026-11-23T14:32:00.000Z',
  tool: { name: 'Whittle', version: '0.1.0', runtime: 'ONNX Runtime Web 1.30.0' },
  model: { name: 'mobilenetv2-edge.onnx', sha256: '9f2c'.repeat(16), opset: 17, producer: 'pytorch 2.5' },
  before: summary({}),
  after: summary({
    nodes: 56,
    bytes: 7_620_000,
    parameters: 1_900_000,
    macs: 151_200_000,
    peakActivationBytes: 6_020_000,
    ops: { 'com.microsoft.FusedConv': 52, GlobalAveragePool: 1, Reshape: 1, Gemm: 1 },
  }),
  steps: [
    {
      title: 'Fold batch norm',
      pass: 'fold-batch-norm',
      exactness: 'weights',
      sites: 50,
      sitesOff: 1,
      nodesBefore: 156,
      nodesAfter: 106,
      bytesBefore: 14_180_000,
      bytesAfter: 13_979_000,
      verdict: 'agrees',
      message: 'Outputs agree within 3.1e−6.',
      measured: [],
      gain: null,
    },
    {
      title: 'Prune channels',
      pass: 'prune-channels',
      exactness: 'approximation',
      sites: 22,
      sitesOff: 0,
      nodesBefore: 106,
      nodesAfter: 56,
      bytesBefore: 13_979_000,
      bytesAfter: 7_620_000,
      verdict: null,
      message: null,
      measured: [],
      gain: null,
    },
  ],
  verify: {
    ok: true,
    verdict: 'agrees',
    class: 'approximation',
    message: 'The result keeps the cosine above 0.998.',
    rows: ['disabled', 'all'].map((level) => ({
      output: 'logits',
      backend: 'wasm',
      level,
      maxRel: 3.1e-6,
      cosine: 0.998123,
      allowed: 1e-4,
      ok: true,
    })),
  },
  bench: [benchFixture()],
  device: [
    ['Device', '8 cores, Chromium on Linux, isolated'],
    ['Method', '20 warm-up runs, A and B in turn, medians, bootstrap'],
  ],
  widths: Array.from({ length: 22 }, (_, index) => ({
    name: `features.${index + 2} expand`,
    before: 96 + 24 * index,
    after: 8 * Math.round((96 + 24 * index) * 0.07),
  })),
  graph: graphFixture(156),
  findings: [],
  session: null,
  recipe: { whittle: 1, steps: [{ pass: 'fold-batch-norm', options: {}, sites: 'all' }] },
  commands: [
    'whittle optimize mobilenetv2-edge.onnx --recipe mobilenetv2-edge.recipe.json -o mobilenetv2-edge.whittled.onnx',
  ],
  limits: ['Times hold for this device and this browser.', 'Fidelity was checked on seeded inputs, not on real data.'],
  ...changes,
});

/** The same after tuning: two groups of sites were timed, one was kept, and the result has options of its own. */
export const tunedFixture = (): ReportData => {
  const report = reportFixture();
  const group = { device: 'Chromium on Linux · WASM, 4 threads · ONNX Runtime Web 1.30.0', rule: 'conv-activation' };
  const measured = [
    { ...group, sites: 34, ratio: 1.12, interval: [1.09, 1.15], verdict: 'faster', kept: true },
    { ...group, sites: 1, ratio: 0.99, interval: [0.96, 1.02], verdict: 'no change', kept: false },
  ] as const;
  const [first, ...rest] = report.steps;
  const config = { extra: { 'optimization.disable_specified_optimizers': 'NchwcTransformer' } };
  return {
    ...report,
    steps: [...(first ? [{ ...first, measured }] : []), ...rest],
    session: JSON.stringify(config, null, 2),
  };
};

/** A training as a report shows it. */
export const findingFixture = (): ReportFinding => ({
  title: 'Training',
  note: 'recovered by its original',
  words: ['No label was used.'],
  chart: {
    label: 'Loss over 400 steps',
    x: { title: 'step', log: false },
    y: { title: 'loss', log: true },
    series: [
      {
        name: 'loss',
        shape: 'line',
        tone: 'after',
        points: [
          [1, 2],
          [200, 0.4],
          [400, 0.1],
          [401, NaN],
          [402, 0],
        ],
      },
      {
        name: '',
        shape: 'points',
        tone: 'before',
        points: [
          [100, 0.7],
          [300, 0.2],
        ],
      },
    ],
  },
  table: { heads: ['Step', 'Top class right'], rows: [['400', '97.3 %']] },
});
