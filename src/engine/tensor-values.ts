import type { Tensor } from '../ir/tensor.ts';
import type { TensorValues } from './detail-types.ts';
import { Elements } from './tensor-elements.ts';

/** More than this at once is not read by anybody. */
const MOST = 10_000;
const LONGEST = 400;
const utf8 = new TextDecoder();

/** The shortest decimal number that is the same float32. */
function float32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function stringText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function numberTexts(tensor: Tensor, from: number, to: number): string[] {
  const elements = new Elements(tensor);
  const { dtype } = tensor;
  if (dtype === 'int64' || dtype === 'uint64') return Array.from(elements.stored(from, to), String);
  const values = elements.numbers(from, to);
  const text = dtype === 'float64' || dtype === 'complex128' ? String : float32Text;
  if (dtype === 'bool') return Array.from(values, (value) => (value === 0 ? 'false' : 'true'));
  if (!dtype.startsWith('complex')) return Array.from(values, text);
  return Array.from({ length: to - from }, (_, i) => {
    const imaginary = values[2 * i + 1] ?? NaN;
    return `${text(values[2 * i] ?? NaN)} ${imaginary < 0 ? '-' : '+'} ${text(Math.abs(imaginary))}i`;
  });
}

/** Elements `from` to `from + count` (cut at the end, and at 10 000) as exact decimal numbers, or as strings. */
export function tensorValues(tensor: Tensor, from: number, count: number): TensorValues {
  const { size, shape } = tensor;
  const start = Math.max(0, Math.min(size, Math.floor(from)));
  const end = Math.min(size, start + Math.min(MOST, count));
  const texts =
    tensor.dtype === 'string' ? tensor.strings().slice(start, end).map(stringText) : numberTexts(tensor, start, end);
  return { from: start, size, shape, texts };
}
