import { describe, expect, it } from 'vitest';
import type { PassInfo, PassSites } from '../engine/types.ts';
import { whyNot } from './why-not.ts';

const pass = (id: string, looksFor: PassInfo['looksFor']): PassInfo => ({
  id,
  group: 'fusion',
  title: id,
  why: `Why ${id}.`,
  preserves: 'weights',
  needs: [],
  backends: ['wasm'],
  options: {},
  looksFor,
});
const fold = pass('fold', { chains: ['Conv → BatchNormalization'], operators: ['Conv', 'BatchNormalization'] });
const dead = pass('dead', null);
const found = (id: string, rest: Partial<PassSites> = {}): PassSites => ({
  pass: id,
  sites: [],
  refusals: [],
  unavailable: null,
  ...rest,
});
const site = (key: string, nodes: number[]) => ({ key, rule: 'r', anchor: nodes[0]!, nodes, what: `Folds ${key}.` });
const sites = {
  fold: found('fold', {
    sites: [site('a', [1, 2]), site('b', [5, 6])],
    refusals: [
      { rule: 'r', nodes: [8, 9] as never, reason: 'A second reader.' },
      { rule: 'r', nodes: [9] as never, reason: 'No constant.' },
    ],
  }),
};

describe('why a pass does or does not apply at a node', () => {
  it('names the site that the node belongs to', () => {
    expect(whyNot([fold], sites, {}, 6, 'BatchNormalization')).toEqual([
      { pass: fold, kind: 'site', index: 1, text: 'Folds b.' },
    ]);
  });

  it('gives every near miss with its reason', () => {
    const near = whyNot([fold], sites, {}, 9, 'Conv');
    expect(near.map((each) => [each.kind, 'index' in each && each.index])).toEqual([
      ['near', 0],
      ['near', 1],
    ]);
  });

  it('says what is looked for where the operator is another, or only its neighbours are', () => {
    expect(whyNot([fold], sites, {}, 3, 'Relu')).toMatchObject([
      { kind: 'other', text: 'Looks for Conv → BatchNormalization; this node is Relu.' },
    ]);
    expect(whyNot([fold], sites, {}, 3, 'Conv')).toMatchObject([
      { kind: 'elsewhere', text: expect.stringContaining('the neighbours of this Conv are others') },
    ]);
  });

  it('falls back to what the pass is for', () => {
    expect(whyNot([dead], { dead: found('dead') }, {}, 3, 'Relu')).toMatchObject([
      { kind: 'elsewhere', text: 'Why dead.' },
    ]);
  });

  it('knows what is still looked for, what failed and what may not be used', () => {
    const error = { code: 'internal', message: 'It broke.', data: {} } as const;
    const unavailable = { fold: found('fold', { unavailable: 'Not on WASM.' }) };
    expect(whyNot([fold], {}, {}, 1, 'Conv')).toEqual([{ pass: fold, kind: 'waiting' }]);
    expect(whyNot([fold], {}, { fold: error }, 1, 'Conv')).toMatchObject([{ kind: 'failed', text: 'It broke.' }]);
    expect(whyNot([fold], unavailable, {}, 1, 'Conv')).toMatchObject([{ kind: 'unavailable', text: 'Not on WASM.' }]);
  });

  it('answers at once with 20 000 nodes in sites: places are indexed once', () => {
    const many = found('fold', { sites: Array.from({ length: 20_000 }, (_, i) => site(`s${i}`, [i])) });
    whyNot([fold], { fold: many }, {}, 0, 'Conv');
    const start = performance.now();
    for (let node = 0; node < 20_000; node++) whyNot([fold], { fold: many }, {}, node, 'Conv');
    expect(performance.now() - start).toBeLessThan(500);
  });
});
