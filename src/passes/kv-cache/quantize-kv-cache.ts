import { int } from '../../ir/attribute.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { KeptEdit } from '../../kv/kept/edit.ts';
import type { Kept, KeptSide } from '../../kv/kept/follow.ts';
import { addInput, formReason, replaceInput, replaceOutput } from '../../kv/kept/form.ts';
import { setPolicy } from '../../kv/policy.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { keptPass, numberOf } from './kept-pass.ts';

const RULE = 'int8';
const [FLOAT, INT8, INT64, FLOAT16] = [1, 3, 7, 10];

/** What is kept of one side: whole numbers, their scales, and the last positions as they are. */
class Quantizer {
  private readonly context: PassContext;
  private readonly edit: KeptEdit;
  private readonly side: KeptSide;
  private readonly isKey: boolean;
  private readonly group: number;
  private readonly residual: number;
  private readonly name: string;

  constructor(context: PassContext, edit: KeptEdit, side: KeptSide, isKey: boolean) {
    this.context = context;
    this.edit = edit;
    this.side = side;
    this.isKey = isKey;
    this.group = isKey ? numberOf(context, 'group') : 1;
    this.residual = numberOf(context, 'residual');
    this.name = side.tensor.input;
  }

  private op(
    name: string,
    opType: string,
    inputs: readonly (ValueId | null)[],
    attributes: readonly (readonly [string, ReturnType<typeof int>])[] = [],
  ): ValueId {
    return this.edit.op(`${this.name}/${name}`, opType, inputs, { attributes });
  }
  private cast = (name: string, value: ValueId, to: number): ValueId =>
    this.op(name, 'Cast', [value], [['to', int(to)]]);

  private sizeOf(name: string, value: ValueId, axis: number): ValueId {
    const shape = this.op(`${name}-shape`, 'Shape', [value]);
    return this.op(name, 'Gather', [shape, this.edit.ints(`axis-${axis}`, [axis])], [['axis', int(0)]]);
  }

  private reshape(name: string, value: ValueId, sizes: readonly ValueId[]): ValueId {
    return this.op(name, 'Reshape', [value, this.op(`${name}-sizes`, 'Concat', sizes, [['axis', int(0)]])]);
  }

  private slice(name: string, value: ValueId, from: ValueId, to: ValueId): ValueId {
    return this.op(name, 'Slice', [value, from, to, this.edit.ints('axis-2', [2])]);
  }

  rewrite(): void {
    const { tensor } = this.side;
    const [batch = null, heads = null, , width = null] = tensor.shape;
    const symbol = (what: string): string => `${this.isKey ? 'key' : 'value'}_${what}`;
    const whole: Dim[] = [batch, heads, symbol('quantized_length'), width];
    const scaled: Dim[] = this.isKey
      ? [batch, heads, 'key_groups', width]
      : [batch, heads, symbol('quantized_length'), 1];
    const last: Dim[] = [batch, heads, symbol('residual_length'), width];
    const own = this.side.concat.inputs[1]!;
    const given = {
      whole: addInput(this.context, this.name, 'int8', whole),
      scale: addInput(this.context, `${this.name}_scale`, 'float16', scaled),
      residual: addInput(this.context, `${this.name}_residual`, 'float32', last),
    };
    const past = this.op('past', 'Concat', [this.floats(given.whole, given.scale), given.residual], [['axis', int(2)]]);
    replaceInput(this.context, this.side, past);
    // The new input takes the name that the old one had.
    this.context.model.getValue(given.whole).name = this.name;
    const { count, fresh } = this.leaving(given.residual, own);
    const from = this.edit.ints('zero', [0]);
    const leaving = this.slice('leaving', fresh, from, count);
    const stays = this.slice('stays', fresh, count, this.edit.ints('end', [Number.MAX_SAFE_INTEGER]));
    const made = this.quantized(leaving, fresh, count);
    const joined = (name: string, before: ValueId, after: ValueId): ValueId =>
      this.op(name, 'Concat', [before, after], [['axis', int(2)]]);
    const present = tensor.output;
    replaceOutput(this.context, this.edit, this.side, [
      { name: present, value: joined('whole', given.whole, made.whole), dtype: 'int8', shape: renamed(whole, 2) },
      {
        name: `${present}_scale`,
        value: joined('scales', given.scale, made.scale),
        dtype: 'float16',
        shape: renamed(scaled, 2),
      },
      { name: `${present}_residual`, value: stays, dtype: 'float32', shape: renamed(last, 2) },
    ]);
  }

  /** `[batch, heads, groups, width]` scales lie over groups of positions of `[batch, heads, positions, width]`. */
  private floats(whole: ValueId, scale: ValueId): ValueId {
    const [numbers, scales] = [this.cast('numbers', whole, FLOAT), this.cast('scale', scale, FLOAT)];
    if (!this.isKey) return this.op('floats', 'Mul', [numbers, scales]);
    const groups = this.sizeOf('groups', scale, 2);
    const width = Number(this.side.tensor.shape[3]);
    const keep = this.edit.ints('keep', [0, 0]);
    const apart = this.inGroups('apart', numbers, groups);
    const over = this.edit.squeeze(`${this.name}/over`, 'Unsqueeze', scales, 3);
    const product = this.op('products', 'Mul', [apart, over]);
    const positions = this.sizeOf('positions', whole, 2);
    return this.reshape('floats', product, [keep, positions, this.edit.ints(`width-${width}`, [width])]);
  }

  /** How many of the positions that are still floats are no longer among the last ones: whole groups. `[1]` */
  private leaving(residual: ValueId, own: ValueId): { readonly count: ValueId; readonly fresh: ValueId } {
    const fresh = this.op('fresh', 'Concat', [residual, own], [['axis', int(2)]]);
    const over = this.op('over-residual', 'Sub', [
      this.sizeOf('fresh-length', fresh, 2),
      this.edit.ints(`residual-${this.residual}`, [this.residual]),
    ]);
    // Max takes whole numbers from opset 12 on only.
    const isOver = this.cast('is-over', this.op('over-zero', 'Greater', [over, this.edit.ints('zero', [0])]), INT64);
    const most = this.op('most', 'Mul', [over, isOver]);
    if (this.group === 1) return { count: most, fresh };
    const group = this.edit.ints(`group-${this.group}`, [this.group]);
    return { count: this.op('leaving-count', 'Mul', [this.op('leaving-groups', 'Div', [most, group]), group]), fresh };
  }

  /** As float16, rounded up, so that nothing is clipped: one step of it is 2⁻¹¹ to 2⁻¹⁰ of the number. */
  private upwards(exact: ValueId): ValueId {
    const near = this.cast('near-scale', this.cast('near-scale-16', exact, FLOAT16), FLOAT);
    const above = this.op('scale-above', 'Mul', [near, this.edit.number('step', 1 + 1.01 * 2 ** -11)]);
    const isBelow = this.op('is-below', 'Less', [near, exact]);
    return this.cast('new-scale', this.op('scale-up', 'Where', [isBelow, above, near]), FLOAT16);
  }

  private inGroups(name: string, value: ValueId, groups: ValueId): ValueId {
    const width = Number(this.side.tensor.shape[3]);
    const each = this.edit.ints(`group-${this.group}-${width}`, [this.group, width]);
    return this.reshape(name, value, [this.edit.ints('keep', [0, 0]), groups, each]);
  }

  /**
   * The largest number, by size, of each group of those that leave. Mostly none leaves, and not every backend reduces a
   * tensor without elements (WebGPU's refuses it): so more is reduced than is asked for, and the rest cut off.
   */
  private largest(x: ValueId, fresh: ValueId, groups: ValueId): ValueId {
    const reduced = (value: ValueId): ValueId =>
      this.edit.reduceMax(`${this.name}/largest-all`, this.op('sizes', 'Abs', [value]), 3);
    const cut = (value: ValueId): ValueId => this.slice('largest', value, this.edit.ints('zero', [0]), groups);
    if (!this.isKey) return cut(reduced(fresh));
    const width = Number(this.side.tensor.shape[3]);
    const outer = this.op('outer-sizes', 'Slice', [
      this.op('fresh-sizes', 'Shape', [fresh]),
      this.edit.ints('zero', [0]),
      this.edit.ints('axis-2', [2]),
    ]);
    const sizes = this.op(
      'padding-sizes',
      'Concat',
      [outer, this.edit.ints(`group-${this.group}-${width}`, [this.group, width])],
      [['axis', int(0)]],
    );
    const padded = this.op('padded', 'Concat', [x, this.op('padding', 'ConstantOfShape', [sizes])], [['axis', int(2)]]);
    const more = this.op('groups-and-one', 'Add', [groups, this.edit.ints('one', [1])]);
    return cut(reduced(this.inGroups('padded-apart', padded, more)));
  }

  /** Symmetric: q = round(x / s), s = max|x| / 127 as float16 holds it. */
  private quantized(x: ValueId, fresh: ValueId, count: ValueId): { readonly whole: ValueId; readonly scale: ValueId } {
    const width = Number(this.side.tensor.shape[3]);
    const constant = (name: string, value: number): ValueId => this.edit.number(name, value);
    const groups = this.isKey
      ? this.op('new-groups', 'Div', [count, this.edit.ints(`group-${this.group}`, [this.group])])
      : count;
    const apart = this.isKey ? this.inGroups('new-apart', x, groups) : x;
    const most = this.largest(x, fresh, groups);
    const exact = this.op('exact-scale', 'Div', [most, constant('127', 127)]);
    const scale = this.upwards(exact);
    const divisor = this.op('divisor', 'Max', [this.cast('new-scale-back', scale, FLOAT), constant('tiny', 1e-12)]);
    const rounded = this.op('rounded', 'Round', [this.op('ratio', 'Div', [apart, divisor])]);
    const clipped = this.op('clipped', 'Clip', [rounded, constant('-127', -127), constant('127', 127)]);
    const whole = this.cast('new-whole-apart', clipped, INT8);
    if (!this.isKey) return { whole, scale };
    const flat = this.reshape('new-whole', whole, [
      this.edit.ints('keep', [0, 0]),
      count,
      this.edit.ints(`width-${width}`, [width]),
    ]);
    return { whole: flat, scale: this.edit.squeeze(`${this.name}/new-scales`, 'Squeeze', scale, 3) };
  }
}

const renamed = (shape: readonly Dim[], axis: number): readonly Dim[] =>
  shape.map((dim, i) => (i === axis && typeof dim === 'string' ? `present_${dim}` : dim));

function rewrite(context: PassContext, kept: Kept): void {
  const edit = new KeptEdit(context, kept, RULE);
  for (const { key, value } of kept.layers) {
    new Quantizer(context, edit, key, true).rewrite();
    new Quantizer(context, edit, value, false).rewrite();
  }
  setPolicy(context.model, {
    kind: 'int8',
    group: numberOf(context, 'group'),
    residual: numberOf(context, 'residual'),
  });
}

/** Keys per channel in groups of positions, values per position, the last positions as floats (KIVI, Liu et al. 2024, arXiv:2402.02750). */
export const quantizeKvCache = keptPass({
  id: 'quantize-kv-cache',
  title: 'Quantize the KV cache',
  why: 'What is kept takes a quarter of the memory: keys have channels that stand out, and values do not.',
  options: {
    group: { type: 'number', default: 32, min: 1, max: 1024, step: 1, label: 'Positions that share scales of keys' },
    residual: {
      type: 'number',
      default: 16,
      min: 0,
      max: 4096,
      step: 1,
      label: 'Last positions that stay float',
      unit: 'positions',
    },
  },
  preserves: 'approximation',
  rule: RULE,
  isPolicy: true,
  reason: formReason,
  what: (context, { layers }) =>
    `Keeps keys and values of ${layers.length} layers as int8, the last ${numberOf(context, 'residual')} positions as floats.`,
  rewrite,
});
