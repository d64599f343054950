import { describe, expect, it } from 'vitest';
import { widthParts, widthsOf } from './prune-detail.ts';

const text = (parts: ReturnType<typeof widthParts>): string | undefined =>
  parts?.map((part) => (part.kind === 'old' ? `[${part.text}]` : part.text)).join('');

describe('the widths of a node', () => {
  const taken = { before: 64, after: 48, taken: true };
  const given = { before: 64, after: 40, taken: false };

  it('stand beside the old ones: what is taken first, what is given last', () => {
    expect(text(widthParts('3×3 64→64', [taken, given]))).toBe('3×3 [64] 48→[64] 40');
    expect(text(widthParts('3×3 64→64', [given]))).toBe('3×3 64→[64] 40');
    expect(text(widthParts('1×1 32→192', [{ before: 192, after: 112, taken: false }]))).toBe('1×1 32→[192] 112');
  });

  it('are no part of longer numbers', () => {
    expect(widthParts('3×3 640→164', [given])).toBeNull();
  });

  it('stand alone where a node has no attributes, the given one before the taken one', () => {
    expect(text(widthParts('', [taken, given]))).toBe('[64] 40');
    expect(widthParts('', [])).toBeNull();
  });

  it('are those of the mark where no others are known', () => {
    const mark = { before: 64, after: 48, role: 'in axis', cut: null };
    expect(widthsOf(mark, null)).toEqual([taken]);
    expect(widthsOf({ ...mark, after: 64 }, null)).toEqual([]);
    expect(widthsOf(mark, [taken, given])).toHaveLength(2);
  });
});
