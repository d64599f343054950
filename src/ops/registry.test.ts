import { describe, expect, it } from 'vitest';
import { tensorOf } from '../ir/tensor.ts';
import { FAMILIES } from '../ir/view.ts';
import { readModel } from '../onnx/read.ts';
import { buildModel } from '../testing/build.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { defined } from '../base/assert.ts';
import {
  documentationUrl,
  familyOf,
  isDeterministic,
  opKey,
  OPERATORS,
  schemaOf,
  sinceVersion,
  slotName,
} from './registry.ts';

const operator = (key: string) => {
  const dot = key.lastIndexOf('.');
  return { domain: dot < 0 ? '' : key.slice(0, dot), opType: key.slice(dot + 1) };
};

describe('the operator table', () => {
  it('has rows that hold together', () => {
    expect(OPERATORS.size).toBeGreaterThan(200);
    for (const [key, row] of OPERATORS) {
      const schema = defined(schemaOf(operator(key)), key);
      expect(opKey(operator(key))).toBe(key);
      expect(FAMILIES).toContain(row.family);
      expect(row.since.length, key).toBeGreaterThan(0);
      expect(
        [...row.since].sort((a, b) => a - b),
        key,
      ).toEqual(row.since);
      expect(schema.outputs.length, key).toBeGreaterThan(0);
      for (const slots of [schema.inputs, schema.outputs]) {
        const names = slots.map((slot) => slot.name);
        expect(new Set(names).size, `${key}: ${names.join(' ')}`).toBe(names.length);
        // Only the last slot can repeat.
        expect(
          slots.slice(0, -1).some((slot) => slot.variadic),
          key,
        ).toBe(false);
      }
    }
  });

  it('names slots as the specification does', () => {
    const conv = { opType: 'Conv', domain: '' };
    expect([0, 1, 2].map((i) => slotName(conv, 'inputs', i))).toEqual(['X', 'W', 'B']);
    expect(slotName(conv, 'outputs', 0)).toBe('Y');
    expect(slotName({ opType: 'Concat', domain: '' }, 'inputs', 2)).toBe('inputs[2]');
    expect(slotName({ opType: 'Loop', domain: '' }, 'inputs', 3)).toBe('v_initial[1]');
    expect(slotName({ opType: 'Mystery', domain: 'x' }, 'inputs', 1)).toBe('input 1');
  });

  it('knows which version of an operator a model means', () => {
    expect(sinceVersion({ opType: 'Clip', domain: '' }, 11)).toBe(11);
    expect(sinceVersion({ opType: 'Clip', domain: '' }, 10)).toBe(6);
    expect(sinceVersion({ opType: 'Conv', domain: '' }, 21)).toBe(11);
    expect(sinceVersion({ opType: 'FusedConv', domain: 'com.microsoft' }, 1)).toBe(1);
    expect(sinceVersion({ opType: 'Mystery', domain: '' }, 21)).toBe(0);
  });

  it('leaves what it does not know unknown', () => {
    const mystery = { opType: 'Conv', domain: 'com.example' };
    expect(schemaOf(mystery)).toBeNull();
    expect(familyOf(mystery)).toBe('unknown');
    expect(documentationUrl('com.example', 'Conv')).toBeNull();
    expect(documentationUrl('', 'Conv')).toBe('https://onnx.ai/onnx/operators/onnx__Conv.html');
    expect(documentationUrl('', 'Conv', 11)).toMatch(/onnx__Conv\.html#l-onnx-op-conv-11$/);
  });

  it('trusts determinism only where it is certain', () => {
    const nodes = new Map<string, boolean>();
    const model = buildModel({}, (g) => {
      const x = g.input('x', [2, 2]);
      const ratio = g.floats('ratio', [], 0.5);
      const mode = g.tensor('mode', tensorOf('bool', [], Uint8Array.of(1)));
      const condition = g.input('condition', [], 'bool');
      g.node('Relu', [x], {}, { name: 'relu' });
      g.node('RandomNormalLike', [x], {}, { name: 'random' });
      g.node('Dropout', [x, ratio], {}, { name: 'dropout' });
      g.node('Dropout', [x, ratio, mode], {}, { name: 'training' });
      g.node('Mystery', [x], {}, { name: 'mystery', domain: 'com.example' });
      g.node(
        'If',
        [condition],
        {
          then_branch: (inner) => inner.output(inner.op('Relu', [x])),
          else_branch: (inner) => inner.output(inner.op('Bernoulli', [x])),
        },
        { name: 'if' },
      );
    });
    for (const node of model.nodes.values()) nodes.set(node.name, isDeterministic(node, model));
    expect(Object.fromEntries(nodes)).toMatchObject({
      relu: true,
      random: false,
      dropout: true,
      training: false,
      mystery: false,
      if: false,
    });
  });
});

describe.skipIf(!haveShared())('on the shared models', () => {
  it('knows every operator of the real models, patterns and traps', () => {
    const paths = [...sharedModels('real/models'), ...sharedModels('micro')];
    expect(paths.length).toBeGreaterThan(60);
    const unknown = new Set<string>();
    for (const path of paths) {
      for (const node of readModel(sharedFile(path)).model.nodes.values()) {
        if (!schemaOf(node)) unknown.add(`${opKey(node)} in ${path}`);
      }
    }
    expect([...unknown]).toEqual([]);
  });
});
