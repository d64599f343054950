import { defined } from '../../base/assert.ts';
import { ELEMENT_ARRAYS } from '../../base/element-arrays.ts';
import { silentJob } from '../../base/job.ts';
import type { HostTensor, OptimizationLevel } from '../../runtime/types.ts';
import { testRuntime } from '../equivalent.ts';
import type { RefFeeds } from './evaluate.ts';
import { refTensor, type RefTensor } from './tensor.ts';

/** Runs a model once on ONNX Runtime's WASM; `feeds` may hold more than it takes. */
export async function runOnRuntime(
  model: Uint8Array,
  feeds: RefFeeds,
  level: OptimizationLevel,
): Promise<Map<string, RefTensor>> {
  const session = await testRuntime().createSession(model, { backend: 'wasm', level, threads: 1 }, silentJob());
  try {
    const taken = session.inputs.map(({ name }) => [name, hostTensor(defined(feeds[name], name))] as const);
    const outputs = await session.run(Object.fromEntries(taken));
    return new Map(Object.entries(outputs).map(([name, tensor]) => [name, fromHost(tensor)]));
  } finally {
    await session.release();
  }
}

function hostTensor({ dtype, shape, data }: RefTensor): HostTensor {
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(data, (each) => BigInt(each)) };
  return { dtype, shape, data: ELEMENT_ARRAYS[dtype as 'float32'].from(data) };
}

const fromHost = ({ dtype, shape, data }: HostTensor): RefTensor =>
  refTensor(dtype, shape, Float64Array.from(data as unknown as ArrayLike<number | bigint>, Number));
