import type { AttributeType } from '../ir/model.ts';
import type { Shape } from '../ir/types.ts';

/** A tensor that the inspector can ask for: the constant behind a value, or one inside of an attribute. */
export type TensorRef =
  | { readonly value: number }
  | { readonly node: number; readonly attribute: string; readonly index: number };

/** A node as others speak of it. */
export interface NodeRef {
  readonly node: number;
  readonly opType: string;
  readonly name: string;
}

/**
 * How an attribute stands: written in the file; not written, so that the specification's default holds; not written and
 * without a default; or not written although it is required.
 */
export type Standing = 'written' | 'default' | 'unset' | 'missing';

export interface AttributeTensor {
  readonly ref: TensorRef;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly picture: PictureKind | null;
}

export interface AttributeDetail {
  readonly name: string;
  readonly type: AttributeType;
  readonly standing: Standing;
  /** Written with the very value that it would have by default. */
  readonly redundant: boolean;
  /** The operator's specification knows it at this version. */
  readonly known: boolean;
  /** In one line, long lists shortened; '' where there is no value. */
  readonly text: string;
  /** The whole value where `text` is shortened. */
  readonly full: string | null;
  /** Tensors that can be looked into. */
  readonly tensors: readonly AttributeTensor[];
  /** Subgraphs: nodes inside, those of inner graphs included, and one to jump to. */
  readonly graphs: readonly { readonly name: string; readonly nodes: number; readonly first: number | null }[];
}

/** What a value was in the opened model. `kept` of `of` places on `axis`. */
export type OriginDetail =
  | { readonly relation: 'same' | 'scaled'; readonly name: string }
  | {
      readonly relation: 'sliced';
      readonly name: string;
      readonly axis: number;
      readonly kept: number;
      readonly of: number | null;
    }
  | { readonly relation: 'new' };

/** How a constant is best drawn; null: not at all (a scalar, strings). */
export type PictureKind = 'kernels' | 'matrix' | 'line';

export interface PortDetail {
  readonly slot: string;
  /** Null: an optional input that is left out. */
  readonly value: number | null;
  readonly optional: boolean;
  readonly name: string;
  /** `float32 1×192×28×28`. */
  readonly type: string;
  readonly dtype: string | null;
  /** Null: the rank is unknown, or it is no tensor. */
  readonly shape: Shape;
  readonly constant: boolean;
  /** Bytes of a constant. */
  readonly bytes: number | null;
  /** An input or output of its graph. */
  readonly isInput: boolean;
  readonly isOutput: boolean;
  /** That graph is a subgraph or the body of a function. */
  readonly isInner: boolean;
  readonly producer: NodeRef | null;
  /** The first consumers, each once, without the node itself. */
  readonly consumers: readonly NodeRef[];
  readonly consumerCount: number;
  /** Axis of a weight along which the output channels lie. */
  readonly channelAxis: number | null;
  readonly picture: PictureKind | null;
  /** Null: unchanged. */
  readonly origin: OriginDetail | null;
}

/** The step and rule that made a node. `stop`: the first stop of the recipe that has it. */
export interface MadeBy {
  readonly rule: string;
  readonly title: string;
  readonly stop: number;
}

export interface NodeDetail {
  readonly node: number;
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly family: string;
  /** Version of the operator set that gives the operator its meaning here; 0: unknown. */
  readonly since: number;
  /** Version of the operator set that the model imports; 0: none. */
  readonly opset: number;
  readonly documentation: string | null;
  /** What the operator does, in a sentence; null where the table has none. */
  readonly summary: string | null;
  readonly attributes: readonly AttributeDetail[];
  readonly inputs: readonly PortDetail[];
  readonly outputs: readonly PortDetail[];
  readonly macs: number | null;
  readonly elementwise: number | null;
  readonly parameters: number;
  readonly movedBytes: number | null;
  /** Nodes of the opened model that it stands for. */
  readonly ancestors: readonly NodeRef[];
  /** Values that those made in the opened model and that are gone. */
  readonly gone: readonly string[];
  readonly madeBy: MadeBy | null;
}

/** Least and greatest finite element of each place along an axis; NaN where it has none. */
export interface ChannelRanges {
  readonly axis: number;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** A constant in numbers, over its finite elements; all NaN where there is none (strings, complex numbers). */
export interface TensorStats {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Elements. */
  readonly size: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population. */
  readonly std: number;
  readonly zeros: number;
  readonly nans: number;
  /** Elements that are +∞ and −∞. */
  readonly infinities: readonly [above: number, below: number];
  /** Counts over equal bins from min to max. */
  readonly histogram: Float64Array;
  readonly channels: ChannelRanges | null;
}

/** How a cell of a picture speaks for the elements under it: their mean, or the one of largest magnitude. */
export type Pooling = 'mean' | 'extreme';

export interface PictureRequest {
  readonly kind: PictureKind;
  readonly pooling: Pooling;
  /** Kernels: the input channel; 'all': the mean over them; 'color': three of them as red, green and blue. */
  readonly channel: number | 'all' | 'color';
  /** Kernels: axis of the output channels. */
  readonly channelAxis: number;
  /** Kernels: the first one. Matrices: which one of a stack. */
  readonly from: number;
}

/** A constant as a small array to paint. */
export interface TensorPicture {
  readonly kind: PictureKind;
  /**
   * Kernels: [tiles, height, width, colors]; a matrix: [1, height, width, 1]; a line: [2, 1, width, 1], the least and
   * the greatest element under each cell.
   */
  readonly data: Float32Array;
  readonly tiles: number;
  readonly height: number;
  readonly width: number;
  readonly colors: 1 | 3;
  /** Largest magnitude: what the ends of the colour ramp stand for. */
  readonly limit: number;
  /** The first tile or matrix, and how many there are. */
  readonly from: number;
  readonly count: number;
  /** Input channels that kernels can be looked at by. */
  readonly channels: number;
  /** Size of what is drawn, in elements; with a larger step a cell pools several. */
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Elements in words, from a flat index on, exact. */
export interface TensorValues {
  readonly from: number;
  readonly size: number;
  readonly shape: readonly number[];
  readonly texts: readonly string[];
}
