import { describe, expect, test } from 'vitest';
import { isOnLoopback, refusalOf, type Asking } from './origin.ts';

const asking = (host: string | undefined, origin: string | undefined, more: Partial<Asking> = {}): Asking => ({
  host,
  origin,
  scheme: 'https',
  remoteAddress: '192.168.1.7',
  ...more,
});
const NAMES = ['studio.local'];

describe('the relay', () => {
  test('takes pages of its own addresses and names', () => {
    const own = ['192.168.1.5:4174', 'studio.local:4174', 'localhost:4174', '127.0.0.1:4174', '[::1]:4174', '10.0.0.2'];
    for (const host of own) expect(refusalOf(asking(host, `https://${host}`), NAMES)).toBeNull();
    expect(refusalOf(asking('Studio.Local:4174', 'https://studio.local:4174'), NAMES)).toBeNull();
    expect(refusalOf(asking('192.168.1.5:80', 'http://192.168.1.5', { scheme: 'http' }), NAMES)).toBeNull();
    expect(refusalOf(asking('192.168.1.5:443', 'https://192.168.1.5'), NAMES)).toBeNull();
  });

  test('refuses pages of elsewhere, of another port or scheme, and those that do not say', () => {
    const host = '192.168.1.5:4174';
    const strangers = ['https://evil.test', 'https://192.168.1.5:9', 'http://192.168.1.5:4174', 'null', undefined];
    for (const origin of strangers) {
      expect(refusalOf(asking(host, origin), NAMES)).toBe('Only pages of this studio may connect.');
    }
  });

  test('refuses a strange name that was bent to point here, though its origin agrees', () => {
    expect(refusalOf(asking('evil.test:4174', 'https://evil.test:4174'), NAMES)).toMatch(/not known as evil\.test/);
    expect(refusalOf(asking('studio.local.evil.test', 'https://studio.local.evil.test'), NAMES)).toMatch(/not known/);
    expect(refusalOf(asking('127.0.0.1.evil.test', 'https://127.0.0.1.evil.test'), NAMES)).toMatch(/not known/);
  });

  test('refuses a Host that is none', () => {
    for (const host of [undefined, '', 'a b', 'x/y', 'user@192.168.1.5', '[::1', 'a:b:c']) {
      expect(refusalOf(asking(host, 'https://x'), NAMES)).toMatch(/Host header/);
    }
  });
});

describe('a page on this machine', () => {
  test('is one that asks from loopback at a loopback name', () => {
    for (const remoteAddress of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(isOnLoopback(asking('localhost:4173', undefined, { remoteAddress }))).toBe(true);
    }
    expect(isOnLoopback(asking('localhost:4173', undefined))).toBe(false);
    expect(isOnLoopback(asking('studio.local:4173', undefined, { remoteAddress: '127.0.0.1' }))).toBe(false);
    expect(isOnLoopback(asking('localhost.evil.test', undefined, { remoteAddress: '127.0.0.1' }))).toBe(false);
    expect(isOnLoopback(asking('localhost', undefined, { remoteAddress: undefined }))).toBe(false);
  });
});
