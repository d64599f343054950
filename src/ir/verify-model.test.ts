import { describe, expect, it } from 'vitest';
import { buildModel } from '../testing/build.ts';
import type { Model, Node, Value } from './model.ts';
import { floats } from './tensor.ts';
import type { NodeId, ValueId } from './types.ts';
import { verifyModel } from './verify-model.ts';

const good = () =>
  buildModel({}, (g) => {
    const c = g.input('c', [], 'bool');
    const r = g.op('Add', [g.input('x', [2]), g.weight('w', [2])], {}, { outputs: ['r'], name: 'add' });
    const y = g.op('If', [c], {
      then_branch: (inner) => inner.output(inner.op('Neg', [r], {}, { outputs: ['inner'] })),
      else_branch: (inner) => inner.output(r),
    });
    g.output(g.op('Relu', [y]), 'y');
  });
const value = (model: Model, name: string): Value => [...model.values.values()].find((each) => each.name === name)!;
const node = (model: Model, opType: string): Node => [...model.nodes.values()].find((each) => each.opType === opType)!;

/** One way to break a model behind its verbs' back, and what the verifier says. */
const BREAKAGES: readonly (readonly [string, (model: Model) => void, RegExp])[] = [
  ['a dropped use', (m) => void value(m, 'x').uses.pop(), /x does not list its use by Add add/],
  [
    'an invented use',
    (m) => void value(m, 'x').uses.push({ node: node(m, 'Relu').id, index: 0 }),
    /x lists a use that does not exist/,
  ],
  ['a repeated use', (m) => void value(m, 'x').uses.push({ node: node(m, 'Add').id, index: 0 }), /x lists a use twice/],
  [
    'a use by a node that is gone',
    (m) => void value(m, 'x').uses.push({ node: 999 as NodeId, index: 0 }),
    /x lists a use that does not exist/,
  ],
  [
    'an input behind the lists',
    (m) => void (node(m, 'Relu').inputs[0] = value(m, 'x').id),
    /lists a use that does not exist/,
  ],
  [
    'a producer that is not',
    (m) => void (value(m, 'r').producer = { node: node(m, 'Relu').id, index: 0 }),
    /r names a producer that does not produce it/,
  ],
  [
    'an output taken twice',
    (m) => void node(m, 'Relu').outputs.push(value(m, 'r').id),
    /r is produced by Relu relu and by something else/,
  ],
  [
    'an unknown domain',
    (m) => void (node(m, 'Relu').domain = 'com.example'),
    /Relu relu is of domain com\.example, which is not imported/,
  ],
  [
    'a constant of another type',
    (m) => void m.graph.initializers.set(value(m, 'w').id, floats([3], [1, 2, 3])),
    /w is declared otherwise than its constant float32 \[3\]/,
  ],
  [
    'a result from a graph that cannot be seen',
    (m) => void m.graph.outputs.push(value(m, 'inner').id),
    /Graph .* returns inner before Neg .* produces it, or from a graph that it cannot see/,
  ],
  ['a result that is gone', (m) => void m.graph.outputs.push(999 as ValueId), /returns a value that is gone/],
  ['an input listed twice', (m) => void m.graph.inputs.push(value(m, 'x').id), /x is listed twice/],
  [
    'an input with a producer',
    (m) => void m.graph.inputs.push(value(m, 'r').id),
    /r is an input or initializer and has a producer too/,
  ],
  [
    'a node in no graph',
    (m) => void m.graph.nodes.delete(node(m, 'Relu').id),
    /Graph .* returns y before Relu relu produces it/,
  ],
  [
    'a graph without a holder',
    (m) => void m.addGraph('stray', { node: node(m, 'Relu').id, attribute: 'body' }),
    /Graph stray belongs to no node/,
  ],
  [
    'a wrong order',
    (m) => {
      const id = node(m, 'Add').id;
      m.graph.nodes.delete(id);
      m.graph.nodes.add(id);
    },
    /reads r before Add add produces it/,
  ],
];

describe('the verifier', () => {
  it('accepts a sound model', () => verifyModel(good()));

  it.each(BREAKAGES)('sees %s', (_, breakIt, message) => {
    const model = good();
    breakIt(model);
    expect(() => verifyModel(model)).toThrow(message);
  });

  it('sees a function that calls itself through another', () => {
    const model = good();
    for (const [name, callee] of [
      ['F', 'G'],
      ['G', 'F'],
    ] as const) {
      const graph = model.addGraph(name, null, { function: true });
      const input = model.addValue(graph, 'p');
      graph.inputs.push(input.id);
      const call = model.addNode(graph, { opType: callee, domain: 'local', inputs: [input.id], outputs: ['q'] });
      graph.outputs.push(call.outputs[0]!);
      model.functions.push({
        name,
        domain: 'local',
        overload: '',
        graph: graph.id,
        attributes: [],
        defaults: new Map(),
        opsetImports: new Map([['local', 1]]),
        extras: {},
      });
    }
    expect(() => verifyModel(model)).toThrow('Function F calls itself.');
  });
});
