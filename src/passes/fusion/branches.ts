import { defined } from '../../base/assert.ts';
import { attributeKey } from '../../ir/attribute-key.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import type { Build } from '../../rewrite/build.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { resultOf } from './fold-affine.ts';

/** Operators behind branches, one for each branch, that can work on all branches at once. */
export interface Step {
  readonly nodes: readonly Node[];
  /** One for each branch. */
  readonly results: readonly ValueId[];
  /** Channels of each result, where they are others than before. */
  readonly channels?: number;
  /** The step over all branches. `name` tells apart what is made at one anchor. */
  write(build: Build, wide: ValueId, name: string): Node;
}

export type StepFinder = (context: PassContext, values: readonly ValueId[]) => Step | null;

/** Elementwise, of one computed input; by domain and operator. Further inputs are constants. */
const UNARY: ReadonlySet<string> = new Set([
  ...['Relu', 'Sigmoid', 'Tanh', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'HardSigmoid', 'HardSwish'],
  ...['Softplus', 'Softsign', 'Mish', 'Gelu', 'Swish', 'Clip', 'Exp', 'Erf', 'Abs', 'Neg', 'Sqrt', 'Identity'],
  ...['com.microsoft.Gelu', 'com.microsoft.FastGelu', 'com.microsoft.QuickGelu'],
]);

const keyOf = (node: Node): string => (node.domain === '' ? node.opType : `${node.domain}.${node.opType}`);

/** The nodes that alone read the values, each at its first input; null: something else reads one, or a node reads two. */
export function soleReaders({ model }: PassContext, values: readonly ValueId[]): Node[] | null {
  const readers: Node[] = [];
  for (const value of values) {
    const { uses } = model.getValue(value);
    const [use] = uses;
    if (!use || uses.length > 1 || use.index !== 0 || model.isGraphOutput(value)) return null;
    const reader = model.getNode(use.node);
    if (reader.graph !== model.getValue(value).graph) return null;
    readers.push(reader);
  }
  const graph = readers[0]?.graph;
  const apart = new Set(readers.map(({ id }) => id)).size === readers.length;
  const plain = readers.every((each) => each.graph === graph && isWhole(each) && each.outputs.length === 1);
  return apart && plain ? readers : null;
}

/** Equal texts: the same operator, attributes and constants behind the first input; computed ones may differ. */
export function signatureOf(context: PassContext, node: Node): string {
  const attributes = [...node.attributes].map(([name, value]) => `${name}=${attributeKey(value)}`).sort();
  const further = node.inputs.slice(1).map((input) => {
    if (input === null) return '-';
    const tensor = constantOf(context, input);
    if (!tensor) return 'x';
    return tensor.size === 1 && tensor.dtype !== 'string' ? `${tensor.dtype} ${tensor.numbers()[0]}` : `value ${input}`;
  });
  return `${keyOf(node)}(${further.join()}){${attributes.join(';')}}`;
}

const areAlike = (context: PassContext, nodes: readonly Node[]): boolean =>
  new Set(nodes.map((node) => signatureOf(context, node))).size === 1;

/** The operator of the first branch, over all of them. */
const again = (build: Build, node: Node, wide: ValueId, name: string): Node =>
  build.node(node.opType, [wide, ...node.inputs.slice(1)], {
    domain: node.domain,
    attributes: node.attributes,
    label: name,
  });

/** Operators of which each branch has one, the same everywhere; `types` by domain and operator. */
export const sameOperator =
  (types: ReadonlySet<string>): StepFinder =>
  (context, values) => {
    const nodes = soleReaders(context, values);
    const [first] = nodes ?? [];
    if (!nodes || !first || !types.has(keyOf(first)) || !areAlike(context, nodes)) return null;
    const constant = first.inputs.slice(1).every((each) => each === null || constantOf(context, each) !== null);
    if (!constant) return null;
    return { nodes, results: nodes.map(resultOf), write: (build, wide, name) => again(build, first, wide, name) };
  };

export const unary = sameOperator(UNARY);

/** v·f(v) for an elementwise f, as SiLU and HardSwish are written. */
export const gate: StepFinder = (context, values) => {
  const pairs = values.map((value) => gateOf(context, value));
  const found = pairs.filter((each) => each !== null);
  const [first] = found;
  if (!first || found.length !== pairs.length) return null;
  const inner = found.map(({ inner }) => inner);
  if (!areAlike(context, inner) || inner.some(({ graph }) => graph !== first.inner.graph)) return null;
  return {
    nodes: found.flatMap(({ inner, product }) => [inner, product]),
    results: found.map(({ product }) => resultOf(product)),
    write: (build, wide, name) => {
      const inside = build.output(again(build, first.inner, wide, `${name}-gate`), `${name}-gate`, null);
      return build.node('Mul', [wide, inside], { label: name });
    },
  };
};

function gateOf({ model }: PassContext, value: ValueId): { readonly inner: Node; readonly product: Node } | null {
  const { uses } = model.getValue(value);
  if (uses.length !== 2 || model.isGraphOutput(value)) return null;
  const readers = uses.map(({ node }) => model.getNode(node));
  const inner = readers.find((each) => UNARY.has(keyOf(each)) && each.inputs.length === 1);
  const product = readers.find((each) => each.opType === 'Mul' && each.domain === '');
  const graphs = new Set([inner?.graph, product?.graph, model.getValue(value).graph]);
  if (!inner || !product || graphs.size > 1 || !isWhole(inner)) return null;
  const inside = resultOf(inner);
  const alone = model.getValue(inside).uses.length === 1 && !model.isGraphOutput(inside);
  return alone && product.inputs.includes(value) && product.inputs.includes(inside) ? { inner, product } : null;
}

/** Steps behind the values, as far as the branches are alike. */
export function stepsBehind(context: PassContext, values: readonly ValueId[], finders: readonly StepFinder[]): Step[] {
  const steps: Step[] = [];
  let at = values;
  for (;;) {
    const step = firstStep(context, at, finders);
    if (!step) return steps;
    steps.push(step);
    at = step.results;
  }
}

function firstStep(context: PassContext, values: readonly ValueId[], finders: readonly StepFinder[]): Step | null {
  for (const find of finders) {
    const step = find(context, values);
    if (step) return step;
  }
  return null;
}

/** All steps over the joined branches, one behind the other. */
export function writeSteps(build: Build, steps: readonly Step[], wide: ValueId): Node {
  const [last, ...before] = [...steps].reverse();
  let value = wide;
  before.reverse().forEach((step, i) => {
    const name = `step${i + 1}`;
    value = build.output(step.write(build, value, name), name, null);
  });
  return defined(last, 'a step').write(build, value, `step${steps.length}`);
}
