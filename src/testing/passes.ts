import { silentJob } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { tensorFromBytes, type Tensor } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { evaluateConstants } from '../rewrite/constants.ts';
import type { Findings, Pass } from '../rewrite/pass.ts';
import { noFacts } from '../rewrite/facts.ts';
import { findSites, runPass, type ObtainFacts, type PassResult, type RunSettings } from '../rewrite/run.ts';
import { testRuntime } from './equivalent.ts';

async function evaluate(part: Model): Promise<Map<string, Tensor>> {
  const session = await testRuntime().createSession(
    writeModel(part),
    { backend: 'wasm', level: 'disabled', threads: 1 },
    silentJob(),
  );
  try {
    const results = new Map<string, Tensor>();
    for (const [name, { dtype, shape, data }] of Object.entries(await session.run({}))) {
      if (!ArrayBuffer.isView(data)) continue;
      results.set(name, tensorFromBytes(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
    }
    return results;
  } finally {
    await session.release();
  }
}

/** Facts from the real runtime. */
export const obtain: ObtainFacts = async (pass, context) => ({
  ...noFacts,
  constants: await evaluateConstants(context.model, pass.requests?.(context) ?? [], evaluate),
});

/** A pass run over a copy, with the real runtime behind it. */
export async function afterPass(
  model: Model,
  pass: Pass,
  settings: Partial<RunSettings> = {},
): Promise<{ model: Model; result: PassResult }> {
  const copy = model.clone();
  const result = await runPass(copy, pass, { backend: 'wasm', obtain, ...settings });
  return { model: copy, result };
}

/** What a pass finds. */
export const sitesOf = (model: Model, pass: Pass, settings: Partial<RunSettings> = {}): Promise<Findings> =>
  findSites(model, pass, { backend: 'wasm', obtain, ...settings });

/** Operators of the main graph and the graphs inside it, counted: `{ Conv: 2, 'com.microsoft.FusedConv': 1 }`. */
export function countOps(model: Model): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of model.nodes.values()) {
    const name = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
