// Models with data to prune them on, for benchmarks: some samples to calibrate on, others to judge by.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSource } from './source.mjs';

export const real = join(fileURLToPath(new URL('..', import.meta.url)), '..', 'shared', 'real');

/** What the command line uses: models and data are opened as it does. */
export const withWhittle = (run) =>
  withSource(async (load) =>
    run({
      ...(await load('/src/cli/studio.ts')),
      ...(await load('/src/cli/data-files.ts')),
      ...(await load('/src/engine/data.ts')),
      ...(await load('/src/engine/calibrate.ts')),
      ...(await load('/src/data/png.ts')),
      ...(await load('/src/verify/npz.ts')),
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

const inputsOf = (studio) => studio.document().stops.at(-1).summary.inputs;

/** Calibrated on 256 training images, judged by 1 500 test images with labels. */
export async function mnist(whittle) {
  const studio = await prepared(whittle, 'mnist-cnn/mnist.onnx');
  const inputs = inputsOf(studio);
  const changes = { scale: 1 };
  const training = await dataOf(whittle, 'mnist/train-images-idx3-ubyte.gz');
  const { calibration } = await whittle.calibrate(training, inputs, { changes, samples: 256, seed: 1 }, whittle.job);
  const test = await dataOf(whittle, 'mnist/t1500a-images-idx3-ubyte.gz', 'mnist/t1500a-labels-idx1-ubyte.gz');
  const halves = await whittle.calibrate(test, inputs, { changes, samples: 750, seed: 1 }, whittle.job);
  studio.setCalibration(calibration);
  const judgement = {
    feeds: [...halves.calibration.feeds, ...halves.judgement.feeds],
    labels: [...halves.calibration.labels, ...halves.judgement.labels],
  };
  return { studio, judgement };
}

async function calibrated(whittle, path, data, options) {
  const studio = await prepared(whittle, path);
  const { calibration, judgement } = await whittle.calibrate(
    data,
    inputsOf(studio),
    { seed: 1, ...options },
    whittle.job,
  );
  studio.setCalibration(calibration);
  return { studio, judgement };
}

/** 25 photos each. */
export const mobilenet = async (whittle) =>
  calibrated(whittle, 'mobilenetv2/mobilenet_v2_fp32.onnx', await dataOf(whittle, 'imagenet_samples'), { samples: 25 });

/** Ultra-light face detector with 35 batch norms; 25 photos each, which show other things than faces. */
export async function face(whittle) {
  const [half, spread] = [127 / 255, 128 / 255];
  const changes = { mean: [half, half, half], std: [spread, spread, spread] };
  const photos = await dataOf(whittle, 'imagenet_samples');
  return calibrated(whittle, 'face/version-RFB-320.onnx', photos, { samples: 25, changes });
}

/** Vision transformer for CIFAR-10 with 5 batch norms; 256 images each. */
export async function vit(whittle) {
  const changes = { mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616] };
  return calibrated(whittle, 'transformer/vit_pgd_2_3_16.onnx', await cifar(whittle), { samples: 256, changes });
}

/** Each row of the picture is an image of 32 × 32 pixels. */
async function cifar(whittle) {
  const file = join(real, 'data', 'cifar10', 'cifar10_batch_0.png');
  const { height, channels, data } = await whittle.decodePng(file, new Uint8Array(readFileSync(file)));
  if (channels !== 3) throw new Error(`${file} is not RGB.`);
  const bytes = whittle.writeNpy({ dtype: 'uint8', shape: [height, 32, 32, 3], data });
  return whittle.openData('cifar.npy', [{ name: 'cifar.npy', bytes: async () => bytes }], {});
}
