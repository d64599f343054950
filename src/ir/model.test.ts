import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { buildModel } from '../testing/build.ts';
import { getGraph } from './attribute.ts';
import { innerNodes, nodesBelow, type Model, type Node, type Value } from './model.ts';
import { printModel } from './print.ts';
import { floats } from './tensor.ts';
import { verifyModel } from './verify-model.ts';

const nodeOf = (model: Model, opType: string): Node =>
  [...model.nodes.values()].find((node) => node.opType === opType)!;
const valueOf = (model: Model, name: string): Value => [...model.values.values()].find((value) => value.name === name)!;
const order = (model: Model): string[] => [...model.graph.nodes].map((id) => model.getNode(id).opType);

/** x → Relu → r → Neg → y, and r → Abs → z. */
const chain = () =>
  buildModel({}, (g) => {
    const r = g.op('Relu', [g.input('x', [2])], {}, { outputs: ['r'] });
    g.output(g.op('Neg', [r]), 'y');
    g.output(g.op('Abs', [r]), 'z');
  });

/** An If whose branches capture r; the inner If returns it from two levels down. */
const nested = () =>
  buildModel({}, (g) => {
    const c = g.input('c', [], 'bool');
    const r = g.op('Relu', [g.input('x', [2])], {}, { outputs: ['r'] });
    const y = g.op('If', [c], {
      then_branch: (inner) =>
        inner.output(
          inner.op('If', [c], {
            then_branch: (deep) => deep.output(r),
            else_branch: (deep) => deep.output(deep.op('Neg', [r])),
          }),
        ),
      else_branch: (inner) => inner.output(inner.op('Abs', [r])),
    });
    g.output(y, 'y');
  });

describe('use lists', () => {
  it('follow inputs that are set, cleared and added', () => {
    const model = chain();
    const neg = nodeOf(model, 'Neg');
    const x = valueOf(model, 'x');
    model.setInput(neg, 0, x.id);
    verifyModel(model);
    expect(valueOf(model, 'r').uses).toEqual([{ node: nodeOf(model, 'Abs').id, index: 0 }]);
    model.setInput(neg, 2, x.id);
    expect(neg.inputs).toEqual([x.id, null, x.id]);
    model.setInput(neg, 2, null);
    verifyModel(model);
    expect(x.uses).toHaveLength(2);
  });

  it('list a value twice where a node reads it twice', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      g.output(g.op('Mul', [x, x]), 'y');
    });
    expect(valueOf(model, 'x').uses.map((use) => use.index)).toEqual([0, 1]);
    verifyModel(model);
  });

  it('move with replaceAllUses, captures and results of subgraphs too', () => {
    const model = nested();
    const [r, x] = [valueOf(model, 'r'), valueOf(model, 'x')];
    model.replaceAllUses(r.id, x.id);
    verifyModel(model);
    expect(r.uses).toEqual([]);
    expect(model.isUsed(r.id)).toBe(false);
    const inner = [...innerNodes(model, nodeOf(model, 'If'))];
    expect(inner.map((node) => node.opType).sort()).toEqual(['Abs', 'If', 'Neg']);
    expect([...nodesBelow(model, model.graph)]).toHaveLength(model.nodes.size);
  });
});

describe('replaceAllUses', () => {
  it('refuses to take the place of an output of the model, whose name would change', () => {
    const model = chain();
    const before = printModel(model);
    expect(() => model.replaceAllUses(valueOf(model, 'y').id, valueOf(model, 'r').id)).toThrow(
      'y cannot be replaced by r: it is an output of the model.',
    );
    expect(printModel(model)).toBe(before);
  });
});

describe('moveOutput', () => {
  it('gives a value another producer; name, uses and place among the outputs stay', () => {
    const model = chain();
    const y = valueOf(model, 'y');
    const old = nodeOf(model, 'Neg');
    const node = model.addNode(model.graph, { opType: 'Sin', inputs: [valueOf(model, 'r').id], outputs: [] });
    model.moveOutput(y.id, node, 0);
    model.removeNode(old.id);
    verifyModel(model);
    expect(y.producer).toEqual({ node: node.id, index: 0 });
    expect(model.graph.outputs[0]).toBe(y.id);
  });

  it('does not reach into another graph', () => {
    const model = nested();
    const inner = model.getGraph(getGraph(nodeOf(model, 'If'), 'else_branch')!);
    const node = model.addNode(inner, { opType: 'Sin', inputs: [], outputs: [] });
    expect(() => model.moveOutput(valueOf(model, 'y').id, node, 0)).toThrow('different graphs');
  });
});

describe('removeNode', () => {
  it('refuses while a value is used, names the users, and changes nothing', () => {
    const model = chain();
    const before = printModel(model);
    expect(() => model.removeNode(nodeOf(model, 'Relu').id)).toThrow('r is used by Neg, Abs.');
    expect(() => model.removeNode(nodeOf(model, 'Neg').id)).toThrow('y is used by a graph output.');
    expect(printModel(model)).toBe(before);
    verifyModel(model);
  });

  it('takes subgraphs with it, at any depth and in any order of their nodes, and frees what they captured', () => {
    const model = nested();
    const inner = model.getGraph(getGraph(nodeOf(model, 'If'), 'else_branch')!);
    // The new node stands behind its reader until the graph is sorted.
    const late = model.addNode(inner, { opType: 'Sin', inputs: [valueOf(model, 'r').id], outputs: ['late'] });
    model.setInput(nodeOf(model, 'Abs'), 0, late.outputs[0]!);
    model.graph.outputs.length = 0;
    model.removeNode(nodeOf(model, 'If').id);
    expect(model.graphs.size).toBe(1);
    expect([...model.nodes.values()].map((node) => node.opType)).toEqual(['Relu']);
    expect([...model.values.values()].map((value) => value.name).sort()).toEqual(['c', 'r', 'x']);
    verifyModel(model);
  });
});

describe('sort', () => {
  it('moves a new node before its first reader, and leaves the rest in place', () => {
    const model = chain();
    const node = model.addNode(model.graph, { opType: 'Sin', inputs: [valueOf(model, 'r').id], outputs: ['s'] });
    model.setInput(nodeOf(model, 'Neg'), 0, node.outputs[0]!);
    expect(() => verifyModel(model)).toThrow(/Neg .* reads s before Sin/);
    model.sort();
    verifyModel(model);
    expect(order(model)).toEqual(['Relu', 'Sin', 'Neg', 'Abs']);
    model.sort();
    expect(order(model)).toEqual(['Relu', 'Sin', 'Neg', 'Abs']);
  });

  it('counts what a subgraph returns from two levels down as a need of its outermost holder', () => {
    const model = nested();
    const relu = nodeOf(model, 'Relu');
    const inner = nodeOf(model, 'Neg');
    const abs = nodeOf(model, 'Abs');
    // Only the result of the deepest graph depends on r now.
    model.setInput(inner, 0, valueOf(model, 'x').id);
    model.setInput(abs, 0, valueOf(model, 'x').id);
    model.graph.nodes.delete(relu.id);
    model.graph.nodes.add(relu.id);
    expect(() => verifyModel(model)).toThrow(CodedError);
    model.sort();
    verifyModel(model);
    expect(order(model)).toEqual(['Relu', 'If']);
  });

  it('names the nodes of a cycle', () => {
    const model = chain();
    model.setInput(nodeOf(model, 'Relu'), 0, valueOf(model, 'y').id);
    expect(() => model.sort()).toThrow(/^The graph has a cycle: Relu relu → Neg neg → Relu relu\.$/);
  });

  it('takes long chains without running out of stack', () => {
    const model = buildModel({}, (g) => {
      let x = g.input('x', [2]);
      for (let i = 0; i < 30_000; i++) x = g.op('Relu', [x], {}, { name: `relu${i}`, outputs: [`r${i}`] });
      g.output(x, 'y');
    });
    const reversed = [...model.graph.nodes].reverse();
    model.graph.nodes.clear();
    for (const id of reversed) model.graph.nodes.add(id);
    model.sort();
    verifyModel(model);
  });
});

describe('clone', () => {
  it('is equal, shares tensors, and is not changed with the original', () => {
    const model = nested();
    model.addInitializer(model.graph, 'w', floats([1], [1]));
    const copy = model.clone();
    verifyModel(copy);
    const before = printModel(model);
    expect(printModel(copy)).toBe(before);
    expect([...copy.graph.initializers.values()][0]).toBe([...model.graph.initializers.values()][0]);
    model.replaceAllUses(valueOf(model, 'r').id, valueOf(model, 'x').id);
    model.removeNode(nodeOf(model, 'Relu').id);
    valueOf(model, 'x').name = 'renamed';
    nodeOf(model, 'Abs').attributes.set('a', { type: 'int', value: 1n });
    expect(printModel(copy)).toBe(before);
    verifyModel(copy);
  });

  it('goes on numbering where the original was', () => {
    const copy = chain().clone();
    const ids = new Set<number>([...copy.values.keys(), ...copy.nodes.keys(), ...copy.graphs.keys()]);
    expect(ids.has(copy.addValue(copy.graph, 'new').id)).toBe(false);
  });
});

describe('constants', () => {
  it('are replaced with their type, and removed when unused', () => {
    const model = chain();
    const w = model.addInitializer(model.graph, 'w', floats([1], [1]));
    model.setInitializer(w.id, floats([2, 1], [1, 2]));
    expect(w.type).toEqual({ kind: 'tensor', dtype: 'float32', shape: [2, 1] });
    model.setInput(nodeOf(model, 'Neg'), 1, w.id);
    expect(() => model.removeValue(w.id)).toThrow('value w is in use');
    model.setInput(nodeOf(model, 'Neg'), 1, null);
    model.removeValue(w.id);
    verifyModel(model);
    expect(model.graph.initializers.size).toBe(0);
  });
});
