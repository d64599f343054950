import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { readModel, readTensorProto } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import type { Feeds, HostTensor, OptimizationLevel } from '../runtime/types.ts';
import { conformanceCases, type ConformanceCase } from '../testing/conformance.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { obtain } from '../testing/passes.ts';
import { haveShared } from '../testing/shared.ts';
import { presetRecipe } from './presets.ts';
import { replay } from './replay.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

/** Null where the runtime refuses the model or its inputs. */
async function run(model: Uint8Array, feeds: Feeds, level: OptimizationLevel): Promise<Outputs | null> {
  try {
    const session = await testRuntime().createSession(model, { backend: 'wasm', level, threads: 1 }, silentJob());
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  } catch {
    return null;
  }
}

/** Inputs that are no tensors are left out; the runtime then refuses the case. */
function feedsOf({ inputs }: ConformanceCase, model: Model): Feeds {
  const feeds: Record<string, HostTensor> = {};
  const names = model.graph.inputs.map((id) => model.getValue(id).name);
  inputs.forEach((bytes, i) => {
    try {
      const { name, tensor } = readTensorProto(bytes);
      const data =
        tensor.dtype === 'string' ? tensor.strings().map((each) => new TextDecoder().decode(each)) : tensor.read();
      feeds[name || (names[i] ?? '')] = { dtype: tensor.dtype, shape: tensor.shape, data };
    } catch {
      // A sequence or an optional.
    }
  });
  return feeds;
}

async function after(model: Model, preset: string): Promise<Model> {
  let last = model;
  for await (const outcome of replay(model, presetRecipe(preset), { obtain })) {
    expect(outcome.error, outcome.step.pass).toBeNull();
    last = outcome.model;
  }
  return last;
}

/** The largest difference relative to max|y|; Infinity for another shape, type, text or NaN. */
function distance(a: HostTensor, b: HostTensor | undefined): number {
  if (!b || a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Infinity;
  if (!ArrayBuffer.isView(a.data)) return JSON.stringify(a.data) === JSON.stringify(b.data) ? 0 : Infinity;
  const [x, y] = [a.data, b.data].map((data) => Array.from(data as unknown as ArrayLike<number | bigint>, Number));
  let [most, difference] = [1e-6, 0];
  x!.forEach((value, i) => {
    const other = y![i] ?? NaN;
    if (Object.is(value, other) || value === other) return;
    if (!Number.isFinite(value) || !Number.isFinite(other)) difference = Infinity;
    most = Math.max(most, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - other));
  });
  return difference / most;
}

const worst = (a: Outputs, b: Outputs | null): number =>
  b === null ? Infinity : Math.max(0, ...Object.entries(a).map(([name, tensor]) => distance(tensor, b[name])));

const HALF = 1e-2;
const ORDER = 1e-4;

describe.skipIf(!haveShared())('presets on the conformance cases', () => {
  it('keep the outputs of every case that the runtime takes', { timeout: 600_000 }, async () => {
    const wrong: string[] = [];
    let [compared, changed] = [0, 0];
    for (const each of await conformanceCases()) {
      const { model } = readModel(each.model);
      const feeds = feedsOf(each, model);
      const reference = await run(each.model, feeds, 'disabled');
      if (!reference) continue;
      compared += 1;
      const half = [...model.values.values()].some(({ type }) => type?.kind === 'tensor' && /16$/.test(type.dtype));
      const allowed = half ? HALF : ORDER;
      for (const preset of ['clean', 'wasm']) {
        const result = await after(model, preset);
        if (result === model) continue;
        changed += 1;
        const bytes = writeModel(result);
        if (worst(reference, await run(bytes, feeds, 'disabled')) > (preset === 'clean' ? 0 : allowed)) {
          wrong.push(`${each.name}: ${preset} at disabled`);
        }
        if (worst(reference, await run(bytes, feeds, 'all')) <= allowed) continue;
        // The runtime's own optimizer has faults of its own.
        const own = await run(each.model, feeds, 'all');
        if (own && worst(own, await run(bytes, feeds, 'all')) > allowed) wrong.push(`${each.name}: ${preset} at all`);
      }
    }
    console.log(`Conformance: ${compared} cases compared, ${changed} results of presets that differ in structure.`);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(700);
    expect(changed).toBeGreaterThan(50);
  });
});
