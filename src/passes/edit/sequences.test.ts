import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { bodyNodes } from '../../rewrite/graphs.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { testRuntime } from '../../testing/equivalent.ts';
import { namesOf } from '../../testing/edits.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import type { ValueId } from '../../ir/types.ts';
import { silentJob } from '../../base/job.ts';
import { makeFeeds } from '../../runtime/feeds.ts';
import { passById } from '../index.ts';
import { bodyValues } from './targets.ts';

/** Unary and binary nodes over values that all are [N, 4], shared weights, and an If whose branches capture. */
function randomModel(picks: readonly number[]): Model {
  return buildModel({}, (g) => {
    const values: ValueId[] = [g.input('x', ['N', 4]), g.input('side', ['N', 4])];
    const weights = [g.weight('w0', [4]), g.weight('w1', [4, 4])];
    const flag = g.input('flag', [], 'bool');
    const of = <T>(items: readonly T[], pick: number): T => items[pick % items.length]!;
    for (const pick of picks) {
      const a = of(values, pick >> 3);
      const b = of(values, pick >> 6);
      const branch = (opType: string) => (inner: GraphBuilder) =>
        inner.output(inner.op(opType, [a, b]), `${opType}_${pick}`, { shape: ['N', 4] });
      const make = [
        () => g.op('Relu', [a]),
        () => g.op('Identity', [a]),
        () => g.op('Add', [a, b]),
        () => g.op('Mul', [a, weights[0]!]),
        () => g.op('MatMul', [a, weights[1]!]),
        () => g.op('LeakyRelu', [a], { alpha: 0.5 }),
        () => g.op('If', [flag], { then_branch: branch('Sub'), else_branch: branch('Mul') }),
      ];
      values.push(of(make, pick)());
    }
    g.output(values.at(-1)!, 'y', { shape: ['N', 4] });
  });
}

/** Options that name something that is there, chosen by a number. */
const OPTIONS: Readonly<Record<string, (model: Model, pick: number, step: number) => JsonObject>> = {
  rename: (model, pick, step) =>
    pick % 2 === 0
      ? { kind: 'value', from: at([...bodyValues(model)], pick).name, to: `value${step}` }
      : { kind: 'node', from: at([...bodyNodes(model)], pick).name, to: `node${step}` },
  'delete-nodes': (model, pick) => ({ nodes: [nodeName(model, pick), nodeName(model, pick >> 4)] }),
  'add-output': (model, pick) => ({ value: at([...bodyValues(model)], pick).name }),
  'remove-output': (model, pick) => ({ output: at(namesOf(model, 'outputs'), pick) }),
  'remove-input': (model, pick) => ({ input: at(namesOf(model, 'inputs'), pick), value: pick % 3 === 0 ? null : 1 }),
  'set-batch': (_, pick) => ({ batch: at(['2', '3', 'M', '?'], pick) }),
  'set-attribute': (model, pick) => ({ node: nodeName(model, pick), attribute: 'alpha', value: 0.25 }),
  'extract-subgraph': (model, pick) => ({ nodes: [nodeName(model, pick), nodeName(model, pick >> 4)] }),
};
const IDS = Object.keys(OPTIONS);

const at = <T>(items: readonly T[], pick: number): T => items[pick % items.length]!;
const nodeName = (model: Model, pick: number): string => at([...bodyNodes(model)], pick).name;

interface Run {
  readonly model: Model;
  readonly applied: number;
}

async function runSequence(start: Model, steps: readonly (readonly [number, number])[]): Promise<Run> {
  let [model, applied] = [start, 0];
  for (const [step, [which, pick]] of steps.entries()) {
    if (model.graph.nodes.size === 0 || model.graph.inputs.length === 0) break;
    const pass = passById(at(IDS, which));
    const options = OPTIONS[pass.id]!(model, pick, step);
    const { sites, refusals } = await sitesOf(model, pass, { options });
    // Either it is done, or there is a reason.
    expect(sites.length + refusals.length).toBe(1);
    if (sites.length === 0) continue;
    model = (await afterPass(model, pass, { options })).model;
    verifyModel(model);
    applied++;
  }
  return { model, applied };
}

/** Loads and runs the model, as the strictest of readers. */
async function runs(model: Model): Promise<void> {
  const session = await testRuntime().createSession(
    writeModel(model),
    { backend: 'wasm', level: 'disabled', threads: 1 },
    silentJob(),
  );
  try {
    const sizes = Object.fromEntries(
      ['N', 'M', ...session.inputs.map(({ name }) => `${name}[0]`)].map((key) => [key, 2]),
    );
    await session.run(makeFeeds(session.inputs, 'normal', 1, { sizes, shapes: {}, limits: {} }));
  } finally {
    await session.release();
  }
}

describe('hand edits one after the other', () => {
  it('keep the model valid, readable and fit to run, whatever they are', async () => {
    let [applied, tried] = [0, 0];
    const picks = fc.array(fc.nat(4096), { minLength: 3, maxLength: 10 });
    const steps = fc.array(fc.tuple(fc.nat(), fc.nat(4096)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(picks, steps, async (nodes, edits) => {
        const result = await runSequence(randomModel(nodes), edits);
        const { model: read } = readModel(writeModel(result.model));
        verifyModel(read);
        expect(namesOf(read, 'outputs')).toEqual(namesOf(result.model, 'outputs'));
        await runs(result.model);
        applied += result.applied;
        tried += edits.length;
      }),
      { seed: 5, numRuns: 120 },
    );
    expect(applied).toBeGreaterThan(100);
    expect(tried).toBeGreaterThan(applied);
  }, 60_000);
});
