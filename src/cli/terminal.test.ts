import { describe, expect, it } from 'vitest';
import { table } from './output.ts';
import { createReporter } from './progress.ts';
import { hasColors, paintFor } from './terminal.ts';

const [terminal, file] = [{ isTTY: true }, {}];

describe('colours', () => {
  it.each([
    [terminal, {}, true],
    [file, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [file, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [file, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('on %j with %j: %s', (stream, env, expected) => expect(hasColors(stream, env)).toBe(expected));

  it('take no room in a table', () => {
    const paint = paintFor(terminal, {});
    const rows = table([
      [paint('red', 'no'), 'x'],
      ['long', 'y'],
    ]);
    expect(rows).toEqual([`${paint('red', 'no')}    x`, 'long  y']);
    expect(paintFor(file, {})('red', 'no')).toBe('no');
  });
});

describe('progress', () => {
  function written(isTTY: boolean, asked: boolean, steps: readonly (readonly [number, string, number])[]): string[] {
    const lines: string[] = [];
    let time = 0;
    const stream = { isTTY, columns: 40, write: (text: string) => lines.push(text) };
    const reporter = createReporter(stream, asked, () => time);
    for (const [at, stage, done] of steps) {
      time = at;
      reporter.report({ stage, done, total: 9 });
    }
    reporter.clear();
    return lines;
  }
  const steps = [
    [0, 'Reading', 1],
    [10, 'Reading', 2],
    [100, 'Reading', 3],
    [110, 'Writing', 1],
    [1200, 'Writing', 2],
  ] as const;

  it('is one line on a terminal, written now and then, that goes away', () => {
    expect(written(true, false, steps)).toEqual([
      '\r\u001b[KReading 1/9',
      '\r\u001b[KReading 3/9',
      '\r\u001b[KWriting 2/9',
      '\r\u001b[K',
    ]);
  });

  it('is nothing elsewhere', () => expect(written(false, false, steps)).toEqual([]));

  it('is lines where it is asked for: each stage, then one a second', () => {
    expect(written(false, true, steps)).toEqual(['Reading 1/9\n', 'Writing 1/9\n', 'Writing 2/9\n']);
  });
});
