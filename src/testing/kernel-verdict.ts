import { normal, seeded } from '../base/random.ts';
import { silentJob } from '../base/job.ts';
import { floats } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import { fnv1a } from '../rewrite/hash.ts';
import type { Feeds, Runtime } from '../runtime/types.ts';
import type { KernelVerdict } from '../ops/kernels.ts';
import { KERNEL_PROBES, probeModel, type KernelProbe, type ProbedType } from './kernel-probes.ts';

/** Numbers of the outputs in order; null: the runtime refuses the model. */
export type ProbeResult = readonly (readonly number[])[] | null;

/** A model that is ready to run, with its inputs. */
export interface ProbeCase {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly feeds: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: readonly number[];
  }[];
}

/** float16 has 11 bits; the fused kernel rounds at other places than its parts. */
const TOLERANCE: Readonly<Record<ProbedType, number>> = { float32: 2e-5, float16: 2e-2 };

/** The probed kernel, or the same arithmetic in plain operators. */
export function probeCase(probe: KernelProbe, side: 'fused' | 'plain', dtype: ProbedType): ProbeCase {
  const model = probeModel(probe, side, dtype);
  const feeds = model.graph.inputs.map((input) => {
    const { name, type } = model.getValue(input);
    const shape = type?.kind === 'tensor' ? (type.shape ?? []).map(Number) : [];
    const random = normal(seeded(Number.parseInt(fnv1a(name), 16)));
    return { name, shape, data: Array.from({ length: sizeOf(shape) }, () => Math.fround(random())) };
  });
  return { key: probe.key, bytes: writeModel(model), feeds };
}

export async function runOnWasm(runtime: Runtime, { bytes, feeds }: ProbeCase): Promise<ProbeResult> {
  const given: Feeds = Object.fromEntries(
    feeds.map(
      ({ name, shape, data }) => [name, { dtype: 'float32', shape, data: floats(shape, data).read() }] as const,
    ),
  ) as Feeds;
  try {
    const session = await runtime.createSession(bytes, { backend: 'wasm', level: 'disabled', threads: 1 }, silentJob());
    const results = await session.run(given);
    await session.release();
    return Object.values(results).map(({ data }) => Array.from(data as Float32Array, Number));
  } catch {
    return null;
  }
}

/** @param expected what the plain operators give on WASM */
export function verdictOf(got: ProbeResult, expected: ProbeResult, dtype: ProbedType): KernelVerdict {
  if (expected === null) throw new Error('The plain side of a probe does not run.');
  if (got === null) return 'none';
  const right = expected.every((numbers, i) => {
    const most = numbers.reduce((max, each) => Math.max(max, Math.abs(each)), 1e-6);
    const other = got[i] ?? [];
    return (
      other.length === numbers.length &&
      numbers.every((each, j) => Math.abs(each - (other[j] ?? NaN)) <= TOLERANCE[dtype] * most)
    );
  });
  return right ? 'right' : 'wrong';
}

/** Each probe on WASM in one element type, by key. */
export async function probeWasm(runtime: Runtime, dtype: ProbedType): Promise<Map<string, KernelVerdict>> {
  const found = new Map<string, KernelVerdict>();
  for (const probe of KERNEL_PROBES) {
    const expected = await runOnWasm(runtime, probeCase(probe, 'plain', 'float32'));
    const got = await runOnWasm(runtime, probeCase(probe, 'fused', dtype));
    found.set(probe.key, verdictOf(got, expected, dtype));
  }
  return found;
}
