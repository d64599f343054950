import { expect } from 'vitest';
import { silentJob } from '../base/job.ts';
import { decompose } from '../grad/decompose/decompose.ts';
import type { DecomposeReport } from '../grad/decompose/report.ts';
import type { Model } from '../ir/model.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { writeModel } from '../onnx/write.ts';
import { makeFeeds, type FeedKind, type FeedPlan } from '../runtime/feeds.ts';
import type { Feeds, HostTensor, RuntimeSession } from '../runtime/types.ts';
import { compareTensors } from '../verify/compare.ts';
import { testRuntime } from './equivalent.ts';

/** Largest |a − b| against the largest |a| of an output. */
const TOLERANCE = 1e-5;

const KINDS: readonly FeedKind[] = ['normal', 'unit', 'negative', 'zeros'];

/** What a decomposition may write. */
const PRIMITIVES = new Set(
  'Add Sub Mul Div Neg Sqrt Exp Log Erf Tanh Sigmoid Pow Reciprocal Floor Max Min Where Cast Greater GreaterOrEqual Less LessOrEqual Equal And Or Not MatMul Gemm Conv Transpose Reshape Slice Concat Split Gather Expand Squeeze Unsqueeze ReduceSum ReduceMean ReduceMax Softmax Clip LeakyRelu Relu Pad Trilu Identity'.split(
    ' ',
  ),
);

export interface DecomposedOptions {
  /** How many of those nodes that are known stay; default none. */
  readonly left?: number;
  readonly tolerance?: number;
  /** Given inputs instead of made ones. */
  readonly feeds?: readonly Feeds[];
  readonly plan?: Partial<FeedPlan>;
  readonly kinds?: readonly FeedKind[];
  /** What the result is held against, where the runtime has no kernel for the operator; same inputs and outputs. */
  readonly reference?: Model;
}

export interface Decomposed {
  readonly model: Model;
  readonly report: DecomposeReport;
}

/**
 * Writes out what a copy of the model holds and runs both: the results are equal, values and weights are those of the
 * original, and nothing but primitive operators was added.
 */
export async function expectDecomposed(before: Model, options: DecomposedOptions = {}): Promise<Decomposed> {
  const after = before.clone();
  const report = decompose(after);
  expect(report.left.map(({ opType, reason }) => `${opType}: ${reason}`)).toHaveLength(options.left ?? 0);
  expect(report.replaced.length).toBeGreaterThan(0);
  verifyModel(after);
  expectKept(before, after);
  await expectSameResults(options.reference ?? before, after, options);
  return { model: after, report };
}

/** Inputs, outputs and weights keep their ids; new operators are primitive, and all of them are used. */
function expectKept(before: Model, after: Model): void {
  expect(after.graph.inputs).toEqual(before.graph.inputs);
  expect(after.graph.outputs).toEqual(before.graph.outputs);
  for (const id of after.graph.outputs) expect(after.getValue(id).name).toBe(before.getValue(id).name);
  for (const [id, tensor] of before.graph.initializers) expect(after.graph.initializers.get(id)).toBe(tensor);
  for (const [id] of after.graph.initializers) {
    if (!before.graph.initializers.has(id)) expect(after.isUsed(id)).toBe(true);
  }
  const added = [...after.graph.nodes].filter((id) => !before.nodes.has(id)).map((id) => after.getNode(id));
  for (const node of added) {
    expect(PRIMITIVES, `${node.domain} ${node.opType}`).toContain(node.opType);
    expect(node.outputs.some((output) => output !== null && after.isUsed(output))).toBe(true);
  }
}

async function sessionOf(model: Model): Promise<RuntimeSession> {
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  return testRuntime().createSession(writeModel(model), settings, silentJob());
}

async function expectSameResults(before: Model, after: Model, options: DecomposedOptions): Promise<void> {
  const [original, result] = [await sessionOf(before), await sessionOf(after)];
  try {
    const plan: FeedPlan = { sizes: {}, shapes: {}, limits: {}, ...options.plan };
    const made = (options.kinds ?? KINDS).map((kind, index) => makeFeeds(original.inputs, kind, index + 1, plan));
    let informative = false;
    for (const feeds of options.feeds ?? made) {
      const [want, have] = [await original.run(feeds), await result.run(feeds)];
      for (const { name } of original.outputs) {
        expectClose(name, want[name]!, have[name], options.tolerance ?? TOLERANCE);
        informative = varies(want[name]!) || informative;
      }
    }
    expect(informative, 'an output that is not constant').toBe(true);
  } finally {
    await original.release();
    await result.release();
  }
}

function expectClose(name: string, want: HostTensor, have: HostTensor | undefined, tolerance: number): void {
  const difference = compareTensors(want, have);
  expect(difference.mismatch, name).toBeNull();
  expect(difference.newNaN, name).toBe(false);
  const allowed = tolerance * difference.scale;
  if (!difference.equal)
    expect(difference.maxAbs, `${name}, of at most ${difference.scale}`).toBeLessThanOrEqual(allowed);
}

function varies({ data }: HostTensor): boolean {
  if (!ArrayBuffer.isView(data)) return false;
  const values = Array.from(data as Float32Array);
  return values.some((each) => each !== values[0]);
}
