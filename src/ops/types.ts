import type { Node } from '../ir/model.ts';
import type { DataType, Dim, GraphId, Shape, ValueType } from '../ir/types.ts';
import type { Family } from '../ir/view.ts';

/**
 * Small tensor contents, flattened row-major: numbers, symbols, or null for a single unknown element. Booleans are 0
 * and 1. Kept for shape arithmetic, for at most `CONTENTS_LIMIT` elements.
 */
export type Contents = readonly Dim[];
export const CONTENTS_LIMIT = 256;

/** What a body (If branch, Loop or Scan body) gives back: one entry per output. */
export interface BodyResult {
  readonly types: readonly (ValueType | null)[];
  readonly contents: readonly (Contents | null)[];
}

/** What a rule sees of a node: its attributes, and what is known of its inputs. Indices are input slots. */
export interface InferContext {
  readonly node: Node;
  /** Version of the operator set that the node's domain is imported at. */
  readonly version: number;
  has(index: number): boolean;
  type(index: number): ValueType | null;
  /** Shape of a tensor input; null: its rank is unknown, or it is no tensor. */
  shape(index: number): Shape;
  /** `undefined` (the ONNX element type): unknown. */
  dtype(index: number): DataType;
  /** Contents of a small tensor input; null: unknown. */
  contents(index: number): Contents | null;
  /** An input whose contents can never change: a constant, or computed from constants alone. */
  isFixed(index: number): boolean;
  /** Declared type of a subgraph's formal input. */
  formal(graph: GraphId, index: number): ValueType | null;
  /** Infers a subgraph; `inputs` are the types (and contents, where known) that its formal inputs get. */
  infer(graph: GraphId, inputs: Types, contents?: readonly (Contents | null)[]): BodyResult;
  /** Says that the model contradicts itself here; inference goes on. */
  warn(message: string): void;
  /** Says what was taken for granted here. */
  assume(message: string): void;
}

/** A cost rule sees output types too. Sizes are numbers: symbols have been bound. */
export interface CostContext extends InferContext {
  outputType(index: number): ValueType | null;
  outputShape(index: number): Shape;
  /** Elements of an input or output; null: unknown. An absent slot has 0. */
  size(index: number): number | null;
  outputSize(index: number): number | null;
  /** Work of one run of a subgraph, with the types that inference left in it. */
  bodyWork(graph: GraphId): Work;
}

/**
 * `macs`: multiply-accumulates of GEMM-class work (a bias is the start value of the sum, and free). `elementwise`:
 * operations of everything else. Null: unknown.
 */
export interface Work {
  readonly macs: number | null;
  readonly elementwise: number | null;
  /** Bytes that the kernels inside a subgraph move; rows of plain operators leave it out. */
  readonly moved?: number | null;
}

export type Types = readonly (ValueType | null)[];
export type InferRule = (context: InferContext) => Types;
/** Contents of the outputs; `outputs` are the types that `infer` gave. */
export type EvaluateRule = (context: InferContext, outputs: Types) => readonly (Contents | null)[];
export type WorkRule = (context: CostContext) => Work;

/** What an operator means: one row of the table. */
export interface OpRow {
  readonly family: Family;
  /**
   * Slot names, as the operator specification has them: `X W B? → Y`. `?` marks an optional slot (also one that older
   * versions have as an attribute), `…` one that repeats.
   */
  readonly signature: string;
  /** Versions of the operator set that define or change the operator, ascending. */
  readonly since: readonly number[];
  /** False: two runs with equal inputs may differ (random numbers, training-mode dropout). */
  readonly deterministic?: false;
  /** The first output is the first input under another shape: no kernel, no bytes. */
  readonly view?: true;
  /** The first output may overwrite an input of equal size that nobody needs any more. */
  readonly inPlace?: true;
  readonly infer: InferRule;
  readonly evaluate?: EvaluateRule;
  readonly work: WorkRule;
}

export type OpTable = Readonly<Record<string, OpRow>>;
