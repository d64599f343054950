import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Model, type Attribute, type Extras, type Graph } from '../ir/model.ts';
import { printModel } from '../ir/print.ts';
import { Tensor, tensorFromBytes } from '../ir/tensor.ts';
import {
  byteLengthOf,
  DATA_TYPES,
  sizeOf,
  type DataType,
  type Shape,
  type ValueId,
  type ValueType,
} from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { readModel, readTensorProto } from './read.ts';
import { modelByteLength, writeModel } from './write.ts';
import { writeTensorProto } from './write-tensor.ts';

const dtypes = fc.constantFrom(...DATA_TYPES.filter((dtype) => dtype !== 'undefined'));
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 20 });
/** Whole unknown fields: number 200 and up, a length and bytes. */
const unknown = fc.uint8Array({ maxLength: 8 }).map((payload) => Uint8Array.of(0xc2, 0x0c, payload.length, ...payload));

const extras: fc.Arbitrary<Extras> = fc.record(
  {
    docString: text,
    metadataProps: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }).map((pairs) => new Map(pairs)),
    unknown: fc.array(unknown, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(dtypes, fc.array(fc.nat(3), { maxLength: 3 }), fc.infiniteStream(fc.nat(255)), extras)
  .map(([dtype, shape, stream, kept]) => {
    const next = (): number => stream.next().value as number;
    const source =
      dtype === 'string'
        ? stringSource(Array.from({ length: sizeOf(shape) }, () => Uint8Array.of(next(), next())))
        : tensorFromBytes(dtype, shape, Uint8Array.from({ length: byteLengthOf(dtype, sizeOf(shape)) }, next)).source;
    return new Tensor(dtype, shape, source, kept);
  });

const stringSource = (strings: readonly Uint8Array[]): Tensor['source'] => ({
  kind: 'memory',
  bytes: () => new Uint8Array(),
  strings: () => strings,
});

const dim = fc.oneof(fc.nat(2 ** 40), fc.constant(null), fc.string({ minLength: 1, maxLength: 5 }));
const shape: fc.Arbitrary<Shape> = fc.option(fc.array(dim, { maxLength: 4 }));
const type: fc.Arbitrary<ValueType> = fc.letrec<{ type: ValueType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant('tensor' as const), dtype: dtypes, shape }),
    fc.record({ kind: fc.constant('sparse-tensor' as const), dtype: dtypes, shape }),
    fc.record({ kind: fc.constant('opaque' as const), domain: text, name: text }),
    fc.record({ kind: fc.constantFrom('sequence' as const, 'optional' as const), element: fc.option(tie('type')) }),
    fc.record({ kind: fc.constant('map' as const), key: dtypes, value: fc.option(tie('type')) }),
  ),
})).type;

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const float = fc.float({ noNaN: true });
const sparse = fc
  .tuple(tensor, tensor, fc.array(fc.nat(9), { maxLength: 3 }))
  .map(([values, indices, dims]) => ({ values, indices, shape: dims }));

const attribute: fc.Arbitrary<Attribute> = fc
  .tuple(
    fc.oneof<fc.Arbitrary<Attribute>[]>(
      fc.record({ type: fc.constant('float' as const), value: float }),
      fc.record({ type: fc.constant('int' as const), value: int64 }),
      fc.record({ type: fc.constant('string' as const), value: bytes }),
      fc.record({ type: fc.constant('tensor' as const), value: tensor }),
      fc.record({ type: fc.constant('sparse-tensor' as const), value: sparse }),
      fc.record({ type: fc.constant('type' as const), value: type }),
      fc.record({ type: fc.constant('floats' as const), value: fc.array(float) }),
      fc.record({ type: fc.constant('ints' as const), value: fc.array(int64) }),
      fc.record({ type: fc.constant('strings' as const), value: fc.array(bytes) }),
      fc.record({ type: fc.constant('tensors' as const), value: fc.array(tensor, { maxLength: 2 }) }),
      fc.record({ type: fc.constant('types' as const), value: fc.array(type, { maxLength: 2 }) }),
    ),
    text,
  )
  .map(([each, docString]) => (docString === '' ? each : Object.assign(each, { extras: { docString } })));

/** What to add to a graph, each choice an index into what is visible there. */
interface NodePlan {
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly (string | null)[];
  readonly attributes: readonly (readonly [string, Attribute])[];
  readonly extras: Extras;
  readonly type: ValueType | null;
  readonly inner: GraphPlan | null;
}
interface GraphPlan {
  readonly constants: readonly Tensor[];
  readonly nodes: readonly NodePlan[];
  readonly output: number;
  readonly extras: Extras;
}

const plan: fc.Arbitrary<GraphPlan> = fc.letrec<{ graph: GraphPlan; node: NodePlan }>((tie) => ({
  graph: fc.record({
    constants: fc.array(tensor, { maxLength: 2 }),
    nodes: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
    output: fc.nat(),
    extras,
  }),
  node: fc.record({
    inputs: fc.array(fc.option(fc.nat(), { freq: 6 }), { maxLength: 3 }),
    outputs: fc.array(fc.option(text, { freq: 6 }), { maxLength: 2 }),
    attributes: fc.uniqueArray(fc.tuple(text, attribute), { maxLength: 3, selector: ([name]) => name }),
    extras,
    type: fc.option(type),
    inner: fc.option(tie('graph'), { maxDepth: 2, depthIdentifier: 'graph', freq: 1 }),
  }),
})).graph;

function build(model: Model, graph: Graph, what: GraphPlan, outer: readonly ValueId[]): void {
  const visible = [...outer];
  const pick = (index: number): ValueId => visible[index % visible.length]!;
  graph.extras = what.extras;
  what.constants.forEach((each, i) => visible.push(model.addInitializer(graph, `constant${i}`, each).id));
  for (const each of what.nodes) {
    const node = model.addNode(graph, {
      opType: 'Op',
      name: 'node',
      inputs: each.inputs.map((index) => (index === null ? null : pick(index))),
      outputs: each.outputs,
      attributes: each.attributes,
    });
    node.extras = each.extras;
    if (each.inner) {
      const inner = model.addGraph('inner', { node: node.id, attribute: 'a graph of its own' });
      node.attributes.set('a graph of its own', { type: 'graph', value: inner.id });
      build(model, inner, each.inner, visible);
    }
    for (const output of node.outputs) {
      if (output === null) continue;
      model.getValue(output).type = each.type;
      visible.push(output);
    }
  }
  graph.outputs.push(pick(what.output));
}

function modelOf(what: GraphPlan, kept: Extras): Model {
  const model = new Model();
  model.opsetImports.set('', 21);
  model.extras = kept;
  const graph = model.addGraph('main');
  const input = model.addValue(graph, 'the input', { kind: 'tensor', dtype: 'float32', shape: ['N'] });
  graph.inputs.push(input.id);
  build(model, graph, what, [input.id]);
  // Interfaces must have names.
  for (const id of graph.outputs) model.getValue(id).name ||= 'the output';
  return model;
}

describe('any model', () => {
  it('comes back from a file with everything it has, and is then written the same', () => {
    fc.assert(
      fc.property(plan, extras, (what, kept) => {
        const model = modelOf(what, kept);
        verifyModel(model);
        const file = writeModel(model);
        expect(file.length).toBe(modelByteLength(model));
        const first = readModel(file);
        expect(first.warnings).toEqual([]);
        verifyModel(first.model);
        expect(writeModel(first.model)).toEqual(file);
        // Names are made unique on the way out; beyond that nothing differs.
        renameAlike(model, first.model);
        expect(printModel(first.model)).toBe(printModel(model));
      }),
      { seed: 11, numRuns: 150 },
    );
  }, 60_000);

  it('is refused with a code, or opened, when any byte of its file is changed', () => {
    fc.assert(
      fc.property(plan, fc.nat(), fc.nat(255), (what, at, byte) => {
        const file = writeModel(modelOf(what, {}));
        file[at % file.length] = byte;
        try {
          readModel(file);
        } catch (error) {
          expect((error as Error).name).toBe('CodedError');
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});

describe('any tensor', () => {
  it('comes back from a TensorProto', () => {
    fc.assert(
      fc.property(tensor, text, (before, name) => {
        const after = readTensorProto(writeTensorProto(before, name));
        expect(after.name).toBe(name);
        expect(after.tensor.dtype).toBe(before.dtype satisfies DataType);
        expect(after.tensor.shape).toEqual(before.shape);
        if (before.dtype === 'string') expect(after.tensor.strings()).toEqual(before.strings());
        else expect(after.tensor.bytes()).toEqual(before.bytes());
      }),
      { seed: 13, numRuns: 300 },
    );
  });
});

/** Gives the values and nodes of one model the names of the other, in the order of their graphs. */
function renameAlike(to: Model, from: Model): void {
  const rename = (a: Graph, b: Graph): void => {
    const nodes = [...a.nodes].map((id, i) => [to.getNode(id), from.getNode([...b.nodes][i]!)] as const);
    const constants = [...b.initializers.keys()];
    [...a.initializers.keys()].forEach((id, i) => (to.getValue(id).name = from.getValue(constants[i]!).name));
    for (const [mine, other] of nodes) {
      mine.name = other.name;
      mine.outputs.forEach((id, i) => {
        if (id !== null) to.getValue(id).name = from.getValue(other.outputs[i]!).name;
      });
      const [inner, otherInner] = [mine, other].map((node) => node.attributes.get('a graph of its own'));
      if (inner?.type === 'graph' && otherInner?.type === 'graph') {
        rename(to.getGraph(inner.value), from.getGraph(otherInner.value));
      }
    }
  };
  rename(to.graph, from.graph);
}
