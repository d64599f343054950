// Trains the bundled samples whose weights are learnt, seeded, and writes what src/samples/weights holds: weights in half
// precision, and the figures that page and models tell, measured on samples that neither trained nor chose. One is trained
// as a supernet after that. All of them, or those that are named: `node scripts/train-samples.mjs digit-cnn`.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

const weights = fileURLToPath(new URL('../src/samples/weights/', import.meta.url));
const SEED = 1;
const LENGTH = 256;

const SAMPLES = {
  'digit-cnn': {
    data: 'digits',
    changes: {},
    options: { steps: 400, batch: 32, lr: 0.002, 'evaluate-every': 100 },
    figures: ({ top1, samples }) => ({ top1, samples }),
  },
  'edge-cnn': {
    data: 'digits',
    changes: {},
    options: { steps: 300, batch: 32, lr: 0.003, 'evaluate-every': 150, 'hold-out': 300 },
    supernet: { steps: 600, batch: 32, lr: 0.003, 'evaluate-every': 150, 'hold-out': 300, 'test-data': 'digits' },
    figures: ({ top1, samples }, { middle, smallest }) => ({
      ...{ top1, samples, middle: middle.top1, smallest: smallest.top1 },
    }),
  },
  'character-transformer': {
    data: 'stories',
    changes: { length: LENGTH, stride: LENGTH },
    options: { steps: 2000, batch: 4, lr: 0.004, 'warm-up': 50, 'evaluate-every': 250, 'hold-out': 40 },
    figures: ({ perplexity, top1, samples }) => ({ perplexity, top1, samples, length: LENGTH }),
  },
};

function tensorNamed(model, name) {
  for (const [id, tensor] of model.graph.initializers) if (model.getValue(id).name === name) return tensor;
  throw new Error(`the model has no constant ${name}`);
}

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(SAMPLES);
const unknown = names.filter((name) => !(name in SAMPLES));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: no such sample is trained. There are ${Object.keys(SAMPLES).join(', ')}.`);
  process.exit(2);
}

await withSource(async (load) => {
  const { main } = await load('/src/cli/main.ts');
  const { buildSample } = await load('/src/samples/catalogue.ts');
  const { readModel } = await load('/src/onnx/read.ts');
  const { writeModel } = await load('/src/onnx/write.ts');
  const { decodeWeights, encodeWeights } = await load('/src/onnx/safetensors.ts');
  const { judged } = await load('/src/engine/train/judge.ts');
  const { drawnData } = await load('/src/engine/train/drawn.ts');
  const { nodePort } = await load('/src/engine/node.ts');
  const { silentJob } = await load('/src/base/job.ts');
  const whittle = await commandOf(load);
  const folder = mkdtempSync(join(tmpdir(), 'whittle-samples-'));
  const at = (name) => join(folder, name);

  for (const name of names) {
    const { data, changes, options, supernet, figures } = SAMPLES[name];
    writeFileSync(at(`${name}.onnx`), writeModel(buildSample(name)));
    const code = await main([
      ...['train', at(`${name}.onnx`), '--seed', String(SEED), '--data', data],
      ...Object.entries(changes).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]),
      ...['-o', at('trained.onnx'), '--save-recipe', at(`${name}.json`)],
    ]);
    if (code !== 0) throw new Error(`the training of ${name} ended with ${code}`);
    const [file] = readdirSync(at(`${name}.weights`));
    let learnt = decodeWeights(readFileSync(at(`${name}.weights/${file}`)));
    let notes = {};
    let looks = null;
    if (supernet) {
      const data = ['--seed', String(SEED), '--data', SAMPLES[name].data];
      const settings = Object.entries(supernet).flatMap(([key, value]) => [`--${key}`, String(value)]);
      const { metrics } = await whittle(
        'supernet',
        at('trained.onnx'),
        ...data,
        ...settings,
        '-o',
        at('supernet.onnx'),
      );
      const { model } = readModel(readFileSync(at('supernet.onnx')));
      learnt = new Map([...learnt.keys()].map((key) => [key, tensorNamed(model, key)]));
      notes = Object.fromEntries([...model.extras.metadataProps].filter(([key]) => key.startsWith('whittle.')));
      looks = metrics;
      renameSync(at('supernet.onnx'), at('trained.onnx'));
    }
    const halved = encodeWeights(learnt, 'F16', notes);
    // The figures are those of the rounded weights, which are what is bundled.
    const { model } = readModel(readFileSync(at('trained.onnx')));
    const byName = new Map([...model.graph.initializers.keys()].map((id) => [model.getValue(id).name, id]));
    for (const [key, tensor] of decodeWeights(halved)) model.setInitializer(byName.get(key), tensor);
    const found = await judged(model, drawnData(data, 'judge'), { changes }, nodePort(), silentJob());
    const told = Object.fromEntries(
      Object.entries({ ...figures(found, looks), steps: options.steps + (supernet?.steps ?? 0), seed: SEED }).map(
        ([key, value]) => [key, Number(value.toPrecision(4))],
      ),
    );
    writeFileSync(join(weights, `${name}.safetensors`), halved);
    const all = JSON.parse(readFileSync(join(weights, 'figures.json'), 'utf8'));
    writeFileSync(join(weights, 'figures.json'), `${JSON.stringify({ ...all, [name]: told }, null, 2)}\n`);
    console.log(`${name}: ${halved.length} bytes, ${JSON.stringify(told)}`);
  }
  rmSync(folder, { recursive: true });
});
