import { silentJob } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import type { OptimizationLevel, Runtime } from '../runtime/types.ts';
import { verifyModels } from '../verify/verify.ts';

const ULP = 2 ** -23;
const JITTERS = 4;

/** A copy whose float32 constants are moved by at most one last bit, up or down. */
function jittered(model: Model, seed: number): Model {
  const copy = model.clone();
  const random = seeded(seed);
  for (const [value, tensor] of copy.graph.initializers) {
    if (tensor.dtype !== 'float32') continue;
    const moved = Float32Array.from(tensor.numbers(), (x) => x * (1 + ULP * (Math.floor(random() * 3) - 1)));
    copy.setInitializer(value, floats(tensor.shape, moved));
  }
  return copy;
}

/**
 * How far a model parts from itself, relative to max|y|, by output: at the given levels of the runtime, and with its
 * constants moved by one last bit. A backward stable rewrite is the original with data so moved; where that alone
 * exceeds a tolerance (the tail of a GELU, the norm of equal values, a rounding to float16), the graph is ill-conditioned.
 */
export async function ownNoise(
  runtime: Runtime,
  model: Model,
  levels: readonly OptimizationLevel[],
): Promise<ReadonlyMap<string, number>> {
  const bytes = writeModel(model);
  const noise = new Map<string, number>();
  const compare = async (other: Uint8Array, at: readonly OptimizationLevel[]): Promise<void> => {
    const request = { class: 'approximation', seeds: 1, backends: ['wasm'], levels: at, threads: 1 } as const;
    const { outputs } = await verifyModels({ wasm: runtime }, bytes, other, request, silentJob());
    for (const { name, maxRel } of outputs) noise.set(name, Math.max(noise.get(name) ?? 0, maxRel));
  };
  await compare(bytes, levels);
  for (let seed = 1; seed <= JITTERS; seed++) await compare(writeModel(jittered(model, seed)), ['disabled']);
  return noise;
}
