import { describe, expect, it } from 'vitest';
import { readModel } from '../onnx/read.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { ATTRIBUTE_TABLE } from './attribute-table.ts';
import { attributesOf } from './attributes.ts';
import { opKey, OPERATORS } from './registry.ts';
import { SUMMARIES, summaryOf } from './summaries.ts';

const operator = (key: string) => {
  const dot = key.lastIndexOf('.');
  return { domain: dot < 0 ? '' : key.slice(0, dot), opType: key.slice(dot + 1) };
};
const spec = (key: string, version: number, name: string) =>
  attributesOf(operator(key), version)?.find((each) => each.name === name);

describe('the attribute table', () => {
  it('covers every operator that has a row, and every attribute of the table is readable', () => {
    expect(OPERATORS.size).toBeGreaterThanOrEqual(224);
    expect([...OPERATORS.keys()].filter((key) => !(key in ATTRIBUTE_TABLE))).toEqual([]);
    const keys = Object.keys(ATTRIBUTE_TABLE);
    expect(keys.length).toBeGreaterThanOrEqual(350);
    let count = 0;
    for (const key of keys) {
      for (const version of [1, 7, 13, 25]) {
        const found = attributesOf(operator(key), version) ?? [];
        // One meaning a version.
        expect(new Set(found.map(({ name }) => name)).size, key).toBe(found.length);
        for (const { type, fallback } of found) {
          count += 1;
          if (typeof fallback === 'number') expect(['int', 'float'], key).toContain(type);
          if (typeof fallback === 'number') expect(fallback, key).not.toBeNaN();
          if (typeof fallback === 'string') expect(type, key).toBe('string');
        }
      }
    }
    expect(count).toBeGreaterThan(3000);
  });

  it('knows types, defaults and what is required', () => {
    expect(spec('Conv', 17, 'group')).toMatchObject({ type: 'int', fallback: 1, required: false });
    expect(spec('Conv', 17, 'auto_pad')).toMatchObject({ type: 'string', fallback: 'NOTSET' });
    expect(spec('Conv', 17, 'kernel_shape')).toMatchObject({ type: 'ints', fallback: null });
    expect(spec('LSTM', 14, 'hidden_size')).toMatchObject({ type: 'int', fallback: null });
    expect(spec('RNN', 14, 'activations')).toMatchObject({ type: 'strings', fallback: ['Tanh', 'Tanh'] });
    expect(spec('If', 16, 'then_branch')).toMatchObject({ type: 'graph', required: true });
    expect(spec('com.microsoft.FusedConv', 1, 'activation')).toMatchObject({ type: 'string', fallback: null });
    expect(spec('com.microsoft.SkipLayerNormalization', 1, 'epsilon')).toMatchObject({ fallback: 1e-12 });
  });

  it('knows that meanings change between versions of the operator set', () => {
    expect(spec('Softmax', 11, 'axis')).toMatchObject({ fallback: 1 });
    expect(spec('Softmax', 13, 'axis')).toMatchObject({ fallback: -1 });
    expect(spec('Cast', 5, 'to')).toMatchObject({ type: 'string' });
    expect(spec('Cast', 6, 'to')).toMatchObject({ type: 'int' });
    expect(spec('Clip', 10, 'min')).toMatchObject({ type: 'float' });
    expect(spec('Clip', 11, 'min')).toBeUndefined();
    expect(spec('BatchNormalization', 9, 'training_mode')).toBeUndefined();
  });

  it('leaves what it does not know unknown', () => {
    expect(attributesOf({ opType: 'Conv', domain: 'com.example' }, 1)).toBeNull();
    expect(attributesOf({ opType: 'Relu', domain: '' }, 17)).toEqual([]);
  });
});

describe('summaries', () => {
  it('say in one sentence what every known operator does, and speak of no other', () => {
    expect([...OPERATORS.keys()].filter((key) => !(key in SUMMARIES))).toEqual([]);
    expect(Object.keys(SUMMARIES).filter((key) => !OPERATORS.has(key))).toEqual([]);
    for (const text of Object.values(SUMMARIES)) expect(text).toMatch(/^\S.{3,}[^.]\.$/);
    expect(summaryOf({ opType: 'Mystery', domain: '' })).toBeNull();
  });
});

describe.skipIf(!haveShared())('on the shared models', () => {
  it('explains every attribute of every node, with its type, in conformance cases and real models', () => {
    const paths = [...sharedModels('real/models'), ...sharedModels('micro'), ...sharedModels('real/onnx_backend')];
    expect(paths.length).toBeGreaterThan(60);
    const wrong = new Set<string>();
    let looked = 0;
    for (const path of paths) {
      const { model } = readModel(sharedFile(path));
      for (const node of model.nodes.values()) {
        const specs = attributesOf(node, model.opset(node.domain));
        if (!specs) continue;
        for (const [name, { type }] of node.attributes) {
          looked += 1;
          const known = specs.find((each) => each.name === name);
          if (known?.type !== type && type !== 'reference') wrong.add(`${opKey(node)}.${name}: ${type} in ${path}`);
        }
        for (const { name, required } of specs) {
          if (required && !node.attributes.has(name)) wrong.add(`${opKey(node)}.${name} is left out in ${path}`);
        }
      }
    }
    expect(looked).toBeGreaterThan(2000);
    expect([...wrong]).toEqual([]);
  });
});
