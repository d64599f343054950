import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSet, requireWritable, writeFile } from './write-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-write-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function* failing(): Generator<Uint8Array> {
  yield new Uint8Array([1, 2, 3]);
  throw new Error('the source ended');
}

describe('a file that is written', () => {
  it('is there as a whole, from text, bytes or pieces', () => {
    writeFile(at('a'), 'é');
    writeFile(at('b'), new Uint8Array([1, 2]));
    writeFile(at('c'), [new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])]);
    expect(['a', 'b', 'c'].map((name) => [...readFileSync(at(name))])).toEqual([
      [0xc3, 0xa9],
      [1, 2],
      [1, 2, 3],
    ]);
  });

  it('stays as it was where the new one fails half way', () => {
    writeFileSync(at('kept'), 'old');
    expect(() => writeFile(at('kept'), failing())).toThrow('the source ended');
    expect(readFileSync(at('kept'), 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('is not there without the others of its set', () => {
    const files = new FileSet();
    files.put(at('first'), 'x');
    expect(() => files.put(at('second'), failing())).toThrow();
    files.keep();
    expect(readdirSync(folder).filter((name) => /first|second/.test(name))).toEqual([]);
  });
});

describe('a place for a file', () => {
  it('is refused by its option where nothing can be written', () => {
    expect(() => requireWritable(folder, 'out')).toThrow(`--out ${folder} cannot be written: it is a folder.`);
    expect(() => requireWritable(at('no/x'), 'out')).toThrow('there is no folder');
    expect(() => requireWritable(at('fresh'), 'out')).not.toThrow();
  });
});
