// What pruning costs in accuracy: ratio × importance × repair. MNIST CNN: calibrated on training images, accuracy on the
// 1 500 test images. MobileNetV2: 25 photos to calibrate, the other 25 to judge by: KL, cosine, the same top class.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSource } from './source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const real = join(root, '..', 'shared', 'real');
const IMPORTANCES = ['l2', 'fpgm', 'activation', 'apoz', 'wanda', 'random'];
const REPAIRS = ['none', 'mean', 'least-squares'];

/** What the command line uses: models and data are opened as it does. */
const withWhittle = (run) =>
  withSource(async (load) =>
    run({
      ...(await load('/src/cli/studio.ts')),
      ...(await load('/src/cli/data-files.ts')),
      ...(await load('/src/engine/data.ts')),
      ...(await load('/src/engine/calibrate.ts')),
      job: (await load('/src/base/job.ts')).silentJob(),
    }),
  );

async function prepared(whittle, path) {
  const { studio } = await whittle.openStudio(join(real, 'models', path), whittle.job);
  for (const pass of ['freeze-initializers', 'fold-constants']) {
    const [found] = await studio.sites([pass], {}, whittle.job);
    if (found.sites.length > 0) await studio.apply({ pass, options: {}, off: [] }, whittle.job);
  }
  return studio;
}

const dataOf = (whittle, path, labels) =>
  whittle.openData(path, whittle.filesAt(join(real, 'data', path)), {
    ...(labels ? { labels: whittle.fileAt(join(real, 'data', labels)) } : {}),
  });

async function pruned(whittle, studio, options, judgement) {
  const before = studio.document().cursor;
  await studio.apply({ pass: 'prune-channels', options, off: [] }, whittle.job);
  const result = await studio.judge(judgement, whittle.job);
  studio.moveTo(before);
  return result;
}

async function mnist(whittle, say) {
  const studio = await prepared(whittle, 'mnist-cnn/mnist.onnx');
  const inputs = studio.document().stops[0].summary.inputs;
  const changes = { scale: 1 };
  const training = await dataOf(whittle, 'mnist/train-images-idx3-ubyte.gz');
  const { calibration } = await whittle.calibrate(training, inputs, { changes, samples: 256, seed: 1 }, whittle.job);
  const test = await dataOf(whittle, 'mnist/t1500a-images-idx3-ubyte.gz', 'mnist/t1500a-labels-idx1-ubyte.gz');
  const halves = await whittle.calibrate(test, inputs, { changes, samples: 750, seed: 1 }, whittle.job);
  const judgement = {
    feeds: [...halves.calibration.feeds, ...halves.judgement.feeds],
    labels: [...halves.calibration.labels, ...halves.judgement.labels],
  };
  studio.setCalibration(calibration);
  const rows = [];
  for (const ratio of [0.25, 0.375, 0.5, 0.625, 0.75]) {
    for (const importance of IMPORTANCES) {
      const row = { model: 'MNIST CNN', ratio, importance };
      for (const repair of REPAIRS) {
        const seeds = importance === 'random' ? [1, 2, 3, 4, 5] : [0];
        let sum = 0;
        for (const seed of seeds) {
          const { accuracy } = await pruned(whittle, studio, { ratio, importance, repair, seed }, judgement);
          row.before = accuracy.before;
          sum += accuracy.after;
        }
        row[repair] = sum / seeds.length;
      }
      rows.push(row);
      say(
        `prune   MNIST CNN, ${ratio} cut by ${importance}: accuracy ${percent(row.before)} → ${REPAIRS.map((each) => `${each} ${percent(row[each])}`).join(', ')}`,
      );
    }
  }
  return rows;
}

async function mobilenet(whittle, say) {
  const studio = await prepared(whittle, 'mobilenetv2/mobilenet_v2_fp32.onnx');
  const inputs = studio.document().stops[0].summary.inputs;
  const photos = await dataOf(whittle, 'imagenet_samples');
  const { calibration, judgement } = await whittle.calibrate(photos, inputs, { samples: 25, seed: 1 }, whittle.job);
  studio.setCalibration(calibration);
  const rows = [];
  for (const ratio of [0.05, 0.1, 0.25]) {
    for (const importance of ['l2', 'wanda', 'random']) {
      for (const repair of ['none', 'least-squares']) {
        const { outputs } = await pruned(whittle, studio, { ratio, importance, repair, seed: 1 }, judgement);
        const [{ kl, cosine, agreement }] = outputs;
        rows.push({ model: 'MobileNetV2', ratio, importance, repair, kl, cosine, agreement });
        say(
          `prune   MobileNetV2, ${ratio} cut by ${importance}, ${repair}: KL ${kl.toFixed(3)}, cosine ${cosine.toFixed(3)}, the same top class on ${percent(agreement)}`,
        );
      }
    }
  }
  return rows;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

export async function benchPrune(say) {
  if (!existsSync(real)) return [];
  return withWhittle(async (whittle) => [...(await mnist(whittle, say)), ...(await mobilenet(whittle, say))]);
}
