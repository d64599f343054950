import { refusal } from './check.ts';
import { MAGIC, readGgufHeader } from './gguf-header.ts';
import { readSafetensorsHeader } from './safetensors-header.ts';
import type { ByteSource, ListedTensor, TensorFile, TypeTotal } from './types.ts';

/** Files whose header is read, by their names. */
export const isTensorFile = (name: string): boolean => /\.(safetensors|gguf)$/i.test(name);

/**
 * The header of a safetensors or GGUF file, told by how it begins; tensors are not read, so files may be of any size.
 *
 * @throws CodedError `bad-file` where it is neither, or damaged
 */
export async function readTensorFile(source: ByteSource): Promise<TensorFile> {
  if (source.size < 8) throw refusal(source, 0, `it has ${source.size} bytes, too few for safetensors or GGUF`);
  const head = await source.read(0, 4);
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  return magic === MAGIC ? readGgufHeader(source) : readSafetensorsHeader(source);
}

/** Of a tensor. */
export const parametersOf = ({ shape }: Pick<ListedTensor, 'shape'>): number =>
  shape.reduce((product, dim) => product * dim, 1);

/** What there is of each element type, the largest first. */
export function totalsOf(tensors: readonly ListedTensor[]): TypeTotal[] {
  const totals = new Map<string, { tensors: number; parameters: number; bytes: number | null }>();
  for (const tensor of tensors) {
    const total = totals.get(tensor.dtype) ?? { tensors: 0, parameters: 0, bytes: 0 };
    totals.set(tensor.dtype, {
      tensors: total.tensors + 1,
      parameters: total.parameters + parametersOf(tensor),
      bytes: total.bytes === null || tensor.bytes === null ? null : total.bytes + tensor.bytes,
    });
  }
  return [...totals]
    .map(([dtype, total]) => ({ dtype, ...total }))
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || b.parameters - a.parameters);
}
