import { describe, expect, it } from 'vitest';
import type { Verified } from '../../../state/verify-lab-store.ts';
import { resultCsv, resultJson } from './save.ts';

const error = { maxAbs: Infinity, maxRel: 0.5, cosine: 1, sqnr: 20, top1: null, allowed: 1e-4, ok: false };
const verified = {
  request: { a: 0, b: 'second' },
  result: {
    verify: {
      runs: [{ backend: 'wasm', level: 'all', ok: false, outputs: [{ name: 'y "top", 5', ...error }] }],
      failing: { name: 'seed 1', output: 'y', feeds: { x: { data: new Float32Array(4) } } },
    },
    intermediates: {
      at: { backend: 'wasm', level: 'disabled' },
      values: [{ name: 'v', producer: 'Conv a', ...error, ok: true }],
    },
  },
} as unknown as Verified;

describe('what is saved', () => {
  it('as CSV has a row for each output and each value inside', () => {
    expect(resultCsv(verified.result).trimEnd().split('\r\n')).toEqual([
      'kind,name,producer,backend,level,maxAbs,maxRel,cosine,sqnr,allowed,ok',
      'output,"y ""top"", 5",,wasm,all,Infinity,0.5,1,20,0.0001,false',
      'value,v,Conv a,wasm,disabled,Infinity,0.5,1,20,0.0001,true',
    ]);
  });

  it('as JSON keeps infinities and names the failing input without its numbers', () => {
    const text = resultJson(verified);
    expect(JSON.parse(text)).toMatchObject({
      request: { b: 'second' },
      verify: { runs: [{ outputs: [{ maxAbs: 'Infinity' }] }] },
      failingInput: 'seed 1',
    });
    expect(text).not.toContain('feeds');
  });
});
