// What the preset `wasm` is worth: real models and a transformer encoder before and after, interleaved, on WASM with one
// thread, each side with the optimization level that suits it best; and how much sooner a session is there. Classes:
// convolutional networks and transformers, with the geometric mean of each.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { env, InferenceSession } from 'onnxruntime-web';
import { withSource } from './source.mjs';

env.wasm.numThreads = 1;

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared', 'real', 'models');

const CNNS = [
  'mobilenetv2/mobilenet_v2_fp32.onnx',
  'face/version-RFB-320.onnx',
  'face/version-RFB-320_simplified.onnx',
  'detect/FastestDet.onnx',
  'ocr/ch_PP-OCRv2_det_infer.onnx',
  'cifar/resnet_2b.onnx',
  'mnist-cnn/mnist.onnx',
  'light/light_squeezenet.onnx',
  'light/light_resnet50.onnx',
  'light/light_densenet121.onnx',
];
/** With the shapes that free sizes get: 128 tokens where the model takes them. */
const TRANSFORMERS = {
  'transformer/vit_pgd_2_3_16.onnx': {},
  'text/magika_standard_v3_3.onnx': { bytes: [1, 2048] },
  'decoder/attention_past_state.onnx': { input: [1, 128, 768], past: [2, 1, 12, 4, 64] },
  'decoder/aidreams260k_nocache.onnx': { input_ids: [1, 128] },
  'transformer/bert_toy_unfused.onnx': { input_ids: [1, 128], token_type_ids: [1, 128], input_mask: [1, 128] },
};
const OTHERS = {
  'mnist-fc/mnist-net_256x4.onnx': {},
  'audio/gtcrn_simple.onnx': {},
  'audio/silero_vad.onnx': {},
  'decoder/gpt2_past.onnx': {},
  'mobilenetv2/mobilenet_v2_int8_dynamic.onnx': {},
};
const LEVELS = ['all', 'extended', 'basic'];
const REQUEST = { backend: 'wasm', level: 'all', threads: 1, runs: 60, budgetMs: 12_000 };

/** The level at which a model runs fastest, by a short look. */
async function bestLevel(whittle, model, options) {
  const times = [];
  for (const level of LEVELS) {
    const request = { ...REQUEST, level, runs: 8, budgetMs: 2000 };
    const { a } = await whittle.benchmark(whittle.runtime, model, null, request, whittle.job, options);
    times.push({ level, ms: a.median });
  }
  const [first] = times;
  const best = times.reduce((fastest, each) => (each.ms < fastest.ms ? each : fastest), first);
  // Another level than the usual one has to be worth more than the noise of a short look.
  return best.ms < 0.97 * first.ms ? best.level : first.level;
}

async function measure(whittle, name, model, shapes) {
  let after = model;
  for await (const outcome of whittle.replay(model, whittle.presetRecipe('wasm'), { obtain: whittle.obtain })) {
    if (outcome.error) throw new Error(outcome.error.message);
    after = outcome.model;
  }
  const [a, b] = [model, after].map((each) => whittle.writeModel(each));
  const options = { shapes };
  const loads = {
    a: { level: await bestLevel(whittle, a, options) },
    b: { level: await bestLevel(whittle, b, options) },
  };
  const result = await whittle.benchmark(whittle.runtime, a, b, { ...REQUEST, loads }, whittle.job, options);
  return {
    model: name,
    nodes: [model.nodes.size, after.nodes.size],
    levels: [loads.a.level, loads.b.level],
    ms: [result.a.median, result.b.median],
    start: [result.a.startMs, result.b.startMs],
    ratio: result.ratio,
    interval: result.interval,
  };
}

const geometric = (rows) => Math.exp(rows.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / rows.length);

/** Neither optimizes nor packs weights while it loads; a run of the result is half a percent slower then. */
const PLAIN = { graphOptimizationLevel: 'disabled', extra: { session: { disable_prepacking: '1' } } };

/**
 * Session creation, in turns, original and result: as usual, without the runtime's own optimizers and packing, and that
 * with the weights in a file beside the model, which the runtime copies once and not three times. Medians, ms.
 */
async function measureStart(whittle, model) {
  let after = model;
  for await (const outcome of whittle.replay(model, whittle.presetRecipe('wasm'), { obtain: whittle.obtain })) {
    after = outcome.model;
  }
  const [before, bytes] = [model, after].map((each) => whittle.writeModel(each));
  const split = whittle.writeFiles(after, { externalData: { location: 'weights.bin', threshold: 256 } });
  const externalData = [{ path: 'weights.bin', data: Buffer.concat([...split.external.chunks()]) }];
  const sides = [
    { what: 'original', bytes: before, options: {} },
    { what: 'original, not optimized or packed on load', bytes: before, options: PLAIN },
    { what: 'result', bytes, options: {} },
    { what: 'result, not optimized or packed on load', bytes, options: PLAIN },
    { what: 'the same, weights in a file beside it', bytes: split.model, options: { ...PLAIN, externalData } },
  ].map((side) => ({ ...side, times: [] }));
  for (let round = 0; round < 14; round++) {
    for (const side of round % 2 ? sides.toReversed() : sides) {
      const start = performance.now();
      const session = await InferenceSession.create(side.bytes, { executionProviders: ['wasm'], ...side.options });
      side.times.push(performance.now() - start);
      await session.release();
    }
  }
  return sides.map(({ what, times }) => ({ what, ms: times.slice(2).sort((x, y) => x - y)[6] }));
}

export async function benchFusion(say) {
  return withSource(async (load) => {
    const { nodeRuntime } = await load('/src/runtime/node.ts');
    const { silentJob } = await load('/src/base/job.ts');
    const { nodePort } = await load('/src/engine/node.ts');
    const { obtainFacts } = await load('/src/engine/facts.ts');
    const { encoder } = await load('/src/samples/encoder.ts');
    const { readModel } = await load('/src/onnx/read.ts');
    const port = nodePort();
    const whittle = {
      ...(await load('/src/bench/benchmark.ts')),
      ...(await load('/src/recipe/replay.ts')),
      ...(await load('/src/recipe/presets.ts')),
      ...(await load('/src/onnx/write.ts')),
      runtime: nodeRuntime(),
      job: silentJob(),
      obtain: (pass, context) => obtainFacts(pass, context, port, silentJob()),
    };
    const read = (path) => readModel(new Uint8Array(readFileSync(join(shared, path)))).model;
    const run = async (files) => {
      const rows = [];
      for (const [path, shapes] of files) {
        if (!existsSync(join(shared, path))) continue;
        rows.push(await measure(whittle, basename(path), read(path), shapes));
        printRow(rows.at(-1), say);
      }
      return rows;
    };
    const cnns = await run(CNNS.map((path) => [path, {}]));
    const transformers = await run(Object.entries(TRANSFORMERS));
    const large = encoder({ width: 256, heads: 4, layers: 4, length: 128 });
    transformers.push(await measure(whittle, 'sample encoder, 256 wide, 4 layers, 128 tokens', large, {}));
    printRow(transformers.at(-1), say);
    const others = await run(Object.entries(OTHERS));
    const start = existsSync(join(shared, CNNS[0])) ? await measureStart(whittle, read(CNNS[0])) : null;
    return {
      cnns,
      transformers,
      others,
      start,
      means: { cnns: geometric(cnns), transformers: geometric(transformers) },
    };
  });
}

function printRow({ model, nodes, levels, ms, ratio, interval }, say) {
  const range = interval.map((each) => each.toFixed(3)).join(' to ');
  const times = `${ms[0].toFixed(2)} → ${ms[1].toFixed(2)} ms`;
  say(
    `fusion  ${model}: ${ratio.toFixed(3)}× (${range}), ${times}, ${nodes.join(' → ')} nodes, at ${levels.join(' and ')}`,
  );
}

export function printFusion({ means, start }, say) {
  say(
    `fusion  geometric means: convolutional networks ${means.cnns.toFixed(3)}×, transformers ${means.transformers.toFixed(3)}×`,
  );
  for (const { what, ms } of start ?? []) {
    say(`fusion  a session of MobileNetV2, ${what}: ${ms.toFixed(1)} ms, ${(start[0].ms / ms).toFixed(2)}×`);
  }
}
