import type { ElementType } from './elements.ts';
import type { ResizeFilter } from './resize.ts';

/** How samples become inputs: a plain object that a person sees, edits and keeps. */
export type Preprocess = ImagePreprocess | ArrayPreprocess | TextPreprocess | FeedsPreprocess | SyntheticPreprocess;

/**
 * Images, in this order: colours, resize, centre crop, `(pixel · scale − mean) / std` for each channel, layout, shape.
 * Pixels are 0 to 255.
 */
export interface ImagePreprocess {
  readonly kind: 'image';
  /** The model input that is fed. */
  readonly input: string;
  readonly channels: 'rgb' | 'bgr' | 'gray';
  readonly resize: Resize | null;
  readonly crop: { readonly width: number; readonly height: number } | null;
  readonly scale: number;
  /** One number for each channel, in the order of `channels`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Of one sample: `[C, H, W]` or `[H, W, C]`. */
  readonly layout: 'nchw' | 'nhwc';
  /** Of one sample without the batch axis; as many elements as the layout gives. */
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** To a length of the shorter side, the other in proportion (rounded down, as torchvision does), or to exact sizes. */
export type Resize =
  | { readonly to: 'shorter'; readonly size: number; readonly filter: ResizeFilter }
  | { readonly to: 'exact'; readonly width: number; readonly height: number; readonly filter: ResizeFilter };

/** Rows of an array: `(x · scale − mean) / std`, then the shape. */
export interface ArrayPreprocess {
  readonly kind: 'array';
  readonly input: string;
  readonly scale: number;
  readonly mean: number;
  readonly std: number;
  /** Of one sample without the batch axis. */
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** What an input that only accompanies the tokens is filled with. */
export type Fill = 'ones' | 'zeros' | 'positions';

export interface TextPreprocess {
  readonly kind: 'text';
  /** The input that takes token ids. */
  readonly input: string;
  readonly dtype: ElementType;
  /** Tokens a sample, `bos` counted, and how far windows are apart; applied by `prepared`. */
  readonly length: number;
  readonly stride: number;
  readonly bos: boolean;
  /** The other inputs, of the shape of the tokens. */
  readonly fill: Readonly<Record<string, Fill>>;
}

/** Recorded inputs, as they are: the array of the data for each model input. */
export interface FeedsPreprocess {
  readonly kind: 'feeds';
  readonly names: Readonly<Record<string, string>>;
}

/** Seeded noise for models without data. It says nothing of accuracy. */
export interface SyntheticPreprocess {
  readonly kind: 'synthetic';
  /** Floats: N(0, 1), or uniform in [0, 1) as images are. */
  readonly floats: 'normal' | 'uniform';
  /** Integers are drawn from [0, ids), and within what their type holds. */
  readonly ids: number;
  /** Of one sample of each input, without the batch axis where that is free. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly fill: Readonly<Record<string, Fill>>;
}

/** A proposal with its reasons: what was chosen where the model does not say. */
export interface Proposal {
  readonly preprocess: Preprocess;
  readonly notes: readonly string[];
}
