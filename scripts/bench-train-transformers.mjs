// What training does to real transformers: a pruned one that comes back to its teacher without labels, and a trained
// language model that is tuned to another text. What is told is of samples that neither train nor choose.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const folder = mkdtempSync(join(tmpdir(), 'whittle-train-'));
const at = (name) => join(folder, name);

/** `parts`: vit, llm. */
export async function benchTrainTransformers(shared, parts, say) {
  return withSource(async (load) => {
    const whittle = await commandOf(load);
    const found = {};
    if (parts.includes('vit')) found.vit = await vit(join(shared, 'real'), whittle, load, say);
    if (parts.includes('llm')) found.llm = await llm(join(shared, 'real'), whittle, say);
    return found;
  });
}

/** 2 000 images without labels: 1 600 teach (a fifth of them choose), 400 judge. */
async function cifar(real, load) {
  const { decodePng } = await load('/src/data/png.ts');
  const { writeNpy } = await load('/src/verify/npz.ts');
  const sheets = [];
  for (const sheet of [0, 1]) {
    const file = join(real, 'data', 'cifar10', `cifar10_batch_${sheet}.png`);
    sheets.push((await decodePng(file, new Uint8Array(readFileSync(file)))).data);
  }
  const all = new Uint8Array(Buffer.concat(sheets));
  const size = 32 * 32 * 3;
  const write = (name, from, to) => {
    const data = all.subarray(from * size, to * size);
    writeFileSync(at(name), writeNpy({ dtype: 'uint8', shape: [to - from, 32, 32, 3], data }));
    return at(name);
  };
  return { train: write('train.npy', 0, 1600), test: write('test.npy', 1600, 2000) };
}

async function vit(real, whittle, load, say) {
  const model = join(real, 'models/transformer/vit_pgd_2_3_16.onnx');
  const { train, test } = await cifar(real, load);
  const set = ['--set', 'mean=[0.4914,0.4822,0.4465]', '--set', 'std=[0.2471,0.2435,0.2616]'];
  const rows = [];
  for (const ratio of [0.25, 0.5]) {
    const { before, after } = await whittle('prune', model, '--ratio', `${ratio}`, '-o', at('cut.onnx'));
    const told = await whittle(
      ...['recover', at('cut.onnx'), '--teacher', model, '--data', train, '--test-data', test, ...set],
      ...['--steps', '8000', '--lr', '0.005', '--evaluate-every', '2000', '--flip', '--shift', '4'],
      ...['-o', at('recovered.onnx')],
    );
    const [was, is] = [told.before.agreement, told.metrics.agreement];
    say(
      `train-vit  ${percent(ratio)} of the channels cut (${before.parameters} → ${after.parameters} parameters): as the teacher ${percent(was)}, recovered ${percent(is)}`,
    );
    rows.push({ ratio, parameters: after.parameters, before: was, after: is });
  }
  return rows;
}

/** The last tenth of the text judges. */
async function llm(real, whittle, say) {
  const text = readFileSync(join(real, 'data/text/tinyshakespeare.txt'), 'utf8');
  const cut = text.indexOf('\n', Math.floor(0.9 * text.length));
  writeFileSync(at('train.txt'), text.slice(0, cut));
  writeFileSync(at('test.txt'), text.slice(cut));
  const told = await whittle(
    ...['train', join(real, 'models/decoder/aidreams260k_nocache.onnx'), '--data', at('train.txt')],
    ...['--test-data', at('test.txt'), '--tokenizer', join(real, 'models/decoder/aidreams_tok512.bin')],
    ...['--steps', '1000', '--batch', '8', '--lr', '0.002', '--evaluate-every', '250', '--hold-out', '100'],
    ...['-o', at('tuned.onnx')],
  );
  const [before, after] = [told.before.perplexity, told.metrics.perplexity];
  say(
    `train-llm  perplexity of a token of tinyshakespeare, its last tenth: ${before.toFixed(1)} → ${after.toFixed(1)}`,
  );
  return { before, after };
}
