import { int, ints } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import type { PassContext } from '../pass.ts';
import { sizeOfAtoms } from './atoms.ts';
import type { Form } from './heads.ts';

/** Makes the operands of the fused operator out of forms. */
export class OperandBuilder {
  private readonly build: Build;
  private readonly context: PassContext;
  private readonly parts = new Map<string, readonly ValueId[]>();

  constructor(build: Build, context: PassContext) {
    this.build = build;
    this.context = context;
  }

  /** `[batch, positions, heads·width]` or `[batch, heads, positions, width]`, as the form says. `width`: of one head. */
  operand(form: Form, name: string, width: number): ValueId {
    const moved = this.transposed(form.view.value, form.perm, name);
    if (form.part) return this.part(moved, form.part, name);
    if (form.to === 'heads' || form.view.axes.length === 3) return moved;
    const columns = Number(sizeOfAtoms(form.heads)) * width;
    return this.reshaped(moved, [0, 0, columns], name);
  }

  transposed(value: ValueId, perm: readonly number[], name: string): ValueId {
    if (perm.every((axis, i) => axis === i)) return value;
    const node = this.build.node('Transpose', [value], { attributes: [['perm', ints(perm)]], label: `${name}-order` });
    return this.build.output(node, `${name}-ordered`, null);
  }

  reshaped(value: ValueId, shape: readonly number[], name: string): ValueId {
    const sizes = this.build.constant(`${name}-shape`, int64s(shape));
    return this.build.output(
      this.build.node('Reshape', [value, sizes], { label: `${name}-flat` }),
      `${name}-flat`,
      null,
    );
  }

  /** One of equal parts of the last axis; queries, keys and values that lie side by side are split once. */
  private part(value: ValueId, part: { readonly index: number; readonly of: number }, name: string): ValueId {
    const key = `${value} ${part.of}`;
    const made = this.parts.get(key) ?? this.split(value, part.of, name);
    this.parts.set(key, made);
    return made[part.index] ?? value;
  }

  private split(value: ValueId, of: number, name: string): readonly ValueId[] {
    const opset = this.context.model.opset();
    const attributes = [['axis', int(2)] as const, ...(opset >= 18 ? [['num_outputs', int(of)] as const] : [])];
    const node = this.build.node('Split', [value], { attributes, label: `${name}-parts` });
    return Array.from({ length: of }, (_, i) => this.build.output(node, `${name}-part-${i}`, null, i));
  }
}
