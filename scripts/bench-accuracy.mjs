// What real models get right on real samples, through the command line, with the preprocessing written out.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const real = fileURLToPath(new URL('../../shared/real', import.meta.url));

const IMAGENET = {
  channels: 'rgb',
  resize: { to: 'shorter', size: 256, filter: 'bilinear' },
  crop: { width: 224, height: 224 },
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
const IMAGES = {
  data: 'data/imagenet_samples',
  labels: 'data/imagenet_samples/labels.json',
  fields: IMAGENET,
  how: 'shorter side 256 bilinear with antialias, centre crop 224, /255, mean and std of ImageNet',
};
const digits = (scale, how) => ({
  data: 'data/mnist/t1500a-images-idx3-ubyte.gz',
  labels: 'data/mnist/t1500a-labels-idx1-ubyte.gz',
  fields: { scale },
  how,
});
const MOBILENET = 'models/mobilenetv2/mobilenet_v2_fp32.onnx';

/** `least`: the share that the model has to reach; below it the section fails. */
const CASES = [
  { model: MOBILENET, ...IMAGES },
  { model: 'models/mobilenetv2/mobilenet_v2_int8_dynamic.onnx', against: MOBILENET, ...IMAGES },
  { model: 'models/mnist-cnn/mnist.onnx', ...digits(1, 'pixels 0 to 255'), least: 0.975 },
  { model: 'models/mnist-fc/mnist-net_256x4.onnx', ...digits(1 / 255, 'pixels 0 to 1') },
];

function measure({ model, against, data, labels, fields }) {
  const at = (path) => join(real, path);
  const sets = Object.entries(fields).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]);
  const other = against ? ['--against', at(against)] : [];
  const args = ['accuracy', at(model), ...other, '--data', at(data), '--labels', at(labels), ...sets, '--json'];
  const ran = spawnSync('node', [join(root, 'scripts', 'whittle.mjs'), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

/** Those of the cases whose files lie beside the checkout; the others are named. */
export function benchAccuracy(say) {
  const results = [];
  for (const each of CASES) {
    const missing = [each.model, each.against, each.data, each.labels].filter(
      (path) => path !== undefined && !existsSync(join(real, path)),
    );
    if (missing.length > 0) {
      say(`accuracy  not measured, not here: ${missing.join(', ')}`);
      continue;
    }
    const { top1, top5, interval, samples, pair, ms } = measure(each);
    const result = { model: basename(each.model), how: each.how, top1, top5, interval, samples, pair, ms };
    results.push(result);
    printAccuracy(result, say);
    if (each.least !== undefined && top1 < each.least) {
      throw new Error(`${result.model} has ${percent(top1)} right, less than ${percent(each.least)}.`);
    }
  }
  return results;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function printAccuracy({ model, how, top1, top5, interval, samples, pair, ms }, say) {
  const range = interval.map(percent).join(' to ');
  const five = top5 === null ? '' : `, top-5 ${percent(top5)}`;
  say(`accuracy  ${model}: top-1 ${percent(top1)} (${range})${five}, ${samples} samples, ${(ms / 1000).toFixed(1)} s`);
  say(`            ${how}`);
  if (!pair) return;
  const { agreement, fixed, broken, p, changedCount } = pair;
  say(
    `            beside the original: the same class on ${percent(agreement)}, ${changedCount} changed, ` +
      `${fixed} fixed, ${broken} broken, p ${p.toPrecision(2)}`,
  );
}
