import { describe, expect, it } from 'vitest';
import type { BenchResult, Timing } from '../../bench/types.ts';
import { QUIET, timingOf } from '../../testing/timing.ts';
import { agentName } from './agent.ts';
import { entryTitle, sampleRows, samplesCsv } from './samples.ts';
import {
  FIRST,
  fitSetup,
  optionsText,
  readEntries,
  requestOf,
  settingsHere,
  withOption,
  writeEntries,
  type Setup,
} from './setup.ts';

const timing = (samples: readonly number[]): Timing => timingOf(samples, { warmups: 5 });
const result = (b: Timing | null): BenchResult => ({
  backend: 'wasm',
  level: 'all',
  threads: 1,
  a: timing([1.25, 2]),
  b,
  ratio: null,
  interval: null,
  verdict: null,
  conditions: QUIET,
  software: false,
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
  it('is named by its stops, and by the second file', () => {
    const second = 'other.onnx';
    expect(entryTitle({ a: 0, b: 3, second: null })).toBe('Original against step 3');
    expect(entryTitle({ a: 2, b: 0, second: null })).toBe('Step 2 against the original');
    expect(entryTitle({ a: 1, b: null, second: null })).toBe('Step 1 alone');
    expect(entryTitle({ a: 0, b: 0, second: null })).toBe('Original against itself');
    expect(entryTitle({ a: 0, b: 'second', second })).toBe('Original against other.onnx');
    expect(entryTitle({ a: 'second', b: 2, second })).toBe('other.onnx against step 2');
  });

  const here = { stops: 3, hasSecond: false, capabilities: { webgpu: null, webnn: null, maxThreads: 4 } };
  const card = { adapter: 'card', f16: true, software: false };

  it('falls back to stops, files and backends that exist', () => {
    const setup: Setup = { ...FIRST, backend: 'webgpu', a: 4, b: 'second', several: ['wasm 1', 'webgpu 1'] };
    expect(fitSetup(setup, here)).toMatchObject({ backend: 'wasm', a: 2, b: 2, several: ['wasm 1'] });
    const capabilities = { ...here.capabilities, webgpu: card };
    expect(fitSetup(setup, { ...here, hasSecond: true, capabilities })).toMatchObject({
      backend: 'webgpu',
      b: 'second',
      several: ['wasm 1', 'webgpu 1'],
    });
    expect(fitSetup({ ...setup, a: 0, b: null }, here).b).toBe(null);
  });

  it('may take turns at 1, 2, 4, … and all threads, and on every backend that is here', () => {
    const ids = (maxThreads: number) =>
      settingsHere({ webgpu: card, webnn: ['npu'], maxThreads }).map(({ title }) => title);
    expect(ids(6)).toEqual([
      'WASM, 1 thread',
      'WASM, 2 threads',
      'WASM, 4 threads',
      'WASM, 6 threads',
      'WebGPU',
      'WebNN',
    ]);
    expect(settingsHere(null).map(({ id }) => id)).toEqual(['wasm 1']);
  });
});

describe('session options', () => {
  it('are left out of the request where none is set', () => {
    const setup: Setup = { ...FIRST, a: 0, b: 1 };
    expect(requestOf(setup).loads).toBe(undefined);
    const options = { a: {}, b: withOption({}, 'arena', false) };
    expect(requestOf({ ...setup, options }).loads).toEqual({ a: {}, b: { arena: false } });
    expect(withOption(options.b, 'arena', undefined)).toEqual({});
  });

  it('are read line by line, and written in words', () => {
    const config = { 'session.disable_prepacking': '1', 'optimization.x': 'a=b' };
    expect(readEntries(writeEntries(config))).toEqual(config);
    expect(readEntries(' \n')).toEqual({});
    expect(readEntries('=1')).toBe(null);
    expect(optionsText({ level: 'basic', arena: false, config: { k: 'v' } })).toBe(
      'level basic · memory arena off · k=v',
    );
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
