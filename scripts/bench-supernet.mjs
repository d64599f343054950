// What a supernet's sub-networks are worth: of the edge CNN, trained on real digits, sub-networks at full, half and a quarter of
// the MACs, sliced and with batch norms set anew, against the same architectures trained alone from scratch for as many
// steps. Each figure is of 1 500 test images that neither train nor choose.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

const WARM = 400;
/** One behind the other: with kinds that join, then with all of them. */
const ROUNDS = [1200, 1100, 2000];
const STEPS = ROUNDS.reduce((sum, each) => sum + each, 0);
const BATCH = 16;
const RATE = 0.003;
const SEED = 1;
/** Genomes that are drawn for each share of the MACs, and how many of those that come near are tried on held-out images. */
const DRAWN = 400;
const TRIED = 32;
const NEAR = 0.04;
const SHARES = [1, 0.5, 0.25];
/** Points that a sub-network may be behind. */
const AIMS = [1, 2, 4];
const CALIBRATION = 512;
const HELD_OUT = 400;

const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Files of a long bench, where they are to stay: what is there is not made again. */
const kept = process.env.WHITTLE_BENCH_FILES ?? null;
const supernetFile = (round) => `supernet-${round}.onnx`;
/** The supernet that this bench leaves, for others; null: nothing stays. */
export const keptSupernet = () => kept && join(kept, supernetFile(ROUNDS.length));

export async function benchSupernet(shared, say) {
  return withSource(async (load) => {
    const whittle = await commandOf(load);
    const bench = await toolsOf(load);
    const folder = kept ?? mkdtempSync(join(tmpdir(), 'whittle-supernet-'));
    mkdirSync(folder, { recursive: true });
    const at = (name) => join(folder, name);
    const data = join(shared, 'real/data/mnist');
    const train = ['--data', `${data}/train-images-idx3-ubyte.gz`, '--labels', `${data}/train-labels-idx1-ubyte.gz`];
    const test = { images: `${data}/t1500a-images-idx3-ubyte.gz`, labels: `${data}/t1500a-labels-idx1-ubyte.gz` };
    const judging = ['--test-data', test.images, '--test-labels', test.labels];
    const common = [...train, '--batch', String(BATCH), '--lr', String(RATE), '--seed', String(SEED)];
    const held = ['--hold-out', String(HELD_OUT), '--evaluate-every', '300'];

    const warm = ['--from-scratch', '--steps', String(WARM), '-o', at('full.onnx')];
    if (!existsSync(at('full.onnx')))
      await whittle('train', 'sample:edge-cnn', ...common, ...held, ...judging, ...warm);
    const rounds = [];
    for (const [i, steps] of ROUNDS.entries()) {
      const from = i === 0 ? 'full.onnx' : supernetFile(i);
      const to = supernetFile(i + 1);
      if (existsSync(at(to))) {
        say(`supernet  ${to} is there already: it is not trained again`);
        continue;
      }
      const more = ['--steps', String(steps), '-o', at(to)];
      const found = await whittle('supernet', at(from), ...common, ...held, ...judging, ...more);
      const { full, middle, smallest } = found.test;
      rounds.push({ looks: found.looks, test: found.test, ms: found.ms });
      say(
        `supernet  ${steps} steps of ${BATCH} in ${(found.ms / 1000).toFixed(0)} s: full ${percent(full.top1)}, middle ${percent(middle.top1)}, smallest ${percent(smallest.top1)}`,
      );
      for (const look of found.looks) {
        const curve = ['full', 'middle', 'smallest'].map((name) => `${name} ${percent(look[name].top1)}`);
        say(`supernet  held out at step ${look.full.step}: ${curve.join(', ')}`);
      }
    }
    const net = await bench.open(readFileSync(at(supernetFile(ROUNDS.length))), train[1], train[3]);
    const rows = [];
    for (const [i, share] of SHARES.entries()) {
      const { sliced, settled, macs, tried } = await bench.best(net, share);
      const own = await bench.judge(settled, test);
      writeFileSync(at('alone.onnx'), bench.write(sliced));
      const alone = await whittle(
        ...['train', at('alone.onnx'), ...common, ...held, ...judging],
        ...['--from-scratch', '--steps', String(WARM + STEPS), '-o', at('trained.onnx')],
      );
      const behind = 100 * (alone.metrics.top1 - own.top1);
      const row = { share: macs / net.macs, macs, tried, supernet: own.top1, alone: alone.metrics.top1, behind };
      rows.push(row);
      say(
        `supernet  ${percent(row.share)} of the MACs (${macs}): ${percent(row.supernet)} out of the supernet, ${percent(row.alone)} alone, ${behind.toFixed(1)} points behind (aim: ${AIMS[i]}; best of ${tried} on held-out images)`,
      );
    }
    return { rows, rounds };
  });
}

/** What is done with sub-networks beside the command line. */
async function toolsOf(load) {
  const { readModel } = await load('/src/onnx/read.ts');
  const { writeModel } = await load('/src/onnx/write.ts');
  const { analyze } = await load('/src/analysis/analyze.ts');
  const { summarize } = await load('/src/analysis/summary.ts');
  const { seeded } = await load('/src/base/random.ts');
  const { silentJob } = await load('/src/base/job.ts');
  const { nodePort } = await load('/src/engine/node.ts');
  const { judged } = await load('/src/engine/train/judge.ts');
  const { Batches, batchFree } = await load('/src/engine/train/samples.ts');
  const { divided } = await load('/src/engine/train/run.ts');
  const { openData } = await load('/src/engine/data.ts');
  const { preprocessFor } = await load('/src/data/propose.ts');
  const { subset } = await load('/src/data/data-set.ts');
  const { fileAt, filesAt } = await load('/src/cli/data-files.ts');
  const { searchSpace } = await load('/src/search/space.ts');
  const { slicedNetwork } = await load('/src/search/supernet/network.ts');
  const { recalibrated } = await load('/src/search/supernet/recalibrate.ts');
  const [port, job] = [nodePort(), silentJob()];
  const macsOf = (model) => summarize(model, analyze(model), 0).macs;
  const opened = async (images, labels) => openData('mnist', filesAt(images), { labels: fileAt(labels) });

  return {
    write: writeModel,
    async judge(model, { images, labels }) {
      return judged(model, await opened(images, labels), {}, port, job);
    },
    /** A supernet, with images that batch norms are set by and others that choose. */
    async open(bytes, images, labels) {
      const { model } = readModel(bytes);
      const analysis = analyze(model);
      const { inputs } = summarize(model, analysis, 0);
      const dataSet = await opened(images, labels);
      const { preprocess } = await preprocessFor(inputs, dataSet);
      const { samples, heldOut } = divided({ dataSet }, { holdOut: HELD_OUT, seed: SEED });
      const data = { dataSet, preprocess, inputs: batchFree(inputs) };
      const feeds = await new Batches(data, null).feeds(samples.slice(0, CALIBRATION), 0);
      const space = searchSpace(model, analysis);
      return { model, space, feeds, choosing: subset(dataSet, heldOut), macs: macsOf(model) };
    },
    /** The best of some sub-networks that have about a share of the MACs, by held-out images. */
    async best({ model, space, feeds, choosing, macs }, share) {
      const random = seeded(SEED + Math.round(100 * share));
      const whole = space.genes.map(({ choices }) => choices.length - 1);
      const draw = () =>
        space.genes.map(({ kind, spared, choices }, i) =>
          kind === 'resolution' || spared !== null ? whole[i] : Math.floor(random() * choices.length),
        );
      const near = [];
      for (let i = 0; i < (share === 1 ? 1 : DRAWN) && near.length < TRIED; i++) {
        const sliced = await slicedNetwork(model, space, share === 1 ? whole : draw());
        if (Math.abs(macsOf(sliced) / macs - share) < NEAR) near.push(sliced);
      }
      if (near.length === 0) throw new Error(`no sub-network came near ${share} of the MACs`);
      let best = null;
      for (const sliced of near) {
        const settled = await recalibrated(sliced, feeds, port, job);
        const { top1 } = await judged(settled, choosing, {}, port, job);
        if (!best || top1 > best.top1) best = { top1, sliced, settled, macs: macsOf(sliced) };
      }
      return { ...best, tried: near.length };
    },
  };
}
