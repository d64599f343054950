import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDelta,
  formatError,
  formatInteger,
  formatMeasured,
  formatMs,
  formatPair,
  formatRatio,
  formatShare,
  plural,
} from './format.ts';

const plain = (text: string): string => text.replaceAll('\u2009', ' ');

describe('numbers as people read them', () => {
  it('groups digits from five on', () => {
    expect([0, 9999, 10240, -1204731].map((value) => plain(formatInteger(value)))).toEqual([
      '0',
      '9999',
      '10 240',
      '−1 204 731',
    ]);
  });

  it('gives measurements three significant digits, also where rounding adds one', () => {
    expect([18.94, 0.2104, 9.996, 99.96, 1634.2, 0, 0.00000314].map(formatMeasured)).toEqual([
      '18.9',
      '0.210',
      '10.0',
      '100',
      '1634',
      '0',
      '3.1e−6',
    ]);
  });

  it('scales counts and bytes in decimal units', () => {
    expect([151, 999_999, 300_800_000, 4.82e9].map((value) => plain(formatCount(value)))).toEqual([
      '151',
      '999 999',
      '300.8 M',
      '4.82 G',
    ]);
    expect([0, 999, 25_700, 7_620_000, 2.13e9].map((value) => plain(formatBytes(value)))).toEqual([
      '0 B',
      '999 B',
      '25.70 kB',
      '7.62 MB',
      '2.13 GB',
    ]);
    expect(plain(formatMs(12_345))).toBe('12.3 s');
  });

  it('writes the unit of a pair once, in the unit of the larger', () => {
    expect(formatPair('bytes', 14_180_000, 762_000).map(plain)).toEqual(['14.18', '0.76 MB']);
    expect(formatPair('ms', 18.9, null)).toEqual(['18.9\u2009ms', '–']);
  });

  it('signs every difference and calls less than 0.05 % the same', () => {
    expect([-6_360_000, 0, 2_400_000].map((value) => plain(formatDelta('bytes', value)))).toEqual([
      '−6.36 MB',
      '±0',
      '+2.40 MB',
    ]);
    expect(plain(formatChange(14.18, 7.62))).toBe('−46.3 %');
    expect(formatChange(10_000, 10_001)).toBe('same');
    expect(plain(formatChange(1, 1.5))).toBe('+50.0 %');
  });

  it('shows what is unknown as a dash, never as 0', () => {
    const shown = [
      formatInteger(null),
      formatMeasured(Number.NaN),
      formatBytes(undefined),
      formatChange(null, 3),
      formatChange(0, 3),
      formatDelta('count', null),
      formatShare(null),
      formatRatio(null),
      formatError(null),
    ];
    expect(shown).toEqual(Array.from({ length: 9 }, () => '–'));
  });

  it('writes ratios, shares, errors and counted nouns', () => {
    expect([
      formatRatio(1.634),
      plain(formatShare(0.583)),
      formatError(3.14e-6),
      formatError(0),
      formatError(1),
    ]).toEqual(['1.63×', '58 %', '3.1e−6', '0', '1']);
    expect([plural(1, 'site'), plural(50, 'site')]).toEqual(['1 site', '50 sites']);
  });
});
