import type { Elements, ElementType } from './elements.ts';

/** A file of a data set, read when it is needed: a `File` in the page, a path in Node. */
export interface DataFile {
  /** Its path inside what was opened, with `/` between folders: `cat/001.png`. */
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

/** Elements in row-major order; float16 as 16-bit patterns, bool as bytes of 0 and 1. */
export interface DataTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: Elements;
}

/** What a model input is fed with. */
export type FeedTensor =
  | DataTensor
  | { readonly dtype: 'string'; readonly shape: readonly number[]; readonly data: readonly string[] };
export type DataFeeds = Readonly<Record<string, FeedTensor>>;

/** An input of a model: numbers are fixed sizes, symbols and null are free; a null shape has no known rank. */
export interface InputPort {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string | null)[] | null;
}

/** Pixels of 8 bits as `[height, width, channels]`. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** Gray or RGB; transparency is dropped. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** One sample before preprocessing. */
export type Sample =
  | { readonly kind: 'image'; readonly image: Image }
  /** One row of an array: the shape lacks the sample axis. */
  | { readonly kind: 'array'; readonly tensor: DataTensor }
  /** Whole inputs of a model by name, with whatever batch axis they have. */
  | { readonly kind: 'feeds'; readonly tensors: DataFeeds }
  | { readonly kind: 'tokens'; readonly ids: Int32Array }
  /** No content of its own: what noise is drawn from. */
  | { readonly kind: 'seed'; readonly seed: number };

/** How a text is cut: windows of `length` tokens (`bos` counted) that start `stride` tokens apart; a rest is left out. */
export interface TextWindow {
  readonly length: number;
  readonly stride: number;
  /** Whether each window begins with the tokenizer's begin-of-sequence token. */
  readonly bos: boolean;
}

export interface TextInfo {
  readonly tokenizer: string;
  /** Ids are below it. */
  readonly vocabulary: number;
  /** Tokens of the whole text. */
  readonly tokens: number;
  /** Whether the tokenizer has a begin-of-sequence token. */
  readonly hasBos: boolean;
  readonly window: TextWindow;
}

interface DataSetBase {
  readonly name: string;
  readonly count: number;
  /** Decodes sample `index` now; nothing is kept. Throws `bad-file` or `unsupported` with the file's name. */
  sample(index: number): Promise<Sample>;
  /** The class of each sample. */
  readonly labels?: Int32Array;
  readonly labelNames?: readonly string[] | undefined;
  /** The file of each sample, where each is a file. */
  readonly files?: readonly string[];
}

export interface TextDataSet extends DataSetBase {
  readonly kind: 'text';
  readonly text: TextInfo;
  /** The same text in other windows; null for a part of a data set, whose samples are fixed. */
  readonly rewindow: ((window: TextWindow) => TextDataSet) | null;
}

export type DataSet = (DataSetBase & { readonly kind: 'images' | 'array' | 'feeds' | 'synthetic' }) | TextDataSet;
