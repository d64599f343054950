/** Bytes of a file that are read only where they are asked for. */
export interface ByteSource {
  readonly name: string;
  /** Of the whole file, bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; both lie inside of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** One tensor as a header tells of it. */
export interface ListedTensor {
  readonly name: string;
  /** As the format calls it; one that this build does not know keeps its number or name, and says that it is unknown. */
  readonly dtype: string;
  /** Row-major: the last axis lies closest together. */
  readonly shape: readonly number[];
  /** Of its first byte, in the file. */
  readonly offset: number;
  /** Null: the element type is not known, so neither is the length. */
  readonly bytes: number | null;
}

export interface Remark {
  readonly key: string;
  /** A long list is cut: its first entries, and how many there are. */
  readonly value: string;
}

/** What the header of a file of tensors says. No tensor is read. */
export interface TensorFile {
  readonly name: string;
  readonly format: 'safetensors' | 'GGUF';
  /** Of the format; null: it has none. */
  readonly version: number | null;
  /** Of the file. */
  readonly bytes: number;
  /** From the beginning to the first tensor. */
  readonly headerBytes: number;
  readonly metadata: readonly Remark[];
  readonly tensors: readonly ListedTensor[];
  /** What is odd and does no harm. */
  readonly notes: readonly string[];
}

export interface TypeTotal {
  readonly dtype: string;
  readonly tensors: number;
  readonly parameters: number;
  /** Null: the length of its elements is not known. */
  readonly bytes: number | null;
}
