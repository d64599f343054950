import { int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { floats, int64s } from '../../ir/tensor.ts';
import { tensorType, type Dim, type ValueId } from '../../ir/types.ts';
import { Build } from '../../rewrite/build.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Kept, KeptSide } from './follow.ts';

/** As the positions of what is kept of a run are called. */
export const KEPT_LENGTH = 'kept_sequence_length';
const END = Number.MAX_SAFE_INTEGER;
/** The least float32: no score is below it, so that what is hidden has no weight beside what is not. */
const LEAST = -3.4028234663852886e38;

/** The edits that policies are made of. */
export class KeptEdit {
  readonly build: Build;
  private readonly context: PassContext;
  private readonly kept: Kept;
  private readonly made = new Map<string, ValueId>();

  constructor(context: PassContext, kept: Kept, rule: string) {
    this.context = context;
    this.kept = kept;
    const first = kept.layers[0]!.key.concat;
    this.build = new Build(context, rule, first);
  }

  private once(name: string, make: () => ValueId): ValueId {
    const value = this.made.get(name) ?? make();
    this.made.set(name, value);
    return value;
  }

  op(
    name: string,
    opType: string,
    inputs: readonly (ValueId | null)[],
    attributes: Parameters<Build['node']>[2] = {},
  ): ValueId {
    return this.build.output(this.build.node(opType, inputs, { ...attributes, label: name }), name, null);
  }

  ints(name: string, values: readonly number[], shape?: readonly number[]): ValueId {
    return this.once(`ints ${name}`, () => this.build.constant(name, int64s(values, shape)));
  }

  /** A float32 scalar. */
  number(name: string, value: number): ValueId {
    return this.once(`number ${name}`, () => this.build.constant(`number${name}`, floats([], [value])));
  }

  /** Along one axis, which stays as one element; axes are an input from opset 18 on. */
  reduceMax(name: string, value: ValueId, axis: number): ValueId {
    const isInput = this.context.model.opset() >= 18;
    const inputs = isInput ? [value, this.ints(`axis-${axis}`, [axis])] : [value];
    const attributes = isInput ? [] : [['axes', ints([axis])] as const];
    return this.op(name, 'ReduceMax', inputs, { attributes });
  }

  /** Axes are an input from opset 13 on. */
  squeeze(name: string, opType: 'Squeeze' | 'Unsqueeze', value: ValueId, axis: number): ValueId {
    if (this.context.model.opset() >= 13) return this.op(name, opType, [value, this.ints(`axis-${axis}`, [axis])]);
    return this.op(name, opType, [value], { attributes: [['axes', ints([axis])]] });
  }

  private sizeOf(value: ValueId, axis: number, name: string): ValueId {
    const shape = this.op(`${name}-shape`, 'Shape', [value]);
    return this.op(name, 'Gather', [shape, this.ints(`axis-${axis}`, [axis])], { attributes: [['axis', int(0)]] });
  }

  /** Positions that are kept, `[1]`, int64. */
  get past(): ValueId {
    const { input, tensor } = this.kept.layers[0]!.key;
    return this.once('past', () => this.sizeOf(input, tensor.axes.positions, 'past-length'));
  }

  /** Positions that are kept and new ones, `[1]`, int64. */
  get total(): ValueId {
    return this.once('total', () =>
      this.op('total-length', 'Add', [this.past, this.sizeOf(this.kept.ids, 1, 'new-length')]),
    );
  }

  private range(name: string, from: ValueId, to: ValueId): ValueId {
    const scalar = (value: ValueId, of: string): ValueId =>
      this.op(of, 'Reshape', [value, this.ints('scalar', [], [0])]);
    return this.op(name, 'Range', [scalar(from, `${name}-from`), scalar(to, `${name}-to`), this.ints('one', [1], [])]);
  }

  /** Places in the cache of all that is kept and new, `[all]`. */
  get columns(): ValueId {
    return this.once('columns', () => this.range('columns', this.ints('zero', [0]), this.total));
  }

  /** Places in the cache of what is new, `[new, 1, …]` with `ones` axes of one behind it. */
  rows(ones: number): ValueId {
    const shape = [-1, ...Array.from({ length: ones }, () => 1)];
    return this.once(`rows ${ones}`, () =>
      this.op(`rows-${ones}`, 'Reshape', [
        this.once('new places', () => this.range('rows', this.past, this.total)),
        this.ints(`rows-shape-${ones}`, shape),
      ]),
    );
  }

  /** Of every score, only what `visible` says is seen: it gives a condition over new places (with axes of one) and all. */
  hide(visible: (ones: number) => ValueId): void {
    const least = this.build.constant('least', floats([], [LEAST]));
    for (const { plan } of this.kept.layers) {
      const { softmax, scores } = plan;
      const axes = scores.stages.at(-1)?.axes ?? scores.product.axes;
      const roots = new Set(scores.product.position.map(({ root }) => root));
      const query = axes.findIndex((atoms) => atoms.some(({ root }) => roots.has(root)));
      // One query at a time has no axis of its own: it lies over all of them.
      const ones = query < 0 ? 0 : axes.length - 1 - query;
      const condition = this.once(`visible ${ones}`, () => visible(ones));
      const own = new Build(this.context, 'hide', softmax);
      const hidden = own.node('Where', [condition, softmax.inputs[0] ?? null, least], { label: 'places' });
      this.context.model.setInput(softmax, 0, own.output(hidden, 'places', null));
    }
  }

  /** What of each cache output is kept: the output's name goes over to it. */
  keep(part: (side: KeptSide, all: ValueId, name: string) => Node, positions: Dim): void {
    const { model } = this.context;
    for (const side of this.sides()) {
      const all = model.getValue(side.output);
      const { name } = all;
      const at = model.graph.outputs.indexOf(side.output);
      all.name = `${name}/all`;
      const node = part(side, side.output, name);
      const kept = this.build.output(node, 'kept', null);
      const { dtype, shape, axes } = side.tensor;
      model.getValue(kept).type = tensorType(
        dtype,
        shape.map((dim, axis) => (axis === axes.positions ? positions : dim)),
      );
      model.getValue(kept).name = name;
      model.graph.outputs[at] = kept;
    }
  }

  /** Each tensor of the cache once: keys and values may lie in one. */
  *sides(): Generator<KeptSide> {
    const seen = new Set<ValueId>();
    for (const { key, value } of this.kept.layers) {
      for (const side of [key, value]) {
        if (!seen.has(side.input)) yield side;
        seen.add(side.input);
      }
    }
  }

  slice(name: string, value: ValueId, from: number, to: number | null, axis: number): Node {
    const inputs = [
      value,
      this.ints(`from-${from}`, [from]),
      this.ints(`to-${to ?? 'end'}`, [to ?? END]),
      this.ints(`axis-${axis}`, [axis]),
    ];
    return this.build.node('Slice', inputs, { label: name });
  }
}
