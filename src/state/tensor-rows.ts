import type { ListedTensor } from '../formats/types.ts';

export type TensorColumn = 'order' | 'name' | 'dtype' | 'shape' | 'bytes';

/** How a table of tensors is looked at. `order` is that of the file. */
export interface TensorLook {
  readonly search: string;
  readonly column: TensorColumn;
  readonly down: boolean;
}

const elements = ({ shape }: ListedTensor): number => shape.reduce((product, dim) => product * dim, 1);

const COMPARE: Readonly<Record<TensorColumn, (a: ListedTensor, b: ListedTensor) => number>> = {
  order: () => 0,
  name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
  dtype: (a, b) => a.dtype.localeCompare(b.dtype, 'en', { numeric: true }),
  shape: (a, b) => elements(a) - elements(b),
  bytes: (a, b) => (a.bytes ?? -1) - (b.bytes ?? -1),
};

/** The tensors whose name or type holds every word of the search, in the order that is wanted; equal ones as in the file. */
export function tensorRows(tensors: readonly ListedTensor[], { search, column, down }: TensorLook): ListedTensor[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = tensors.filter(({ name, dtype }) => {
    const text = `${name} ${dtype}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const compare = COMPARE[column];
  return found.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
}
