import type { Job, Progress } from '../base/job.ts';
import { createJob } from '../base/job.ts';

/** Where a command writes: one JSON object or text on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** The result: printed as JSON with `--json`, else as the lines given. */
  result(value: unknown, lines: readonly string[]): void;
  note(line: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, lines) => process.stdout.write(json ? `${stringify(value)}\n` : `${lines.join('\n')}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
  };
}

/** JSON has no NaN nor infinity: both become null, which stands for "unknown" everywhere. */
const stringify = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'number' && !Number.isFinite(each)) return null;
    if (typeof each === 'bigint') return Number(each);
    return ArrayBuffer.isView(each) && !(each instanceof DataView) ? [...(each as unknown as number[])] : each;
  });

const describe = ({ stage, done, total }: Progress): string =>
  done === undefined ? stage : `${stage} ${done}${total === undefined ? '' : `/${total}`}`;

/** Progress on stderr, on a terminal only; Ctrl+C cancels the job before it ends the process. */
export function terminalJob(): Job {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const live = process.stderr.isTTY;
  return createJob(controller.signal, (progress) => {
    if (live) process.stderr.write(`\r\u001b[K${describe(progress)}`);
  });
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

/** Left-aligned columns, numbers to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
