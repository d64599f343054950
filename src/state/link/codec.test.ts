import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../recipe/types.ts';
import { decodeLink, encodeLink, fitLink, LONGEST } from './codec.ts';
import type { Link } from './types.ts';

const recipe: Recipe = {
  whittle: 1,
  backend: 'wasm',
  steps: [{ pass: 'fold-batch-norm', options: {}, sites: { except: ['r /features.0/Conv 12'] } }],
};
const plain: Link = {
  model: { sample: 'tiny' },
  recipe: null,
  stop: 0,
  node: null,
  workspace: 'studio',
  overlay: 'operator',
  query: '',
  toggled: [],
};

describe('a link', () => {
  it('names what is not as at first, and nothing else', () => {
    expect(encodeLink(plain)).toBe('v=1&sample=tiny');
    expect(encodeLink({ ...plain, node: '/a/Conv', overlay: 'macs' })).toBe(
      'v=1&sample=tiny&node=%2Fa%2FConv&overlay=macs',
    );
  });

  it('comes back as it was, whatever the names are', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const link = fc.record({
      model: fc.oneof(fc.record({ sample: name }), fc.record({ file: name })),
      recipe: fc.constantFrom(null, recipe),
      stop: fc.nat(40),
      node: fc.option(name),
      workspace: fc.constantFrom('studio' as const, 'bench' as const, 'report' as const),
      overlay: fc.constantFrom('operator' as const, 'bytes' as const, 'history' as const),
      query: fc.oneof(fc.constant(''), name),
      toggled: fc.array(name, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(link, (each) => {
        expect(decodeLink(encodeLink(each))).toEqual(each);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('is kept short: first the recipe goes, then what is folded', () => {
    const large: Recipe = {
      whittle: 1,
      steps: [{ pass: 'prune-channels', options: {}, sites: 'all', decisions: { group: noise(9000) } }],
    };
    const short = fitLink({ ...plain, recipe: large, stop: 1, node: 'n' });
    expect(short.leftOut).toEqual(['the recipe']);
    expect(decodeLink(short.text)).toEqual({ ...plain, node: 'n' });
    const shorter = fitLink({ ...plain, recipe: large, node: 'n', toggled: [noise(9000)] });
    expect(shorter.leftOut).toEqual(['the recipe', 'what is folded']);
    expect(shorter.text.length).toBeLessThanOrEqual(LONGEST);
  });

  it('is none of this studio without a version', () => {
    expect(decodeLink('')).toBeNull();
    expect(decodeLink('section-2')).toBeNull();
  });

  it.each([
    ['v=9&sample=tiny', 'version 9'],
    ['v=1', 'names no model'],
    ['v=1&sample=tiny&workspace=kitchen', 'no workspace kitchen'],
    ['v=1&sample=tiny&overlay=smell', 'no overlay smell'],
    ['v=1&sample=tiny&stop=-1', 'no stop -1'],
    ['v=1&sample=tiny&fold=%7B', 'folded cannot be read'],
    ['v=1&sample=tiny&recipe=AAAA', 'recipe cannot be read'],
    ['v=1&sample=tiny&recipe=*', 'recipe cannot be read'],
  ])('%s is refused, with the reason', (text, reason) => {
    expect(() => decodeLink(text)).toThrow(reason);
  });

  it('does not unpack more than a recipe can be', () => {
    const bomb = encodeLink({ ...plain, recipe: { ...recipe, name: 'x'.repeat(5e6) } });
    expect(() => decodeLink(bomb)).toThrow('recipe cannot be read');
  });
});

/** Text that does not compress. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  }).join('');
}
