import type { Analysis } from '../../analysis/analyze.ts';
import { nodesBelow, type Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { isInteger, sizeOf, type NodeId, type ValueId } from '../../ir/types.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import { contentsOf, dtypeOf, staticShapeOf } from '../../rewrite/known.ts';
import { literal } from '../../rewrite/literal.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** They read how long axes are, whatever the elements. */
const MEASURES = new Set(['Shape', 'Size']);

/**
 * Operators whose small results shape inference works out as the runtime does: one operation is rounded once, and
 * rounding to float64 in between changes nothing for +, −, ×, ÷ and √ of shorter floats.
 */
const EXACT = new Set(
  (
    'Identity Cast Gather Slice Concat Split Squeeze Unsqueeze Reshape Flatten Transpose Expand Tile ConstantOfShape Range ' +
    'Add Sub Mul Div Neg Abs Sqrt Reciprocal Floor Ceil Min Max Relu Clip Where Not And Or Xor Equal Greater ' +
    'GreaterOrEqual Less LessOrEqual'
  ).split(' '),
);
/** Exact on integers only: they take several steps. */
const EXACT_ON_INTEGERS = new Set(['ReduceSum', 'ReduceProd', 'ReduceMax', 'ReduceMin', 'Mod', 'CumSum']);

function isExact(context: PassContext, node: Node): boolean {
  if (node.domain !== '') return false;
  if (MEASURES.has(node.opType) || EXACT.has(node.opType)) return true;
  const [output] = outputsOf(node);
  const dtype = output === undefined ? null : dtypeOf(context, output);
  return EXACT_ON_INTEGERS.has(node.opType) && dtype !== null && isInteger(dtype);
}

const found = new WeakMap<Analysis, KnownSizes>();

/** What a model computes from sizes; worked out once for each analysis, since rewrites keep what values hold. */
export function knownSizes(context: PassContext): KnownSizes {
  const ready = found.get(context.analysis);
  if (ready) return ready;
  const made = new KnownSizes(context);
  found.set(context.analysis, made);
  return made;
}

/** What a model computes from the sizes of its values and from constants alone. */
class KnownSizes {
  private readonly context: PassContext;
  private readonly exact = new Set<ValueId>();
  /** Nodes all of whose results are known numbers. */
  readonly nodes = new Set<NodeId>();

  constructor(context: PassContext) {
    this.context = context;
    for (const node of nodesBelow(context.model, context.model.graph)) this.visit(node);
  }

  private visit(node: Node): void {
    if (!isExact(this.context, node)) return;
    const follows = node.inputs.every(
      (input) => input === null || this.exact.has(input) || constantOf(this.context, input) !== null,
    );
    if (!follows && !MEASURES.has(node.opType)) return;
    const outputs = outputsOf(node);
    for (const output of outputs) this.exact.add(output);
    if (outputs.every((output) => this.tensor(output) !== null)) this.nodes.add(node.id);
  }

  /** The contents of a value that is computed from sizes, where all of them are numbers. */
  tensor(value: ValueId): Tensor | null {
    if (!this.exact.has(value)) return null;
    const [dtype, shape] = [dtypeOf(this.context, value), staticShapeOf(this.context, value)];
    const contents = contentsOf(this.context, value);
    if (!dtype || !shape || contents?.length !== sizeOf(shape)) return null;
    const numbers = contents.filter((each) => typeof each === 'number' && Number.isFinite(each)) as number[];
    return numbers.length === contents.length ? literal(dtype, shape, numbers) : null;
  }
}
