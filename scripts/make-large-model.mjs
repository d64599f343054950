// A model with its weights beside it, in external data: a chain of products with activations, something to clean up in
// between, and one weight that is stored twice. Weights are made when they are written, one at a time:
//   node scripts/make-large-model.mjs OUT.onnx [MB of all weights (1024)] [MB of each (16)]
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { withSource } from './source.mjs';

const MB = 1 << 20;

/** Float32 drawn by a fixed seed, as bytes; small enough that sums over a row stay near 1. */
function drawn(seed, side) {
  const numbers = new Float32Array(side * side);
  let state = seed + 1;
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    numbers[i] = state / 2 ** 31 / Math.sqrt(side);
  }
  return new Uint8Array(numbers.buffer);
}

/** Writes the model and `PATH.data`; returns the bytes of one weight, and of all. */
export async function makeLargeModel(path, megabytes = 1024, each = 16) {
  const side = Math.floor(Math.sqrt((each * MB) / 4));
  const layers = Math.max(2, Math.round(megabytes / each));
  return withSource(async (load) => {
    const { buildModel } = await load('/src/testing/build.ts');
    const { Tensor } = await load('/src/ir/tensor.ts');
    const { writeFiles } = await load('/src/onnx/write.ts');
    const model = buildModel({}, (g) => {
      let at = g.input('x', [1, side]);
      for (let layer = 0; layer < layers; layer++) {
        const seed = layer === layers - 1 ? 0 : layer;
        const source = { kind: 'derived', bytes: () => drawn(seed, side) };
        const product = g.op('MatMul', [at, g.tensor(`w${layer}`, new Tensor('float32', [side, side], source))]);
        at = g.op('Relu', [g.op('Identity', [product])]);
      }
      g.output(at, 'y', { shape: [1, side] });
    });
    const location = `${basename(path)}.data`;
    const { model: bytes, external } = writeFiles(model, { externalData: { location, threshold: 1024 } });
    writeFileSync(path, bytes);
    const fd = openSync(`${path}.data`, 'w');
    for (const chunk of external.chunks()) writeSync(fd, chunk);
    closeSync(fd);
    return { weight: side * side * 4, all: external.byteLength };
  });
}

if (process.argv[1]?.endsWith('make-large-model.mjs')) {
  const [path, megabytes, each] = process.argv.slice(2);
  if (!path) {
    console.error('node scripts/make-large-model.mjs OUT.onnx [MB of all weights] [MB of each]');
    process.exit(2);
  }
  const { weight, all } = await makeLargeModel(path, Number(megabytes ?? 1024), Number(each ?? 16));
  console.log(`${path}: ${all} bytes beside it, ${weight} in each weight`);
}
