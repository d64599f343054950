import { describe, expect, it } from 'vitest';
import type { BenchResult, Timing } from '../../bench/types.ts';
import { agentName } from './agent.ts';
import { entryTitle, sampleRows, samplesCsv } from './samples.ts';
import { fitSetup } from './setup.ts';

const timing = (samples: readonly number[]): Timing => ({
  median: 1,
  p95: 1,
  min: 1,
  mad: 0,
  samples,
  runsPerSample: 1,
  warmups: 5,
  startMs: 10,
  firstRunMs: 4,
});
const result = (b: Timing | null): BenchResult => ({
  backend: 'wasm',
  level: 'all',
  threads: 1,
  a: timing([1.25, 2]),
  b,
  ratio: null,
  interval: null,
  verdict: null,
  message: '',
});

describe('raw samples', () => {
  it('are written as rows, a missing time empty and never 0', () => {
    expect(samplesCsv(result(timing([0.5])))).toBe('sample,before_ms,after_ms\r\n1,1.25,0.5\r\n2,2,\r\n');
    expect(sampleRows(result(null))).toEqual([
      [1, 1.25, null],
      [2, 2, null],
    ]);
  });
});

describe('what is compared', () => {
  it('is named by its stops', () => {
    expect(entryTitle({ a: 0, b: 3 })).toBe('Original against step 3');
    expect(entryTitle({ a: 2, b: 0 })).toBe('Step 2 against the original');
    expect(entryTitle({ a: 1, b: null })).toBe('Step 1 alone');
  });

  it('falls back to stops and backends that exist', () => {
    const setup = { backend: 'webgpu', runs: 60, a: 4, b: 9 } as const;
    expect(fitSetup(setup, 3, false)).toEqual({ backend: 'wasm', runs: 60, a: 2, b: null });
    expect(fitSetup({ ...setup, a: 0, b: 2 }, 3, true)).toEqual({ backend: 'webgpu', runs: 60, a: 0, b: 2 });
  });
});

describe('the browser', () => {
  it('is named in words as far as it tells, and cut where it does not', () => {
    const chrome =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
    const safari = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.2 Safari/605.1.15';
    expect([agentName(chrome), agentName(safari)]).toEqual(['Chromium 156 on Linux', 'Safari 18 on macOS']);
    expect(agentName('x'.repeat(80))).toHaveLength(32);
  });
});
