import type { FunctionDef, Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { isInteger, type Dim, type Shape, type ValueId, type ValueType } from '../ir/types.ts';
import { isTensor } from '../ops/shapes.ts';
import { CostModel } from './cost.ts';
import { Inference, type AnalysisNote } from './inference.ts';

/**
 * What is known of a model without running it. Made once per revision by `analyze(model)`; never changes the model.
 */
export interface Analysis {
  /** Inferred type (declared where inference is silent); null: unknown. */
  type(value: ValueId): ValueType | null;
  shape(value: ValueId): Shape;
  dtype(value: ValueId): string | null;
  /** The constant behind a value: an initializer, or the output of a Constant node; null: not constant. */
  constant(value: ValueId): Tensor | null;
  /** Small integer contents (shape arithmetic), symbols allowed; null: unknown. Rank 0 and 1 only. */
  ints(value: ValueId): readonly Dim[] | null;
  /** As `ints`, of any rank (row-major) and element type; booleans are 0 and 1. */
  contents(value: ValueId): readonly Dim[] | null;
  /** Same dimension for sure: equal numbers or equal symbols. */
  sameShape(a: ValueId, b: ValueId): boolean;
  /**
   * Costs with symbols assumed to be 1 (see ModelSummary.assumed) and inputs that have a default initializer left at
   * it; null: unknown.
   */
  cost(node: Node): NodeCost;
  readonly model: Model;
  /**
   * What follows from the graph's inputs, constants and operators alone. Files also declare shapes of intermediate
   * values (`value_info`), which nothing enforces when a model runs: good enough to show, not to rewrite by.
   */
  readonly proven: Analysis;
  /** The model had no value or node of this id or above. */
  readonly frontier: number;
  /** Symbols left open, sorted; an unnamed dimension of an input is `?input.axis`. */
  readonly symbols: readonly string[];
  /** Where the model contradicts itself. */
  readonly warnings: readonly AnalysisNote[];
  /** What was taken for granted: a constant table that symbols cut is long enough. */
  readonly assumptions: readonly AnalysisNote[];
  /** Type with every open symbol taken as 1, as costs see it. */
  assumedType(value: ValueId): ValueType | null;
  /** Nodes of the main graph in running order. */
  readonly order: readonly Node[];
  /** The model's own function that a node calls; null: none. */
  functionOf(node: Node): FunctionDef | null;
}

export interface NodeCost {
  /** Multiply-accumulates of GEMM-class work. Null: the operator or a shape is unknown. */
  readonly macs: number | null;
  /** Operations of elementwise, normalisation and pooling work, counted apart. */
  readonly elementwise: number | null;
  /** Elements of the node's own constants (shared ones counted at every use). */
  readonly parameters: number;
  readonly weightBytes: number;
  /** Bytes of its outputs. */
  readonly activationBytes: number | null;
  /** Inputs + outputs + weights, bytes. */
  readonly movedBytes: number | null;
}

export interface AnalyzeOptions {
  /** Sizes for symbols: `{ batch: 8 }`. */
  readonly bind?: Readonly<Record<string, number>>;
  /** Of an earlier state of the model: what has not changed since is not worked out again. */
  readonly after?: Analysis | undefined;
}

class ModelAnalysis implements Analysis {
  readonly model: Model;
  private readonly inference: Inference;
  readonly frontier: number;
  private readonly bind: Readonly<Record<string, number>>;
  private readonly believes: boolean;
  private assumed: Inference | null = null;
  private costs: CostModel | null = null;
  private proof: ModelAnalysis | null = null;
  /** What `proven` starts from. */
  private earlierProof: Inference | null;

  constructor(model: Model, { bind = {}, after }: AnalyzeOptions, proves?: { readonly after: Inference | null }) {
    this.model = model;
    this.frontier = model.frontier;
    this.bind = bind;
    this.believes = proves === undefined;
    const earlier = after instanceof ModelAnalysis ? after : null;
    this.earlierProof = earlier?.proof?.inference ?? earlier?.earlierProof ?? null;
    this.inference = new Inference(model, bind, {
      believes: this.believes,
      after: proves ? proves.after : (earlier?.inference ?? null),
    });
    this.inference.run();
  }

  get proven(): Analysis {
    if (!this.believes) return this;
    this.proof ??= this.declares()
      ? new ModelAnalysis(this.model, { bind: this.bind }, { after: this.earlierProof })
      : this;
    this.earlierProof = null;
    return this.proof;
  }

  private declares(): boolean {
    for (const value of this.model.values.values()) if (value.producer !== null && value.type !== null) return true;
    return false;
  }

  get symbols(): readonly string[] {
    return [...this.inference.symbols].sort();
  }
  get warnings(): readonly AnalysisNote[] {
    return this.inference.warnings;
  }
  get assumptions(): readonly AnalysisNote[] {
    return this.inference.assumptions;
  }
  get order(): readonly Node[] {
    return this.inference.order(this.model.graph);
  }
  type(value: ValueId): ValueType | null {
    return this.inference.typeOf(value);
  }
  shape(value: ValueId): Shape {
    const type = this.type(value);
    return isTensor(type) ? type.shape : null;
  }
  dtype(value: ValueId): string | null {
    const type = this.type(value);
    return isTensor(type) && type.dtype !== 'undefined' ? type.dtype : null;
  }
  constant(value: ValueId): Tensor | null {
    return this.inference.constants.get(value) ?? null;
  }

  ints(value: ValueId): readonly Dim[] | null {
    const type = this.type(value);
    if (!isTensor(type) || !isInteger(type.dtype) || type.shape === null || type.shape.length > 1) return null;
    return this.contents(value);
  }

  contents(value: ValueId): readonly Dim[] | null {
    const type = this.type(value);
    const contents = this.inference.contentsOf(value);
    if (!isTensor(type) || !isInteger(type.dtype)) return contents;
    // A saturated number is exact enough to be read off a constant ("to the end"), not to be computed with.
    const saturated = contents?.some((each) => typeof each === 'number' && Math.abs(each) >= Number.MAX_SAFE_INTEGER);
    return saturated && this.constant(value) === null ? null : contents;
  }

  sameShape(a: ValueId, b: ValueId): boolean {
    const left = this.shape(a);
    const right = this.shape(b);
    if (left === null || right === null || left.length !== right.length) return false;
    return left.every((dim, i) => dim !== null && dim === right[i]);
  }

  functionOf(node: Node): FunctionDef | null {
    return this.inference.functionOf(node);
  }

  cost(node: Node): NodeCost {
    this.costs ??= new CostModel(this.withSizes());
    return this.costs.cost(node);
  }
  assumedType(value: ValueId): ValueType | null {
    return this.withSizes().typeOf(value);
  }

  /** Costs want numbers: a second pass takes open symbols as 1, and inputs with a default as left alone. */
  private withSizes(): Inference {
    if (this.assumed) return this.assumed;
    const { symbols, overridable } = this.inference;
    this.assumed = this.inference;
    if (symbols.size > 0 || overridable.size > 0) {
      const ones = Object.fromEntries([...symbols].map((symbol) => [symbol, 1]));
      this.assumed = new Inference(this.model, { ...ones, ...this.bind }, { defaults: true });
      this.assumed.run();
    }
    return this.assumed;
  }
}

/**
 * Types, small integer contents and costs of a whole model: the main graph, the bodies of If, Loop and Scan (which see
 * outer values), and calls of the model's own functions. Unknown operators have unknown results (declared types fill
 * in). Reads constants only where a shape depends on them.
 */
export function analyze(model: Model, options: AnalyzeOptions = {}): Analysis {
  return new ModelAnalysis(model, options);
}
