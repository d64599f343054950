import { defined } from '../../base/assert.ts';
import { CodedError } from '../../base/error.ts';
import { int } from '../../ir/attribute.ts';
import type { Attribute, Model, Node } from '../../ir/model.ts';
import { floats, int64s } from '../../ir/tensor.ts';
import { sizeOf, staticShape, type ValueId } from '../../ir/types.ts';
import { anchorName } from '../../rewrite/graphs.ts';
import type { Mask } from './mask.ts';

/** The kernel of a convolution, of any of its sizes. */
export interface KernelMask {
  /** By the name of what the convolution gives. */
  readonly conv: string;
  /** Which size it has: 1 for one of them, else 0. */
  readonly masks: readonly Mask[];
  /** Learnt maps from the middle of the next larger kernel: [taps, taps] by size, largest first; at first they change nothing. */
  readonly transforms: readonly { readonly size: number; readonly value: ValueId }[];
}

interface KernelGene {
  /** Its place in a genome. */
  readonly gene: number;
  /** Sizes, ascending; the last is what the convolution has. */
  readonly choices: readonly number[];
  readonly conv: string;
}

/**
 * The weight of a convolution becomes W = Σ sₖ·pad(Wₖ), where Wₖ = Tₖ · middle(Wₖ₊), k₊ being the next larger size, and
 * Tₖ is shared by all channels (Cai et al. 2020, Once for All, section 3.3). A kernel in zeros gives what it gives alone
 * with padding that is less by as much. In place.
 */
export function maskKernel(masked: Model, { gene, choices, conv }: KernelGene): KernelMask {
  const node = nodeOf(masked, conv);
  const weight = defined(node.inputs[1], 'a weight');
  const { type } = masked.getValue(weight);
  const shape =
    masked.graph.initializers.get(weight)?.shape ?? (type?.kind === 'tensor' ? staticShape(type.shape) : null);
  if (!shape) throw refused(conv);
  const write = new Write(masked, `supernet/${conv}`);
  const full = shape.slice(2);
  const [masks, transforms]: [Mask[], { size: number; value: ValueId }[]] = [[], []];
  const parts: ValueId[] = [];
  const chosen = (size: number, value: ValueId): void => {
    const name = `supernet/${conv}/size ${size}`;
    const { id } = masked.addInitializer(masked.graph, name, floats([], [0]));
    masks.push({ value: id, name, of: (genome) => floats([], [Number(choices[genome[gene] ?? 0] === size)]) });
    parts.push(write.op('Mul', [value, id]));
  };
  const sizes = choices.toReversed();
  chosen(defined(sizes[0], 'a size'), weight);
  let [now, kernel] = [weight, full];
  for (const size of sizes.slice(1)) {
    const smaller = kernel.map((each) => Math.min(each, size));
    const [transform, taps] = [write.identity(sizeOf(smaller), `transform ${size}`), sizeOf(smaller)];
    transforms.push({ size, value: transform });
    const middle = write.middle(now, kernel, smaller);
    const planes = write.reshape(middle, [-1, taps]);
    now = write.reshape(write.op('Gemm', [planes, transform], { transB: int(1) }), [...shape.slice(0, 2), ...smaller]);
    kernel = smaller;
    chosen(size, write.around(now, kernel, full));
  }
  masked.setInput(
    node,
    1,
    parts.reduce((sum, each) => write.op('Add', [sum, each])),
  );
  return { conv, masks, transforms };
}

function nodeOf(model: Model, conv: string): Node {
  for (const id of model.graph.nodes) {
    const node = model.getNode(id);
    if (/^(Conv|FusedConv)$/.test(node.opType) && anchorName(model, node) === conv) return node;
  }
  throw refused(conv);
}

const refused = (conv: string): CodedError =>
  new CodedError('unsupported', `No convolution with a known weight gives ${conv}: its kernel cannot be masked.`, {
    value: conv,
  });

class Write {
  private readonly model: Model;
  private readonly scope: string;

  constructor(model: Model, scope: string) {
    this.model = model;
    this.scope = scope;
  }

  op(opType: string, inputs: readonly ValueId[], attributes: Readonly<Record<string, Attribute>> = {}): ValueId {
    const name = `${this.scope}/${opType} ${this.model.graph.nodes.size}`;
    const { outputs } = this.model.addNode(this.model.graph, {
      opType,
      name,
      inputs,
      outputs: [name],
      attributes: Object.entries(attributes),
    });
    return defined(outputs[0], 'an output');
  }

  ints(values: readonly number[]): ValueId {
    const name = `${this.scope}/ints ${this.model.graph.initializers.size}`;
    return this.model.addInitializer(this.model.graph, name, int64s(values)).id;
  }

  identity(size: number, name: string): ValueId {
    const data = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
    return this.model.addInitializer(this.model.graph, `${this.scope}/${name}`, floats([size, size], data)).id;
  }

  reshape = (value: ValueId, shape: readonly number[]): ValueId => this.op('Reshape', [value, this.ints(shape)]);

  /** Of every kernel of a weight [M, C, …kernel]. */
  middle(value: ValueId, kernel: readonly number[], smaller: readonly number[]): ValueId {
    const starts = kernel.map((size, axis) => (size - (smaller[axis] ?? size)) / 2);
    const ends = starts.map((start, axis) => start + (smaller[axis] ?? 0));
    const axes = kernel.map((_, axis) => axis + 2);
    return this.op('Slice', [value, this.ints(starts), this.ints(ends), this.ints(axes)]);
  }

  /** Zeros around every kernel. */
  around(value: ValueId, kernel: readonly number[], full: readonly number[]): ValueId {
    const pads = [0, 0, ...kernel.map((size, axis) => ((full[axis] ?? size) - size) / 2)];
    return this.op('Pad', [value, this.ints([...pads, ...pads])]);
  }
}
