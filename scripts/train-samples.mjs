// Trains the bundled samples whose weights are learnt, seeded, and writes what src/samples/weights holds: weights in half
// precision, and the figures that page and models tell, measured on samples that neither trained nor chose. All of them,
// or those that are named: `node scripts/train-samples.mjs digit-cnn`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  'character-transformer': {
    data: 'stories',
    changes: { length: LENGTH, stride: LENGTH },
    options: { steps: 2000, batch: 4, lr: 0.004, 'warm-up': 50, 'evaluate-every': 250, 'hold-out': 40 },
    figures: ({ perplexity, top1, samples }) => ({ perplexity, top1, samples, length: LENGTH }),
  },
};

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
  const folder = mkdtempSync(join(tmpdir(), 'whittle-samples-'));
  const at = (name) => join(folder, name);

  for (const name of names) {
    const { data, changes, options, figures } = SAMPLES[name];
    writeFileSync(at(`${name}.onnx`), writeModel(buildSample(name)));
    const code = await main([
      ...['train', at(`${name}.onnx`), '--seed', String(SEED), '--data', data],
      ...Object.entries(changes).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]),
      ...['-o', at('trained.onnx'), '--save-recipe', at(`${name}.json`)],
    ]);
    if (code !== 0) throw new Error(`the training of ${name} ended with ${code}`);
    const [file] = readdirSync(at(`${name}.weights`));
    const halved = encodeWeights(decodeWeights(readFileSync(at(`${name}.weights/${file}`))), 'F16');
    // The figures are those of the rounded weights, which are what is bundled.
    const { model } = readModel(readFileSync(at('trained.onnx')));
    const byName = new Map([...model.graph.initializers.keys()].map((id) => [model.getValue(id).name, id]));
    for (const [key, tensor] of decodeWeights(halved)) model.setInitializer(byName.get(key), tensor);
    const found = await judged(model, drawnData(data, 'judge'), { changes }, nodePort(), silentJob());
    const told = Object.fromEntries(
      Object.entries({ ...figures(found), steps: options.steps, seed: SEED }).map(([key, value]) => [
        key,
        Number(value.toPrecision(4)),
      ]),
    );
    writeFileSync(join(weights, `${name}.safetensors`), halved);
    const all = JSON.parse(readFileSync(join(weights, 'figures.json'), 'utf8'));
    writeFileSync(join(weights, 'figures.json'), `${JSON.stringify({ ...all, [name]: told }, null, 2)}\n`);
    console.log(`${name}: ${halved.length} bytes, ${JSON.stringify(told)}`);
  }
  rmSync(folder, { recursive: true });
});
