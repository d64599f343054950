import { describe, expect, it } from 'vitest';
import { Families } from './interpolate.ts';
import { familyOf } from './families.ts';
import { estimate } from './estimate.ts';
import { emptyTable, loadTable, mergeTables, parseTables, storeTable, writeTables } from './table.ts';
import type { TableEntry } from './types.ts';

const device = { name: 'Node', backend: 'wasm', threads: 1, runtimeVersion: '1.30.0' } as const;
const conv = (inputs: number, outputs: number, group = 1): string =>
  JSON.stringify([
    [
      'Conv-11',
      [['group', String(group)]],
      [
        ['in0', 'float32', [1, inputs, 8, 8]],
        ['const float32', [outputs, inputs / group, 1, 1], null],
      ],
      1,
    ],
  ]);
const entry = (key: string, ms: number, work: number, at = 1): TableEntry => {
  return { key, operators: 'Conv', shapes: '', ms, spread: 0.1, kernels: 1, work, at };
};
const table = loadTable({
  device,
  overhead: { node: -0.001, run: 0.01, byte: 1e-7 },
  entries: [entry(conv(8, 8), 1, 64), entry(conv(16, 16), 3, 256)],
});

describe('a latency table', () => {
  it('is the same after it was written and read', () => {
    expect(parseTables(writeTables([table]))).toEqual([table]);
    expect(parseTables(writeTables([emptyTable(device)]))).toEqual([emptyTable(device)]);
  });

  it('takes the later of two times of one thing', () => {
    const other = loadTable({ ...storeTable(table), overhead: null, entries: [entry(conv(8, 8), 2, 64, 5)] });
    expect(mergeTables(table, other).entries.get(conv(8, 8))?.ms).toBe(2);
    expect(mergeTables(other, table).entries.get(conv(8, 8))?.ms).toBe(2);
    expect(mergeTables(table, other)).toMatchObject({ overhead: table.overhead });
    expect(mergeTables(table, other).entries.size).toBe(2);
  });

  const stored = storeTable(table);
  const [first] = stored.entries;
  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{', /tables\.json is no JSON/],
    ['another JSON file', '{}', /no file of latency tables/],
    ['a later version', '{"whittleLatencyTables":9}', /version 9; this Whittle reads version 1/],
    ['no tables', '{"whittleLatencyTables":1}', /no list of tables/],
    ...(
      [
        ['no device', { ...stored, device: null }, /table 1 does not say which device/],
        ['an unknown backend', { ...stored, device: { ...device, backend: 'cuda' } }, /neither wasm nor webgpu/],
        ['half a thread', { ...stored, device: { ...device, threads: 0.5 } }, /number of threads/],
        ['no overhead', { ...stored, overhead: {} }, /cost of a run/],
        ['a negative time', { ...stored, entries: [{ ...first, ms: -1 }] }, /table 1 entry 1 has no time/],
        ['a key of its own', { ...stored, entries: [{ ...first, key: 'Conv' }] }, /entry 1 has no key/],
      ] as const
    ).map(([what, one, says]) => {
      return [what, JSON.stringify({ whittleLatencyTables: 1, tables: [one] }), says] as const;
    }),
  ];
  it.each(bad)('is refused with %s', (_, text, says) => {
    expect(() => parseTables(text, 'tables.json')).toThrow(says);
    expect(() => parseTables(text, 'tables.json')).toThrow(expect.objectContaining({ code: 'bad-file' }) as Error);
  });
});

describe('between two entries', () => {
  const families = new Families(table.entries.values());

  it('times lie on the line between the neighbours by work, and rise with it', () => {
    expect(families.between(conv(8, 8), 64)?.ms).toBe(1);
    expect(families.between(conv(12, 12), 160)?.ms).toBeCloseTo(2, 12);
    const times = [64, 100, 150, 200, 256].map((work) => families.between(conv(10, 10), work)?.ms ?? NaN);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('nothing is guessed beyond them, nor of another family', () => {
    expect(families.between(conv(4, 4), 16)).toBeNull();
    expect(families.between(conv(32, 32), 1024)).toBeNull();
    expect(families.between(conv(12, 12, 12), 160)).toBeNull();
    expect(familyOf(conv(8, 8))).toBe(familyOf(conv(16, 4)));
    expect(familyOf(conv(8, 8, 8))).toBe(familyOf(conv(16, 16, 16)));
  });

  it('kernels have to be as many on both sides', () => {
    const fused = { ...entry(conv(16, 16), 3, 256), kernels: 2 };
    expect(new Families([entry(conv(8, 8), 1, 64), fused]).between(conv(12, 12), 160)).toBeNull();
  });
});

describe('an estimate', () => {
  it('is low among long samples, and the mean of groups of short ones', () => {
    expect(estimate([5, 5, 5, 5, 9, 9]).ms).toBe(5);
    // A clock of 5 µs sees a kernel of 3 µs as 5, 5, 5, 0, 0, …
    const coarse = Array.from({ length: 800 }, (_, i) => (i % 5 < 3 ? 0.005 : 0));
    expect(estimate(coarse).ms).toBeCloseTo(0.003, 4);
  });

  it('of nothing is nothing', () => {
    expect(estimate([])).toEqual({ ms: 0, spread: 0 });
    expect(estimate([0, 0])).toEqual({ ms: 0, spread: 0 });
  });
});
