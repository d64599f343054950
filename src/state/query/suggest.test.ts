import { describe, expect, it } from 'vitest';
import { mobileNetView } from '../../testing/view.ts';
import { findMatches } from '../search.ts';
import { suggest } from './suggest.ts';

const view = mobileNetView();
const texts = (text: string, caret = text.length): readonly string[] =>
  suggest(view, text, caret).items.map((item) => item.text);

describe('suggestions', () => {
  it('are operators of the model, the most frequent first, then fields', () => {
    expect(texts('c')).toEqual(['Conv', 'Clip', 'cost:']);
    expect(texts('co')).toEqual(['Conv', 'cost:']);
    expect(texts('').slice(0, 3)).toEqual(['op:', 'name:', 'shape:']);
  });

  it('are the values of a field, the last of several first of all', () => {
    expect(texts('op:Cl')).toEqual(['op:Clip']);
    expect(texts('op:Conv,Cl')).toEqual(['op:Conv,Clip']);
    expect(texts('dtype:')).toContain('dtype:float32');
    expect(texts('cost:')).toEqual(['cost:>1%', 'cost:>5%']);
    expect(texts('in:features.1').length).toBeGreaterThan(1);
  });

  it('take the place of the word at the caret, also after a sign of a path', () => {
    expect(suggest(view, 'Conv > Cl', 9)).toMatchObject({ from: 7, to: 9 });
    expect(suggest(view, 'Conv > Cl', 2)).toMatchObject({ from: 0, to: 2 });
    expect(suggest(view, '-op:Cl', 6).items.map((item) => item.text)).toEqual(['op:Clip']);
    expect(suggest(view, 'cost:>1', 7)).toMatchObject({ from: 0, to: 7 });
  });

  it('can be read as they stand', () => {
    for (const start of ['op:', 'dtype:', 'family:', 'cost:', 'macs:', 'params:', 'bytes:', 'in:']) {
      const all = texts(start);
      expect(all.length).toBeGreaterThan(0);
      for (const text of all) expect(findMatches(view, text).error).toBeNull();
    }
  });
});
