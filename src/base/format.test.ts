import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesPair,
  countPair,
  cutLeft,
  formatBytes,
  formatChange,
  formatCount,
  formatError,
  formatInteger,
  formatMs,
  formatOff,
  formatPair,
  formatRatio,
  formatRatioInterval,
  formatShape,
  formatShare,
  formatSigned,
  formatSignedBytes,
  formatSignedCount,
  formatValue,
  msPair,
  plural,
  THIN,
} from './format.ts';

/** Reads better in the tables below: a plain space stands for the thin one. */
const plain = (text: string): string => text.replaceAll(THIN, ' ');
const rows = <T>(name: string, write: (value: T) => string, table: readonly (readonly [T, string])[]): void => {
  it.each(table)(`${name} %s is "%s"`, (value, text) => expect(plain(write(value))).toBe(text));
};

describe('whole numbers', () => {
  rows('the integer', formatInteger, [
    [0, '0'],
    [9999, '9999'],
    [10240, '10 240'],
    [1234567, '1 234 567'],
    [-9408, '−9408'],
    [-0.4, '0'],
    [null, '–'],
    [Number.NaN, '–'],
  ]);
  rows('the count', formatCount, [
    [156, '156'],
    [9999, '9999'],
    [10_000, '10.0 k'],
    [338_688, '339 k'],
    [3_504_872, '3.50 M'],
    [300_800_000, '300.8 M'],
    [999_960_000, '1.00 G'],
    [4_820_000_000, '4.82 G'],
    [null, '–'],
  ]);
  rows('the change of a count', formatSigned, [
    [-50, '−50'],
    [3, '+3'],
    [0, '±0'],
    [-10_240, '−10 240'],
  ]);
  it('gives a delta of a large count its sign and unit', () => {
    expect(plain(formatSignedCount(2_400_000))).toBe('+2.40 M');
    expect(plain(formatSignedBytes(-201_000))).toBe('−201 kB');
    expect(plain(formatSignedBytes(0))).toBe('±0 B');
  });
});

describe('sizes in bytes', () => {
  rows('the size', formatBytes, [
    [0, '0 B'],
    [312, '312 B'],
    [999, '999 B'],
    [999.6, '1.0 kB'],
    [6912, '6.9 kB'],
    [760_000, '760 kB'],
    [14_180_000, '14.18 MB'],
    [250_400_000, '250.4 MB'],
    [6_430_000_000, '6.43 GB'],
    [null, '–'],
  ]);
  it('writes the unit of a pair once', () => {
    expect(plain(formatPair(bytesPair(14_180_000, 7_620_000)))).toBe('14.18 → 7.62 MB');
    expect(plain(formatPair(countPair(300_800_000, null)))).toBe('300.8 → – M');
    expect(plain(formatPair(countPair(156, 106)))).toBe('156 → 106');
    expect(plain(formatPair(bytesPair(900, 1_400)))).toBe('0.9 → 1.4 kB');
  });
  it('uses decimal units that never show 1000 of a smaller one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (bytes) => {
        const [number, unit] = plain(formatBytes(bytes)).split(' ');
        expect(unit === 'TB' || Number(number) < 1000).toBe(true);
      }),
    );
  });
});

describe('changes', () => {
  it.each([
    [14_180, 7_620, '−46.3 %'],
    [100, 100, 'same'],
    [10_000, 10_004, 'same'],
    [10_000, 10_006, '+0.1 %'],
    [100, 250, '+150.0 %'],
    [0, 5, 'new'],
    [null, 5, '–'],
  ])('from %s to %s is "%s"', (before, after, text) => expect(plain(formatChange(before, after))).toBe(text));
  rows('the share', formatShare, [
    [0, '0 %'],
    [0.0001, '<0.1 %'],
    [0.348, '34.8 %'],
    [1, '100.0 %'],
    [null, '–'],
  ]);
  rows('the share by which something is off', formatOff, [
    [0, '0 %'],
    [0.0004, '<0.1 %'],
    [-0.0004, '<0.1 %'],
    [0.0321, '+3.2 %'],
    [-0.004, '−0.4 %'],
    [null, '–'],
  ]);
});

describe('measurements', () => {
  rows('the time', formatMs, [
    [0, '0 ms'],
    [0.0042, '4.20 µs'],
    [0.0843, '84.3 µs'],
    [0.21, '0.21 ms'],
    [7.624, '7.62 ms'],
    [18.94, '18.9 ms'],
    [158.4, '158 ms'],
    [1240, '1.24 s'],
    [200_000, '3 min 20 s'],
    [null, '–'],
  ]);
  rows('the ratio', formatRatio, [
    [1.634, '1.63×'],
    [0.94, '0.94×'],
    [12.44, '12.4×'],
    [null, '–'],
  ]);
  it('carries the interval of a ratio', () => {
    expect(formatRatioInterval(1.63, [1.58, 1.68])).toBe('1.63×, 1.58 to 1.68');
    expect(formatRatioInterval(1.63, null)).toBe('1.63×');
  });
  it('gives two times one unit', () => {
    expect(plain(formatPair(msPair(18.94, 11.61)))).toBe('18.9 → 11.6 ms');
    expect(plain(formatPair(msPair(1240, 980)))).toBe('1.24 → 0.98 s');
  });
  rows('the error', formatError, [
    [0, '0'],
    [3.14e-6, '3.1e−6'],
    [0.0047, '4.7e−3'],
    [12, '1.2e1'],
    [Infinity, '∞'],
    [null, '–'],
  ]);
  rows('the value', formatValue, [
    [0, '0'],
    [-0.8123, '−0.812'],
    [0.00001234, '1.2e−5'],
    [123_456, '1.2e5'],
    [6, '6'],
    [-Infinity, '−∞'],
  ]);
});

describe('words', () => {
  rows('the shape', formatShape, [
    [[1, 192, 14, 14], '1×192×14×14'],
    [['N', null, 3], 'N×?×3'],
    [[], 'scalar'],
    [null, '?'],
  ]);
  it('counts in words', () => {
    expect(plural(1, 'site')).toBe('1 site');
    expect(plural(50, 'site')).toBe('50 sites');
    expect(plural(2, 'near miss', 'near misses')).toBe('2 near misses');
  });
  it('keeps the end of a name that is too long', () => {
    expect(cutLeft('/features.7/conv/Conv', 10)).toBe('…conv/Conv');
    expect(cutLeft('Conv', 10)).toBe('Conv');
  });
});
