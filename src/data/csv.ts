import { checkText, refuse } from './refuse.ts';
import type { DataTensor } from './types.ts';

/** Rows of cells; the separator is the first of comma, semicolon and tab that the first line has. Quotes may wrap cells. */
export interface CsvTable {
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
}

/** The first line is a header when one of its cells is no number and is not empty. */
export function parseCsv(file: string, bytes: Uint8Array): CsvTable {
  const text = decodeText(file, bytes);
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const first = lines[0];
  if (first === undefined) throw refuse('bad-file', file, 'it is empty. Give rows of numbers.');
  const separator = [',', ';', '\t'].find((each) => first.includes(each)) ?? ',';
  const rows = lines.map((line) => cellsOf(line, separator));
  const width = rows[0]?.length ?? 0;
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd >= 0) {
    throw refuse(
      'bad-file',
      file,
      `row ${odd + 1} has ${rows[odd]?.length ?? 0} cells, the first has ${width}. Give every row as many.`,
    );
  }
  const isHeader = rows.length > 1 && rows[0]?.some((cell) => cell !== '' && Number.isNaN(Number(cell)));
  return isHeader ? { header: rows[0] ?? null, rows: rows.slice(1) } : { header: null, rows };
}

/** Numbers as float32 `[rows, columns]`. Throws `bad-file` at the first cell that is none. */
export function readCsv(file: string, bytes: Uint8Array): DataTensor {
  const { header, rows } = parseCsv(file, bytes);
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, y) =>
    row.forEach((cell, x) => {
      const value = cell === '' ? NaN : Number(cell);
      if (Number.isNaN(value) && !/^nan$/i.test(cell)) {
        const place = `row ${y + (header ? 2 : 1)}, column ${header?.[x] ?? x + 1}`;
        throw refuse('bad-file', file, `${place} is "${cell.slice(0, 40)}", which is no number. Give numbers only.`);
      }
      data[y * width + x] = value;
    }),
  );
  return { dtype: 'float32', shape: [rows.length, width], data };
}

function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let [cell, quoted] = ['', false];
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (char === '"' && quoted && line[i + 1] === '"') cell += line[++i] ?? '';
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return [...cells, cell.trim()];
}

/** UTF-8 text. Throws `bad-file` where the bytes are none, `unsupported` beyond 64 MiB. */
export function decodeText(file: string, bytes: Uint8Array): string {
  checkText(file, bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('bad-file', file, 'it is no text in UTF-8. Convert it, or give another kind of file.');
  }
}
