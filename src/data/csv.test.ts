import { describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('CSV', () => {
  it('is read with or without a header, by comma, semicolon or tab, with quotes and either line end', () => {
    const expected = { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2.5, 3e2, 4, 5, 6) };
    for (const text of [
      '1,-2.5,3e2\n4,5,6\n',
      'a,b,c\r\n1,-2.5,3e2\r\n4,5,6',
      '1;-2.5;3e2\n4;5;6',
      '"x"\t"y"\t"z"\n"1"\t-2.5\t3e2\n4\t5\t6\n\n',
    ]) {
      expect(readCsv('x', utf8(text))).toEqual(expected);
    }
  });

  it('is refused at the row and column that is no number', () => {
    const cases: readonly [string, RegExp][] = [
      ['a,b\n1,2\n3,x', /^f: row 3, column b is "x", which is no number/],
      ['1,2\n3,', /row 2, column 2 is ""/],
      ['1,2\n3', /row 2 has 1 cells, the first has 2/],
      [' \n', /empty/],
    ];
    for (const [text, message] of cases) expect(() => readCsv('f', utf8(text))).toThrow(message);
    expect(() => readCsv('f', Uint8Array.of(0xff, 0xfe, 0x31))).toThrow(/no text in UTF-8/);
  });
});
