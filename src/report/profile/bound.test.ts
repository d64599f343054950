import { describe, expect, it } from 'vitest';
import { profileRow, roofline } from './fixture.ts';
import { boundOf, three } from './bound.ts';

const words = (patch: Parameters<typeof profileRow>[0]): string | undefined =>
  boundOf(profileRow(patch), roofline)?.words.replaceAll('\u202f', ' ');

describe('what limits a node', () => {
  it('is the memory left of the ridge, and how near it comes to the bandwidth', () => {
    // 1 MB takes 0.1 ms at 10 GB/s, 1 MFLOP 0.01 ms at 100 GFLOP/s.
    expect(words({ ms: 0.2, bytes: 1e6, flops: 1e6 })).toBe('memory-bound: 50.0 % of 10 GB/s');
  });

  it('is the arithmetic right of the ridge', () => {
    expect(words({ ms: 2, bytes: 1e6, flops: 1e8 })).toBe('compute-bound: 50.0 % of 100 GFLOP/s');
  });

  it('changes sides exactly at the ridge, peak ÷ bandwidth', () => {
    const kind = (flops: number) => boundOf(profileRow({ ms: 1, bytes: 1e6, flops }), roofline)?.kind;
    expect(kind(9.99e6)).toBe('memory');
    expect(kind(10.01e6)).toBe('compute');
  });

  it('is the start of its kernels where the work is less than that', () => {
    expect(words({ ms: 0.02, bytes: 100, flops: 100 })).toBe('dispatch-bound: starting is 50.0 % of its 20 µs');
    expect(words({ ms: 0.1, calls: 8, bytes: 100, flops: 100 })).toContain('80.0 % of its 100 µs');
  });

  it('says where data cannot have come from memory, and where a limit is far', () => {
    expect(words({ ms: 0.05, bytes: 1e6, flops: 1e6 })).toBe(
      'memory-bound: 200.0 % of 10 GB/s, so it is read from cache',
    );
    expect(words({ ms: 2, bytes: 1e6, flops: 1e6 })).toBe('memory-bound: 5.0 % of 10 GB/s, far below it');
  });

  it('leaves out what the runtime moves for the node', () => {
    expect(words({ ms: 0.5, movedMs: 0.3, bytes: 1e6, flops: 1e6 })).toBe('memory-bound: 50.0 % of 10 GB/s');
  });

  it('is not told of unknown work, nor without a time', () => {
    expect(boundOf(profileRow({ bytes: null }), roofline)).toBeNull();
    expect(boundOf(profileRow({ flops: null }), roofline)).toBeNull();
    expect(boundOf(profileRow({ ms: null }), roofline)).toBeNull();
  });

  it('is written with three digits', () => {
    expect([1234.5, 96.04, 5.711, 0.36789].map(three)).toEqual(['1235', '96', '5.71', '0.368']);
  });
});
