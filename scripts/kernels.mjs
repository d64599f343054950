// What kernels the pinned runtime has for what fusions make, and whether they are right: each one alone in a model, on
// WASM in this process and on WebGPU in Chromium, against plain operators on WASM. Writes src/ops/kernels.json, which the
// passes read: `node scripts/kernels.mjs`, after a new version of the runtime. `--check` writes nothing and fails where the
// table would change.
import { createServer as createHttp } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';
import { withSource } from './source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const runtimeFolder = join(root, 'node_modules', 'onnxruntime-web');
const target = join(root, 'src', 'ops', 'kernels.json');
const TYPES = { '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

/** Serves the runtime's own bundles, and an empty page to load them in. */
function serveRuntime() {
  const server = createHttp((request, response) => {
    const name = (request.url ?? '/').split('?')[0];
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Content-Type', TYPES[extname(name)] ?? 'text/html');
    if (/^\/[\w.-]+\.(mjs|wasm)$/.test(name)) response.end(readFileSync(join(runtimeFolder, 'dist', name.slice(1))));
    else response.end('<!doctype html><title>kernels</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** In the page: outputs as lists of numbers, or null where the runtime refuses the model. */
async function runInPage({ bytes, feeds, cpu, bundle }) {
  const ort = (globalThis.ort ??= await import(bundle));
  ort.env.wasm.wasmPaths = '/';
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  const given = Object.fromEntries(
    feeds.map(({ name, shape, data }) => [name, new ort.Tensor('float32', Float32Array.from(data), shape)]),
  );
  try {
    const session = await ort.InferenceSession.create(
      Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0)),
      {
        executionProviders: ['webgpu'],
        graphOptimizationLevel: 'disabled',
        logSeverityLevel: 4,
        extra: cpu ? {} : { session: { disable_cpu_ep_fallback: '1' } },
      },
    );
    const results = await session.run(given);
    const out = session.outputNames.map((name) => Array.from(results[name].data, Number));
    await session.release();
    return out;
  } catch {
    return null;
  }
}

async function probeWebgpu({ KERNEL_PROBES, probeCase, verdictOf, runOnWasm }, runtime) {
  const server = await serveRuntime();
  const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: CHROMIUM_FLAGS });
  const found = new Map();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const run = ({ bytes, feeds }, cpu) =>
      page.evaluate(runInPage, {
        bytes: Buffer.from(bytes).toString('base64'),
        feeds,
        cpu,
        bundle: '/ort.webgpu.min.mjs',
      });
    for (const probe of KERNEL_PROBES) {
      const expected = await runOnWasm(runtime, probeCase(probe, 'plain', 'float32'));
      const fused = probeCase(probe, 'fused', 'float32');
      const alone = await run(fused, false);
      const verdict = alone === null ? verdictOf(await run(fused, true), expected, 'float32') : null;
      found.set(
        probe.key,
        verdict === null ? verdictOf(alone, expected, 'float32') : verdict === 'none' ? 'none' : 'cpu',
      );
      console.log(`${probe.key}: ${found.get(probe.key)} on WebGPU`);
    }
  } finally {
    await browser.close();
    server.close();
  }
  return found;
}

await withSource(async (load) => {
  const probes = await load('/src/testing/kernel-probes.ts');
  const verdicts = await load('/src/testing/kernel-verdict.ts');
  const { nodeRuntime } = await load('/src/runtime/node.ts');
  const runtime = nodeRuntime();
  const wasm = await verdicts.probeWasm(runtime, 'float32');
  const half = await verdicts.probeWasm(runtime, 'float16');
  const webgpu = await probeWebgpu({ ...probes, ...verdicts }, runtime);
  const { version } = JSON.parse(readFileSync(join(runtimeFolder, 'package.json'), 'utf8'));
  const kernels = Object.fromEntries(
    [...wasm.keys()].map((key) => [
      key,
      { wasm: wasm.get(key), 'wasm float16': half.get(key), webgpu: webgpu.get(key) },
    ]),
  );
  const text = `${JSON.stringify({ runtime: version, kernels }, null, 2)}\n`;
  const differs = readFileSync(target, 'utf8') !== text;
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  console.log(
    `${Object.keys(kernels).length} kernels of ONNX Runtime Web ${version}${differs ? ', changed' : ', unchanged'}`,
  );
  process.exitCode = process.argv.includes('--check') && differs ? 1 : 0;
});
