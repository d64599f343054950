import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { blobFiles } from './external-browser.ts';
import { folderFiles } from './external-node.ts';
import { checkLocation } from './external.ts';

describe('a location', () => {
  it.each([
    ['weights.bin', 'weights.bin'],
    ['./weights.bin', 'weights.bin'],
    ['a//b/./c.data', 'a/b/c.data'],
    ['..weights', '..weights'],
    ['100%.bin', '100%.bin'],
    ['größe.bin', 'größe.bin'],
  ])('%s may be read', (location, plain) => expect(checkLocation(location, 'w')).toBe(plain));

  it.each([
    '',
    '..',
    '../w',
    'a/../w',
    'a/..',
    '/w',
    '//host/w',
    '\\\\host\\w',
    'a\\w',
    'c:/w',
    'C:w',
    'file:///w',
    'http://host/w',
    '%2e%2e/w',
    'a%2Fw',
    'a\0b',
    'a\nb',
  ])('%j is refused', (location) => {
    expect(() => checkLocation(location, 'w')).toThrow(CodedError);
  });
});

describe('files in a folder', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'whittle-'));
    mkdirSync(join(root, 'model', 'inner'), { recursive: true });
    writeFileSync(join(root, 'secret.bin'), 'secret');
    writeFileSync(join(root, 'model', 'w.bin'), '0123456789');
    writeFileSync(join(root, 'model', 'inner', 'v.bin'), 'abc');
    symlinkSync(join(root, 'secret.bin'), join(root, 'model', 'link.bin'));
    symlinkSync(root, join(root, 'model', 'up'));
    symlinkSync(join(root, 'model', 'w.bin'), join(root, 'model', 'near.bin'));
    symlinkSync(join(root, 'model'), join(root, 'model-link'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('are read in ranges', () => {
    const files = folderFiles(join(root, 'model'));
    expect(files.size('w.bin')).toBe(10);
    expect(Buffer.from(files.read('w.bin', 2, 3)).toString()).toBe('234');
    expect(Buffer.from(files.read('inner/v.bin', 0, 3)).toString()).toBe('abc');
    expect(files.size('none.bin')).toBeNull();
    expect(() => files.read('none.bin', 0, 1)).toThrow('Weights lie in none.bin, which was not given.');
    files.close();
  });

  it('are hashed piece by piece, as the whole file would be', () => {
    const bytes = Uint8Array.from({ length: (9 << 20) + 5 }, (_, i) => i % 251);
    writeFileSync(join(root, 'model', 'long.bin'), bytes);
    const files = folderFiles(join(root, 'model'));
    expect(files.sha256?.('long.bin')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(() => files.sha256?.('none.bin')).toThrow('which was not given');
    files.close();
  });

  it('are refused where a link leads out of the folder, and read where it stays inside', () => {
    const files = folderFiles(join(root, 'model'));
    expect(() => files.size('link.bin')).toThrow('link.bin is a link that leads out of the folder of the model.');
    expect(() => files.size('up/secret.bin')).toThrow(CodedError);
    expect(files.size('near.bin')).toBe(10);
    files.close();
  });

  it('are found in a folder that is itself behind a link', () => {
    const files = folderFiles(join(root, 'model-link'));
    expect(files.size('w.bin')).toBe(10);
    files.close();
  });
});

const dropped = (name: string, path: string): File => ({ name, size: 4, webkitRelativePath: path }) as unknown as File;

describe('files that were dropped', () => {
  it('are found by their path below the dropped folder, else by their name', () => {
    const files = blobFiles([dropped('w.bin', 'model/sub/w.bin'), dropped('v.bin', '')]);
    expect(files.size('sub/w.bin')).toBe(4);
    expect(files.size('elsewhere/v.bin')).toBe(4);
    expect(files.size('u.bin')).toBeNull();
  });
});
