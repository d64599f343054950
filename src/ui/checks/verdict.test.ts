import { describe, expect, it, vi } from 'vitest';
import type { Exactness } from '../../base/exactness.ts';
import type { Verdict, VerifyResult } from '../../verify/types.ts';

vi.stubGlobal('navigator', { platform: 'Linux' });
const { lookOf, meaningOf } = await import('./VerdictBadge.tsx');

const result = (verdict: Verdict, exactness: Exactness, cosines: readonly number[] = [1]): VerifyResult => ({
  ok: verdict === 'agrees',
  verdict,
  class: exactness,
  message: '',
  outputs: cosines.map((cosine, index) => ({
    name: `y${index}`,
    maxAbs: 0,
    maxRel: 0,
    cosine,
    sqnr: 0,
    top1: null,
    allowed: 0,
    ok: true,
  })),
  runs: [],
  level: 'all',
  backend: 'wasm',
  inputs: [],
  ms: 0,
});

describe('a verdict in words', () => {
  it('shows the worst cosine of an approximation instead of saying that it agrees', () => {
    const look = lookOf(result('agrees', 'approximation', [0.998, 0.602, Number.NaN]));
    expect([look.word, look.tone]).toEqual(['cosine 0.602', 'changed']);
    expect(meaningOf(result('agrees', 'approximation'))).toContain('not judged');
    expect(lookOf(result('agrees', 'approximation', [Number.NaN])).word).toBe('approximates');
  });

  it('keeps the other verdicts, an approximation that breaks among them', () => {
    expect(lookOf(result('agrees', 'bits')).word).toBe('bit-exact');
    expect(lookOf(result('agrees', 'order')).word).toBe('agrees');
    expect(lookOf(result('differs', 'approximation')).tone).toBe('error');
    expect(lookOf(result('uninformative', 'approximation')).tone).toBe('warning');
  });
});
