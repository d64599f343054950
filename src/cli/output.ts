import { paintFor, widthOf, type Paint } from './terminal.ts';

/** Where a command writes: one JSON object or text on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** For the lines of a result. */
  readonly paint: Paint;
  /** The result: printed as JSON with `--json`, else as the lines given. */
  result(value: unknown, lines: readonly string[]): void;
  note(line: string): void;
}

/** @param before called before anything is written: progress makes room */
export function createOutput(json: boolean, before: () => void = () => {}): Output {
  const print = (stream: NodeJS.WriteStream, text: string): void => {
    before();
    stream.write(text);
  };
  return {
    json,
    paint: json ? (_, text) => text : paintFor(process.stdout),
    result: (value, lines) => print(process.stdout, json ? `${stringify(value)}\n` : `${lines.join('\n')}\n`),
    note: (line) => print(process.stderr, `${line}\n`),
  };
}

/** JSON has no NaN nor infinity: both become null, which stands for "unknown" everywhere. */
const stringify = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'number' && !Number.isFinite(each)) return null;
    if (typeof each === 'bigint') return Number(each);
    return ArrayBuffer.isView(each) && !(each instanceof DataView) ? [...(each as unknown as number[])] : each;
  });

/** Left-aligned columns, numbers to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, widthOf(cell))), []);
  const pad = (cell: string, i: number): string => ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? `${pad(cell, i)}${cell}` : `${cell}${pad(cell, i)}`))
      .join('  ')
      .trimEnd(),
  );
}
