// What Whittle claims to be fast at, measured: `npm run bench`, or some of it: `npm run bench -- canvas layout`. Prints
// tables and, with --json, one JSON object. Model files that are named as well are measured in place of the usual ones.
//   open    from choosing the file to the first picture; long tasks of the page's thread
//   canvas  frames of panning and zooming near and far, JS heap, on large graphs
//   actions the longest task of the page's thread in what a person does to a large graph
//   layout  the layout by itself, and beside elkjs: crossings, lengths
//   slider  a step of the pruning slider, on every real model with channels to cut
//   passes  every clean-up and fusion pass to the fixed point: time against the number of nodes
//   fusion  the preset `wasm` on real models and an encoder, before and after, WASM, one thread
//   prune   what pruning costs: ratio, importance and repair on a digit classifier and MobileNetV2 (half an hour; only by name)
//   prune-latency  predicted latency against measured at three widths of every real model (a quarter of an hour; only by name)
//   latency-table  a table of operators' times: predicted against measured latency of every real CNN (ten minutes; only by name)
//   prune-models  every real model at three widths: runs, costs as forecast, what is frozen and why (only by name)
//   random  ten thousand random graphs: each exact pass alone and all together give equal outputs (an hour; only by name)
//   verdicts  ten models against themselves, and with 5 % added to every run: how far verdicts can be relied on (20 minutes; only by name)
//   accuracy  what four real models get right on real samples, preprocessing written out (a minute; only by name)
//   train-recover, train-students, train-movement  what training does on real digits: recovery after pruning, students taught
//           three ways, movement against magnitude pruning; 3 seeds (a quarter of an hour each; only by name)
//   train-vit, train-llm  a vision transformer that is cut and recovered without labels; a language model tuned to another text
//           (a quarter of an hour each; only by name)
//   train-char  a character transformer of half the size taught by tokens, by logits, by hidden states; 3 seeds (a quarter of
//           an hour; only by name)
//   search  evolution against random search and uniform scaling on three models, five seeds; what is foretold, and what is
//           true (half an hour; only by name)
//   supernet  sub-networks out of a supernet against the same trained alone, on real digits (a quarter of an hour; only by name)
//   profile every real model's profile: what of a run lies in nodes; the ceilings of this device (only by name)
//   train-steps  forward, forward and backward, whole step of a CNN and a transformer; threads, native (two minutes; only by name)
//   kv      a decoder's keys and values by each policy: perplexity by position, needles, bytes, time of a token (a
//           quarter of an hour; only by name)
//   large   memory on 1 GB of external data: the most that `optimize --recipe clean` holds (a minute, 4 GB of disk; only by name)
//   half    MobileNetV2 at half the channels against itself, both as the runtime loads them (`all`), WASM, one thread
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { benchAccuracy } from './bench-accuracy.mjs';
import { benchActions, printActions } from './bench-actions.mjs';
import { benchCanvas, printCanvas } from './bench-canvas.mjs';
import { benchLayout, printLayout } from './bench-layout.mjs';
import { benchFusion, printFusion } from './bench-fusion.mjs';
import { benchHalf, printHalf } from './bench-half.mjs';
import { benchKv } from './bench-kv.mjs';
import { benchLarge } from './bench-large.mjs';
import { benchLatencyTable } from './bench-latency-table.mjs';
import { benchOpening, printOpening } from './bench-open.mjs';
import { benchPasses, printPasses } from './bench-passes.mjs';
import { benchProfile } from './bench-profile.mjs';
import { benchPrune } from './bench-prune.mjs';
import { benchPruneLatency } from './bench-prune-latency.mjs';
import { benchPruneModels } from './bench-prune-models.mjs';
import { benchRandom } from './bench-random.mjs';
import { benchSearch } from './bench-search.mjs';
import { benchSlider, printSlider } from './bench-slider.mjs';
import { benchSupernet } from './bench-supernet.mjs';
import { benchTrainChar } from './bench-train-char.mjs';
import { benchTrainReal } from './bench-train-real.mjs';
import { benchTrainTransformers } from './bench-train-transformers.mjs';
import { benchTrain } from './bench-train.mjs';
import { benchVerdicts } from './bench-verdicts.mjs';
import { withStudio } from './browser.mjs';
import { realModels } from './real-models.mjs';
import { writeSample } from './sample.mjs';

const shared = fileURLToPath(new URL('../../shared', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'whittle-bench-'));
const SECTIONS = [
  'open',
  'canvas',
  'actions',
  'layout',
  'slider',
  'passes',
  'fusion',
  'half',
  'large',
  'profile',
  'prune',
  'prune-latency',
  'latency-table',
  'prune-models',
  'random',
  'verdicts',
  'accuracy',
  'train-recover',
  'train-students',
  'train-movement',
  'train-vit',
  'train-llm',
  'train-steps',
  'train-char',
  'kv',
  'supernet',
  'search',
];
const args = process.argv.slice(2);
const json = args.includes('--json');
const chosen = args.filter((arg) => SECTIONS.includes(arg));
const files = args.filter((arg) => arg.endsWith('.onnx'));
const unknown = args.filter((arg) => arg !== '--json' && !SECTIONS.includes(arg) && !arg.endsWith('.onnx'));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: no part of the benchmark. There are ${SECTIONS.join(', ')}, and .onnx files.`);
  process.exit(2);
}
const wants = (section) => chosen.length === 0 || chosen.includes(section);
const say = (line) => (json ? process.stderr : process.stdout).write(`${line}\n`);

/** Files beside the checkout; the bundled sample where there are none. */
async function there(...paths) {
  if (files.length > 0) return files;
  const found = paths.map((path) => join(shared, path)).filter(existsSync);
  if (found.length === paths.length) return found;
  say(`Not here: ${paths.filter((path) => !existsSync(join(shared, path))).join(', ')}.`);
  if (found.length > 0) return found;
  const sample = join(folder, 'mobilenet-v2.onnx');
  writeFileSync(sample, await writeSample('mobilenet-v2'));
  return [sample];
}

const MOBILENET = 'real/models/mobilenetv2/mobilenet_v2_fp32.onnx';
const FACE = 'real/models/face/version-RFB-320.onnx';
const LARGE = ['easy-1000', 'easy-20000', 'hard-20000'].map((name) => `scale/${name}.onnx`);

const results = {};
const inBrowser = ['open', 'canvas', 'actions', 'slider'].some(wants);
if (inBrowser) await build({ logLevel: 'error' });
if (inBrowser)
  await withStudio(async (browser, url) => {
    if (wants('open')) {
      results.opening = await benchOpening(
        browser,
        url,
        await there(MOBILENET, FACE, 'scale/easy-5000.onnx', ...LARGE),
      );
      printOpening(results.opening, say);
    }
    if (wants('canvas')) {
      results.canvas = await benchCanvas(browser, url, await there(...LARGE));
      printCanvas(results.canvas, say);
    }
    if (wants('actions')) {
      results.actions = await benchActions(browser, url, (await there(LARGE[1]))[0]);
      printActions(results.actions, say);
    }
    if (wants('slider')) {
      const all = files.length > 0 ? files : realModels();
      results.slider = await benchSlider(browser, url, all.length > 0 ? all : await there(MOBILENET));
      printSlider(results.slider, say);
    }
  });
if (wants('layout')) {
  results.layout = await benchLayout(LARGE.map((path) => join(shared, path)).filter(existsSync));
  printLayout(results.layout, say);
}
if (wants('passes')) {
  results.passes = await benchPasses();
  printPasses(results.passes, say);
}
if (wants('fusion')) {
  results.fusion = await benchFusion(say);
  printFusion(results.fusion, say);
}
if (chosen.includes('accuracy')) results.accuracy = benchAccuracy(say);
if (chosen.includes('prune')) results.prune = await benchPrune(say);
if (chosen.includes('prune-latency')) results.pruneLatency = await benchPruneLatency(files, say);
if (chosen.includes('latency-table')) results.latencyTable = await benchLatencyTable(files, say);
if (chosen.includes('prune-models')) results.pruneModels = await benchPruneModels(say);
const training = (...parts) => parts.filter((part) => chosen.includes(`train-${part}`));
const digits = training('recover', 'students', 'movement');
if (digits.length > 0) results.training = await benchTrainReal(shared, digits, say);
const transformers = training('vit', 'llm');
if (transformers.length > 0) results.transformers = await benchTrainTransformers(shared, transformers, say);
if (chosen.includes('verdicts')) results.verdicts = await benchVerdicts(files, say);
if (chosen.includes('supernet')) results.supernet = await benchSupernet(shared, say);
if (chosen.includes('search')) results.search = await benchSearch([], say);
if (chosen.includes('train-char')) results.trainChar = await benchTrainChar(say);
if (chosen.includes('kv')) results.kv = await benchKv(shared, say);
if (chosen.includes('train-steps')) results.trainSteps = await benchTrain(say);
if (chosen.includes('profile')) results.profile = await benchProfile(files, say);
if (chosen.includes('random')) benchRandom(say);
if (chosen.includes('large')) results.large = await benchLarge(folder, say);
if (wants('half')) {
  results.half = benchHalf((await there(MOBILENET))[0], folder);
  printHalf(results.half, say);
}
if (json) process.stdout.write(`${JSON.stringify(results)}\n`);
