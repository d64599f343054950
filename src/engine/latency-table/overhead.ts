import type { Job } from '../../base/job.ts';
import { median } from '../../bench/statistics.ts';
import type { BenchRequest } from '../../bench/types.ts';
import { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { tensorType } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import { estimate } from './estimate.ts';
import type { TableOverhead } from './types.ts';

const SHORT = 4;
const LONG = 64;
/** Times that both chains are timed. */
const TAKEN = 3;
/** Measurements beside these. */
const TRACED = 3;
/** Elements of an input and output that is large enough for its copy to be seen. */
const LARGE = 1 << 20;

/**
 * What a run costs beside its kernels: two chains of tiny kernels tell the cost of a run and of a kernel, a large input
 * and output that of a byte. Kernels' own times come from a profile, and keeping one adds to each: what a kernel costs in
 * a plain run less what the profile says of it may be below 0.
 */
export async function measureOverhead(
  common: Pick<BenchRequest, 'backend' | 'threads' | 'budgetMs'>,
  port: RuntimePort,
  job: Job,
): Promise<TableOverhead> {
  const request: BenchRequest = { ...common, level: 'all', runs: 60, looks: false };
  let done = 0;
  // How far each of them is would be taken for how far all are.
  const next = (): Job => {
    job.progress({ stage: 'Measuring what a run costs', done: done++, total: TAKEN + TRACED });
    return { ...job, progress: () => {} };
  };
  let short = Infinity;
  let long = Infinity;
  // A runtime that has just started is slow for a while: the first of these mostly warms it up.
  for (let taken = 0; taken < TAKEN; taken++) {
    const { a, b } = await port.bench(chain(SHORT, 1), chain(LONG, 1), request, next());
    short = Math.min(short, a.min);
    long = Math.min(long, b?.min ?? Infinity);
  }
  const { kernels, samples } = await port.kernels(chain(LONG, 1), { ...request, runs: 200 }, next());
  const kernel = kernels.length > 0 ? median(samples.map((each) => estimate(each).ms)) : 0;
  const slope = Math.max(0, (long - short) / (LONG - SHORT));
  const node = slope - kernel;
  const run = Math.max(0, short - SHORT * slope);
  const { a: large } = await port.bench(chain(1, LARGE), null, request, next());
  const traced = await port.kernels(chain(1, LARGE), { ...request, runs: 40 }, next());
  const own = traced.samples.reduce((sum, each) => sum + estimate(each).ms, 0);
  const byte = Math.max(0, (large.min - own - node - run) / (2 * 4 * LARGE));
  return { node, run, byte };
}

/** `length` additions of 1 to `size` float32 elements, which nothing fuses. */
function chain(length: number, size: number): Parcel {
  const model = new Model();
  model.opsetImports.set('', 13);
  const graph = model.addGraph('overhead');
  const type = tensorType('float32', [size]);
  let value = model.addValue(graph, 'x', type).id;
  graph.inputs.push(value);
  const one = model.addInitializer(graph, 'one', floats([], [1])).id;
  for (let place = 0; place < length; place++) {
    const node = model.addNode(graph, {
      opType: 'Add',
      name: `add#${place}`,
      inputs: [value, one],
      outputs: [`y${place}`],
    });
    value = node.outputs[0] ?? value;
    model.getValue(value).type = type;
  }
  graph.outputs.push(value);
  return { name: 'overhead.onnx', bytes: writeModel(model) };
}
