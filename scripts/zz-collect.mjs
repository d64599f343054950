import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { withSource } from './source.mjs';
import { realModels } from './real-models.mjs';
const wanted = process.argv.slice(2);
await withSource(async (load) => {
  const { nodeRuntime } = await load('/src/runtime/node.ts');
  const { rehearse } = await load('/src/bench/rehearse.ts');
  const { silentJob } = await load('/src/base/job.ts');
  const runtime = nodeRuntime();
  const settings = { backend: 'wasm', level: 'all', threads: 1 };
  const job = silentJob();
  for (const file of realModels().filter((f) => wanted.some((w) => basename(f) === w + '.onnx'))) {
    const bytes = new Uint8Array(readFileSync(file));
    const feeds = await rehearse(runtime, bytes, settings, {}, job);
    const out = [];
    for (let pair = 0; pair < 6; pair++) {
      const s = [];
      const starts = [];
      for (let i = 0; i < 2; i++) {
        const t = performance.now();
        s.push(await runtime.createSession(bytes, settings, job));
        starts.push(performance.now() - t);
      }
      const t0 = performance.now();
      const warm = [[], []];
      const time = async (k, n) => {
        const t = performance.now();
        for (let i = 0; i < n; i++) await s[k].run(feeds);
        return (performance.now() - t) / n;
      };
      while (performance.now() - t0 < 2000 && warm[0].length < 60)
        for (const k of [0, 1]) warm[k].push(await time(k, 1));
      const ms = Math.min(...warm[0]);
      const n = ms < 1 ? Math.ceil(20 / ms) : 1;
      const x = [[], []];
      const t1 = performance.now();
      let flip = false;
      let p = 0;
      while (performance.now() - t1 < 6000 && p < 120) {
        flip = p % 2 === 0 ? Math.random() < 0.5 : !flip;
        for (const k of flip ? [1, 0] : [0, 1]) x[k].push(await time(k, n));
        p++;
      }
      out.push({ starts, warm, x, n });
      for (const each of s) await each.release();
      const md = (v) => [...v].sort((a, b) => a - b)[v.length >> 1];
      console.log(
        basename(file),
        pair,
        x[0].length,
        md(x[0]).toFixed(3),
        (md(x[0]) / md(x[1])).toFixed(4),
        'min',
        (Math.min(...x[0]) / Math.min(...x[1])).toFixed(4),
        'n',
        n,
      );
    }
    writeFileSync(`/tmp/aa/${basename(file)}.json`, JSON.stringify(out));
  }
});
