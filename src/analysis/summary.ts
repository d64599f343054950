/** A tensor interface as it is shown: name, element type, dimensions (symbols as strings, `?` unknown). */
export interface IoSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[] | null;
}

/** What `inspect` prints and the chips show. Unknown numbers are null, never 0. */
export interface ModelSummary {
  readonly nodes: number;
  /** Unique elements of initializers after tying; also of Constant nodes. */
  readonly parameters: number;
  /** Bytes of the written file, external data included. */
  readonly bytes: number;
  readonly macs: number | null;
  readonly elementwise: number | null;
  readonly peakActivationBytes: number | null;
  readonly movedBytes: number | null;
  /** Version of ai.onnx. */
  readonly opset: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly inputs: readonly IoSummary[];
  readonly outputs: readonly IoSummary[];
  /** Values whose shape could not be inferred. */
  readonly unknownShapes: number;
  /** Symbols that were given a size so that costs could be counted: `batch_size` → 1. */
  readonly assumed: Readonly<Record<string, number>>;
}
