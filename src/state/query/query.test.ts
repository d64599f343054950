import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import type { GraphView } from '../../ir/view.ts';
import { mobileNetView, randomView, viewOf } from '../../testing/view.ts';
import { findMatches } from '../search.ts';
import { adjacencyOf, rowsOf } from './adjacency.ts';
import { isQueryError, parseQuery } from './parse.ts';
import { FARTHEST } from './paths.ts';

/** Attention in miniature, with a Softmax that no MatMul leads to, and a fused operator of another domain. */
const view: GraphView = {
  ...viewOf(
    [
      { op: 'MatMul', inputs: ['x', 'wq'], outputs: ['q'], name: '/attn/q/MatMul', macs: 60, parameters: 900 },
      { op: 'Add', inputs: ['q', 'b'], outputs: ['q2'], name: '/attn/q/Add' },
      { op: 'Softmax', inputs: ['q2'], outputs: ['p'], name: '/attn/Softmax' },
      { op: 'MatMul', inputs: ['p', 'wo'], outputs: ['o'], name: '/attn/out/MatMul', macs: 39, parameters: 2000 },
      { op: 'Softmax', inputs: ['x'], outputs: ['other'], name: 'onnx::Softmax_7', detail: 'axis −1' },
      {
        op: 'com.microsoft.FusedConv',
        inputs: ['o', 'other'],
        outputs: ['y'],
        name: 'fold:conv',
        macs: NaN,
        ancestors: [3],
      },
      { op: 'MatMul', inputs: ['y', 'wz'], outputs: ['z'], name: '/head/MatMul', macs: 1 },
    ],
    ['x'],
    ['z'],
    new Map([
      ['q', '64×28×28'],
      ['p', 'N×28'],
      ['y', '1×28×28'],
    ]),
  ),
};
const typed: GraphView = {
  ...view,
  dtypes: ['float32', 'float16'],
  wireDtypes: Uint8Array.from(view.wireNames, (name) => Number(name === 'p')),
  batches: ['', '1'],
  wireBatches: Uint8Array.from(view.wireNames, (name) => Number(name === 'q')),
};

const rows = (text: string, of: GraphView = typed): readonly number[] | null => findMatches(of, text).matches;

describe('a query for nodes', () => {
  it.each([
    ['op:MatMul', [0, 3, 6]],
    ['op:matmul,Softmax', [0, 2, 3, 4, 6]],
    ['op:FusedConv', [5]],
    ['op:com.microsoft.FusedConv', [5]],
    ['op:Soft', [2, 4]],
    ['op:*Conv', [5]],
    ['name:attn', [0, 1, 2, 3]],
    ['name:"/attn/q/"', [0, 1]],
    ['name:*/MatMul', [0, 3, 6]],
    ['onnx::Softmax', [4]],
    ['in:attn', [0, 1, 2, 3]],
    ['in:q', [0, 1]],
    ['family:attn', [2, 4]],
    ['family:dense -in:head', [0, 3]],
    ['shape:28x28', [0, 5]],
    ['shape:1x64x*', [0]],
    ['shape:1x28', [5]],
    ['shape:n', [2]],
    ['dtype:float16', [2, 3]],
    ['cost:>50%', [0]],
    ['cost:<=1%', [1, 2, 4, 6]],
    ['macs:?', [5]],
    ['macs:=0', [1, 2, 4]],
    ['params:>1k', [3]],
    ['bytes:>=3.6kB', [0, 3]],
    ['made', [5]],
    ['"made"', []],
    ['-op:MatMul -op:Softmax', [1, 5]],
    ['(op:Add | op:Softmax) in:attn', [1, 2]],
    ['op:Add or made', [1, 5]],
    ['attn matmul', [0, 3]],
    ['axis', [4]],
    ['*', [0, 1, 2, 3, 4, 5, 6]],
  ])('%s', (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it('is none while nothing is written', () => {
    expect(rows('  ')).toBeNull();
  });
});

describe('a path', () => {
  it('holds every node that a step stands for, and is counted', () => {
    expect(findMatches(typed, 'MatMul > * > Softmax')).toEqual({ matches: [0, 1, 2], paths: 1, error: null });
    expect(findMatches(typed, 'Softmax>*')).toMatchObject({ matches: [2, 3, 4, 5], paths: 2 });
  });

  it('takes terms at each step', () => {
    expect(rows('op:MatMul cost:>50% > Add')).toEqual([0, 1]);
    expect(rows('op:MatMul cost:>70% > Add')).toEqual([]);
    expect(rows('-op:MatMul > FusedConv > MatMul')).toEqual([4, 5, 6]);
  });

  it('spans any distance with >>, and holds what lies between', () => {
    expect(rows('Add >> FusedConv')).toEqual([1, 2, 3, 5]);
    expect(rows('FusedConv >> Add')).toEqual([]);
  });

  it('is one of several', () => {
    expect(rows('MatMul > Add | FusedConv > MatMul')).toEqual([0, 1, 5, 6]);
  });
});

describe('a query that cannot be read', () => {
  it.each([
    ['op:', 'wants a value', 0, 3],
    ['MatMul > ', 'missing at the end', 9, 0],
    ['> Softmax', 'missing before', 0, 1],
    ['foo:bar', 'no field foo:', 0, 7],
    ['Conv cost:lots', 'sign and a number', 5, 9],
    ['macs:>1%', 'sign and a number', 0, 8],
    ['(op:Conv', 'not closed', 0, 1],
    ['op:Conv)', 'never opened', 7, 1],
    ['(Conv > Relu)', 'path cannot stand', 6, 1],
    ['name:"half', 'quote is not closed', 5, 1],
    ['family:frog', 'no family', 0, 11],
  ])('%s', (text, message, at, length) => {
    const { error, matches } = findMatches(typed, text);
    expect(error?.message).toContain(message);
    expect([error?.at, error?.length, matches]).toEqual([at, length, null]);
  });

  it('never throws, whatever is written, and its place lies in the text', () => {
    const pieces = fc.constantFrom(
      'op:',
      'Conv',
      '>',
      '>>',
      '|',
      '(',
      ')',
      '-',
      '"',
      ' ',
      '*',
      'cost:>',
      '1%',
      'or',
      ':',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const query = parseQuery(text);
        if (query === null || !isQueryError(query)) return;
        expect(query.at + query.length).toBeLessThanOrEqual(text.length);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

/** Every path by enumeration, for small graphs: what the dynamic programming has to agree with. */
function enumerate(graph: GraphView, steps: readonly string[], links: readonly string[]): Set<number> {
  const { consumers } = adjacencyOf(graph);
  const is = (row: number, op: string): boolean => op === '*' || graph.opTypes[graph.nodeOps[row]!] === op;
  const found = new Set<number>();
  const walk = (row: number, step: number, path: readonly number[], free: number): void => {
    if (is(row, steps[step]!) && free >= 0) {
      if (step === steps.length - 1) for (const each of path) found.add(each);
      else next(row, step + 1, path);
    }
  };
  const next = (row: number, step: number, path: readonly number[]): void => {
    for (const other of rowsOf(consumers, row)) {
      walk(other, step, [...path, other], 0);
      if (links[step - 1] === '>>') pass(other, step, [...path, other], FARTHEST - 1);
    }
  };
  const pass = (row: number, step: number, path: readonly number[], left: number): void => {
    if (left === 0) return;
    for (const other of rowsOf(consumers, row)) {
      walk(other, step, [...path, other], left);
      pass(other, step, [...path, other], left - 1);
    }
  };
  graph.nodeIds.forEach((_, row) => walk(row, 0, [row], 0));
  return found;
}

describe('the dynamic programming', () => {
  it('agrees with an enumeration of all paths', () => {
    const step = fc.constantFrom('*', 'Conv', 'Add', 'Split');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(step, { minLength: 2, maxLength: 4 }),
        fc.array(fc.constantFrom('>', '>>'), { minLength: 3, maxLength: 3 }),
        (seed, steps, links) => {
          const graph = randomView(seeded(seed), 9);
          const text = steps.map((each, i) => (i === 0 ? each : `${links[i - 1]} ${each}`)).join(' ');
          const ids = [...enumerate(graph, steps, links)].sort((a, b) => a - b).map((row) => graph.nodeIds[row]);
          expect(rows(text, graph)).toEqual(ids);
        },
      ),
      { seed: 11, numRuns: 150 },
    );
  });

  it('counts paths one by one', () => {
    const conv = findMatches(mobileNetView(), 'Conv > BatchNormalization > Clip');
    expect(conv.matches).toHaveLength(105);
    expect(conv.paths).toBe(35);
  });

  it('takes time by edges, not by paths, at 20 000 nodes', () => {
    const graph = randomView(seeded(5), 18_000);
    expect(graph.nodeIds.length).toBeGreaterThan(19_000);
    rows('Conv > * > Add', graph);
    const start = performance.now();
    for (let i = 0; i < 5; i++) rows('Conv cost:<50% > * >> Add shape:1 | name:block.7', graph);
    expect((performance.now() - start) / 5).toBeLessThan(1000);
  });
});
