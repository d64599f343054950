import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeKind } from '../base/changes.ts';
import { silentJob } from '../base/job.ts';
import { normal, seeded, type Random } from '../base/random.ts';
import { float } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { foldBatchNorm } from '../passes/fusion/fold-batch-norm.ts';
import { mergeParallelMatMuls } from '../passes/fusion/merge-parallel-matmuls.ts';
import { runPass } from '../rewrite/run.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { tinyModel } from '../testing/tiny.ts';
import { analyze } from './analyze.ts';
import { diffModels } from './graph-diff.ts';
import type { GraphDiff } from './graph-diff-types.ts';

const settings = { lineage: false, weightBudget: 1e9, job: silentJob() };
const diff = (a: Model, b: Model, options: Partial<typeof settings> = {}): Promise<GraphDiff> =>
  diffModels(analyze(a), analyze(b), { ...settings, ...options });

/** The model as another file: no id and no tensor is shared. */
const reread = (model: Model): Model => readModel(writeModel(model)).model;

function counts({ changes, same }: GraphDiff): Partial<Record<ChangeKind | 'same', number>> {
  const found: Partial<Record<ChangeKind | 'same', number>> = { same };
  for (const { kind } of changes) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

const UNARY = ['Relu', 'Sigmoid', 'LeakyRelu'];

/** Sizes of the numbers that the builder draws for its weights. */
function normals(count: number): number[] {
  const random = normal(seeded(3));
  return Array.from({ length: count }, () => Math.abs(random()));
}

/** A random graph of products with weights, activations, sums and outputs. */
function randomModel(random: Random, size: number): Model {
  return buildModel({ seed: Math.floor(random() * 1e6) }, (g) => {
    const values = [g.input('x', [1, 4])];
    const used = new Set<ValueId>();
    const pick = (): ValueId => {
      const value = values[values.length - 1 - Math.floor(random() ** 3 * values.length)]!;
      used.add(value);
      return value;
    };
    for (let i = 0; i < size; i++) values.push(randomNode(g, random, pick));
    for (const [i, value] of values.entries()) if (i > 0 && !used.has(value)) g.output(value);
  });
}

function randomNode(g: GraphBuilder, random: Random, pick: () => ValueId): ValueId {
  const kind = Math.floor(random() * 4);
  if (kind === 0) return g.op('MatMul', [pick(), g.weight('w', [4, 4])]);
  if (kind === 1) return g.op('Add', [pick(), pick()]);
  if (kind === 2) return g.op('LeakyRelu', [pick()], { alpha: float(0.1) });
  return g.op(UNARY[Math.floor(random() * 2)]!, [pick()]);
}

const neighbours = (model: Model, node: Node): NodeId[] => [
  ...node.inputs.flatMap((id) => (id === null ? [] : (model.getValue(id).producer?.node ?? []))),
  ...node.outputs.flatMap((id) => (id === null ? [] : model.getValue(id).uses.map((use) => use.node))),
];

/** What was done to a model; edits keep two nodes apart, since neighbours could be told in several ways. */
interface Edits {
  added: number;
  removed: number;
  changed: number;
  renamed: number;
}

function edit(model: Model, random: Random): Edits {
  const done: Edits = { added: 0, removed: 0, changed: 0, renamed: 0 };
  const blocked = new Set<NodeId>();
  const around = (node: Node): NodeId[] =>
    neighbours(model, node).flatMap((id) => [id, ...neighbours(model, model.getNode(id))]);
  for (const node of [...model.nodes.values()]) {
    const touched = [node.id, ...around(node)];
    if (random() < 0.6 || touched.some((id) => blocked.has(id))) continue;
    const what = apply(model, node, random);
    if (what === null) continue;
    done[what]++;
    for (const id of touched) blocked.add(id);
  }
  return done;
}

function apply(model: Model, node: Node, random: Random): keyof Edits | null {
  const [output] = node.outputs as ValueId[];
  const [use] = model.getValue(output!).uses;
  if (random() < 0.25) {
    node.name = `renamed_${node.id}`;
    return 'renamed';
  }
  if (node.opType === 'LeakyRelu' && random() < 0.5) {
    node.attributes.set('alpha', float(0.7));
    return 'changed';
  }
  if (UNARY.includes(node.opType) && !model.isGraphOutput(output!) && random() < 0.5) {
    model.replaceAllUses(output!, node.inputs[0]!);
    model.removeNode(node.id);
    return 'removed';
  }
  if (!use) return null;
  const negated = model.addNode(model.graph, {
    opType: 'Neg',
    name: `neg_${node.id}`,
    inputs: [output!],
    outputs: [`n${node.id}`],
  });
  model.setInput(model.getNode(use.node), use.index, negated.outputs[0]!);
  return 'added';
}

/** The nodes in another order that can run. */
function shuffle(model: Model, random: Random): void {
  const { nodes } = model.graph;
  const order = [...nodes].sort(() => random() - 0.5);
  nodes.clear();
  for (const id of order) nodes.add(id);
  model.sort();
}

describe('the difference between two models', () => {
  it('is none between a model and the same model read again, in whatever order its nodes lie', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), async (seed, size) => {
        const random = seeded(seed);
        const model = randomModel(random, size);
        const other = reread(model);
        shuffle(other, random);
        const found = await diff(model, other);
        expect(counts(found)).toEqual({ same: size });
        expect([found.ports, found.model, found.unreadBytes]).toEqual([[], [], 0]);
        expect(found.pairs).toHaveLength(2 * size);
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('is what was done: nodes renamed, moved, inserted, removed, an attribute changed', async () => {
    let edits = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 8, max: 70 }), async (seed, size) => {
        const random = seeded(seed);
        const model = randomModel(random, size);
        const copy = model.clone();
        const { added, removed, changed, renamed } = edit(copy, random);
        edits += added + removed + changed + renamed;
        const other = reread(copy);
        shuffle(other, random);
        const found = counts(await diff(model, other));
        expect({ added: 0, removed: 0, changed: 0, renamed: 0, ...found }).toEqual({
          added,
          removed,
          changed,
          renamed,
          same: size - removed - changed - renamed,
        });
      }),
      { seed: 12, numRuns: 80 },
    );
    expect(edits).toBeGreaterThan(200);
  });

  it('is mirrored when the models are swapped', async () => {
    const roles: Partial<Record<ChangeKind, ChangeKind>> = {
      added: 'removed',
      removed: 'added',
      fused: 'split',
      split: 'fused',
    };
    const keys = ({ changes }: GraphDiff, swapped: boolean): string[] =>
      changes
        .map(({ kind, before, after, what }) =>
          swapped
            ? JSON.stringify([roles[kind] ?? kind, after, before, what])
            : JSON.stringify([kind, before, after, what]),
        )
        .sort();
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = seeded(seed);
        const model = randomModel(random, 40);
        const copy = model.clone();
        edit(copy, random);
        const other = reread(copy);
        expect(keys(await diff(other, model), true)).toEqual(keys(await diff(model, other), false));
      }),
      { seed: 13, numRuns: 40 },
    );
  });

  it('names the attribute, the output shape and the weights that differ', async () => {
    const make = (stride: number, scale: number): Model =>
      buildModel({ seed: 3 }, (g) => {
        const x = g.input('x', [1, 3, 8, 8]);
        const y = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3], { scale })], { strides: [stride, stride] });
        g.output(g.op('Relu', [y]), 'y');
      });
    const strided = await diff(make(1, 0.5), make(2, 0.5));
    expect(strided.changes.map(({ what }) => what)).toEqual([
      [
        { kind: 'attribute', name: 'strides' },
        { kind: 'shape', slot: 0 },
      ],
      [{ kind: 'shape', slot: 0 }],
    ]);
    const trained = await diff(make(1, 0.5), make(1, 0.25));
    const largest = expect.closeTo(0.25 * Math.max(...normals(108)), 6);
    expect(trained.changes.map(({ what }) => what)).toEqual([[{ kind: 'weights', slot: 1, largest }]]);
  });

  it('takes an attribute at its default for one that is left out', async () => {
    const make = (attributes: Record<string, number>): Model =>
      buildModel({}, (g) => g.output(g.op('Softmax', [g.input('x', [2, 4])], attributes), 'y'));
    expect((await diff(make({}), make({ axis: -1 }))).changes).toEqual([]);
    expect(counts(await diff(make({}), make({ axis: 0 })))).toEqual({ same: 0, changed: 1 });
  });

  it('lists inputs and outputs that are renamed, of another type, gone or new, and facts of the models', async () => {
    const a = buildModel({ opset: 13 }, (g) => {
      const [x, y] = [g.input('x', [1, 4]), g.input('y', [1, 4])];
      g.output(g.op('Add', [x, y]), 'sum');
    });
    const b = buildModel({ opset: 17 }, (g) => {
      const [x, z] = [g.input('image', [1, 4]), g.input('y', [2, 4])];
      const sum = g.op('Add', [x, z]);
      g.output(sum, 'sum');
      g.output(g.op('Neg', [sum]), 'negative');
    });
    const found = await diff(a, b);
    expect(found.ports.map(({ port, before, after, what }) => [port, before?.name, after?.name, what])).toEqual([
      ['input', 'x', 'image', ['name']],
      ['input', 'y', 'y', ['type']],
      ['output', 'sum', 'sum', ['type']],
      ['output', undefined, 'negative', []],
    ]);
    expect(found.model).toEqual([{ what: 'Opset', before: '13', after: '17' }]);
  });

  it('says of weights beyond the budget that they were not compared', async () => {
    const model = tinyModel();
    const found = await diff(model, reread(model), { weightBudget: 100 });
    expect(counts(found)).toEqual({ same: 2, unread: 1 });
    expect(found.changes[0]?.what).toEqual([{ kind: 'unread', slot: 1 }]);
    expect(found.unreadBytes).toBe(4 * 3 * 3 * 3 * 4);
  });

  it('looks into subgraphs and marks the node that holds what differs', async () => {
    const make = (op: string): Model =>
      buildModel({}, (g) => {
        const x = g.input('x', [4]);
        const branch = (inner: GraphBuilder, name: string): void => inner.output(inner.op(name, [x]));
        const condition = g.tensor('c', floats([], [1]));
        const choice = g.op('Cast', [condition], { to: 9 });
        g.output(
          g.op('If', [choice], { then_branch: (i) => branch(i, op), else_branch: (i) => branch(i, 'Neg') }),
          'y',
        );
      });
    const found = await diff(make('Relu'), make('Abs'));
    expect(counts(found)).toMatchObject({ changed: 1, same: 2 });
    expect(found.changes.find(({ kind }) => kind === 'changed')?.what).toContainEqual({ kind: 'body' });
  });

  it('shares nothing where the models have nothing in common', async () => {
    const other = buildModel({}, (g) => g.output(g.op('Gemm', [g.input('a', [2, 3]), g.weight('w', [3, 5])]), 'b'));
    const found = await diff(tinyModel(), other);
    expect(found.pairs).toHaveLength(0);
    expect(counts(found)).toEqual({ same: 0, removed: 3, added: 1 });
  });
});

describe('the difference between stops of a recipe', () => {
  it('knows a fused node by its ancestors', async () => {
    const model = tinyModel();
    const after = model.clone();
    await runPass(after, foldBatchNorm, { backend: 'wasm' });
    const found = await diff(model, after, { lineage: true });
    expect(counts(found)).toEqual({ same: 1, fused: 1 });
    const ops = (of: Model, ids: readonly NodeId[]): string[] => ids.map((id) => of.getNode(id).opType);
    expect(ops(model, found.changes[0]!.before)).toEqual(['Conv', 'BatchNormalization']);
    expect(ops(after, found.changes[0]!.after)).toEqual(['Conv']);
    expect(counts(await diff(after, model, { lineage: true }))).toEqual({ same: 1, split: 1 });
  });

  it('finds the same fusion between the two files', async () => {
    const model = tinyModel();
    const after = model.clone();
    await runPass(after, foldBatchNorm, { backend: 'wasm' });
    expect(counts(await diff(reread(model), reread(after)))).toEqual({ same: 1, fused: 1 });
  });

  it('takes several that became several for one change', async () => {
    const model = buildModel({ seed: 2 }, (g) => {
      const x = g.input('x', [2, 4]);
      for (const name of ['q', 'k', 'v']) g.output(g.op('MatMul', [x, g.weight(name, [4, 4])]), name);
    });
    const after = model.clone();
    await runPass(after, mergeParallelMatMuls, { backend: 'wasm' });
    const found = await diff(model, after, { lineage: true });
    expect(counts(found)).toEqual({ same: 0, fused: 1 });
    expect([found.changes[0]!.before.length, found.changes[0]!.after.length]).toEqual([3, 2]);
  });
});
