// Profiles of the real models: how much of a run lies in nodes, and how much of the kernels' time could be laid onto
// them. WASM, one thread, as the runtime loads them. And the ceilings of this device, three times over.
import { basename } from 'node:path';
import { realModels } from './real-models.mjs';
import { withSource } from './source.mjs';

const REQUEST = { backend: 'wasm', level: 'all', threads: 1, runs: 20, budgetMs: 15_000 };
const percent = (share) => `${(100 * share).toFixed(1)} %`;

async function profiled({ openStudio, job }, file) {
  const { studio } = await openStudio(file, job);
  const view = await studio.profile({ side: 0, request: REQUEST }, job);
  const counts = { inside: 0, 'on-load': 0, untold: 0 };
  for (const { timeless } of view.rows) if (timeless) counts[timeless.kind] += 1;
  const timed = view.rows.filter(({ ms }) => ms !== null).length;
  const { ms, kernelsMs, mapped } = view;
  return { model: basename(file, '.onnx'), ms, inNodes: (mapped * kernelsMs) / ms, mapped, timed, ...counts };
}

/** `files`: in place of the real models. */
export async function benchProfile(files, say) {
  return withSource(async (load) => {
    const whittle = { ...(await load('/src/cli/studio.ts')), job: (await load('/src/base/job.ts')).silentJob() };
    const { measureRoofline } = await load('/src/engine/profile/roofline.ts');
    const { nodePort } = await load('/src/engine/node.ts');
    const rows = [];
    for (const file of files.length > 0 ? files : realModels()) {
      const row = await profiled(whittle, file);
      rows.push(row);
      say(
        `profile  ${row.model}: ${row.ms.toFixed(2)} ms, ${percent(row.inNodes)} of it in nodes, ${percent(row.mapped)} of kernel time told; ${row.timed} nodes timed, ${row.inside} inside of others, ${row['on-load']} on loading, ${row.untold} untold`,
      );
    }
    const ceilings = [];
    for (let i = 0; i < 3; i++) {
      const found = await measureRoofline(REQUEST, nodePort(), whittle.job);
      ceilings.push(found);
      const { peakGflops, bandwidthGbs, dispatchUs, kernelUs } = found;
      say(
        `profile  device: ${peakGflops.toFixed(1)} GFLOP/s, ${bandwidthGbs.toFixed(2)} GB/s, ${dispatchUs.toFixed(2)} µs a node, ${kernelUs.toFixed(2)} µs under the profile`,
      );
    }
    return { rows, ceilings };
  });
}
