// Every clean-up and fusion pass to the fixed point, as a preset would run them: how long it takes, and that it grows with
// the number of nodes and no faster. The runtime computes constants; the rest is this process.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSource } from './source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');
const FILES = [
  'scale/easy-1000.onnx',
  'scale/easy-5000.onnx',
  'scale/easy-20000.onnx',
  'real/models/decoder/gpt2_past.onnx',
];
const ROUNDS = 5;

export async function benchPasses() {
  return withSource(async (load) => {
    const { PASSES } = await load('/src/passes/index.ts');
    const { replay } = await load('/src/recipe/replay.ts');
    const { readModel } = await load('/src/onnx/read.ts');
    const { analyze } = await load('/src/analysis/analyze.ts');
    const { nodePort } = await load('/src/engine/node.ts');
    const { obtainFacts } = await load('/src/engine/facts.ts');
    const { silentJob } = await load('/src/base/job.ts');
    const port = nodePort();
    const obtain = (pass, context) => obtainFacts(pass, context, port, silentJob());
    const swept = PASSES.filter(
      ({ group, id }) => (group === 'cleanup' || group === 'fusion') && id !== 'convert-opset',
    );
    const steps = swept.map(({ id }) => ({ pass: id, options: {}, sites: 'all' }));
    const recipe = { whittle: 1, backend: 'wasm', untilStable: true, steps };
    const rows = [];
    for (const path of FILES.filter((each) => existsSync(join(shared, each)))) {
      const { model } = readModel(new Uint8Array(readFileSync(join(shared, path))));
      const analysis = analyze(model);
      const times = [];
      let last = model;
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        for await (const outcome of replay(model, recipe, { analysis, obtain })) last = outcome.model;
        times.push(performance.now() - start);
      }
      const ms = times.slice(1).sort((a, b) => a - b)[Math.floor((ROUNDS - 1) / 2)];
      rows.push({ model: basename(path), nodes: model.nodes.size, after: last.nodes.size, passes: swept.length, ms });
    }
    return rows;
  });
}

export function printPasses(rows, say) {
  for (const { model, nodes, after, passes, ms } of rows) {
    const each = ((1000 * ms) / nodes).toFixed(0);
    say(`passes  ${model}: ${passes} passes, ${nodes} → ${after} nodes, ${ms.toFixed(0)} ms, ${each} µs a node`);
  }
}
