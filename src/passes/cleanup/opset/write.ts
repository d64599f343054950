import type { Model, Node } from '../../../ir/model.ts';
import { tensorAttribute } from '../../../ir/attribute.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import { tensorType, type ValueId } from '../../../ir/types.ts';
import { slotName } from '../../../ops/registry.ts';
import { SCOPES_PROPERTY } from '../../../analysis/scopes.ts';
import { Build, removeWithConstants } from '../../../rewrite/build.ts';
import { outputsOf } from '../../../rewrite/graphs.ts';
import type { PassContext } from '../../../rewrite/pass.ts';
import { isDraft } from './draft.ts';
import type { Change } from './plan.ts';
import type { Draft, Operand } from './types.ts';

/** Carries out what was planned for one node: it is edited where its operator stays, and replaced where it does not. */
export function writeChange(context: PassContext, rule: string, change: Change): void {
  new ChangeWriter(context, rule, change.node).write(change.draft);
}

class ChangeWriter {
  private readonly model: Model;
  private readonly build: Build;
  private readonly node: Node;

  constructor(context: PassContext, rule: string, node: Node) {
    this.model = context.model;
    this.build = new Build(context, rule, node);
    this.node = node;
  }

  write(draft: Draft): void {
    this.dropOutputs(draft);
    if (draft.opType === this.node.opType) this.edit(draft);
    else this.replace(draft);
  }

  /** Results that the new version cannot give; the adapter has seen to it that nobody reads them. */
  private dropOutputs(draft: Draft): void {
    const kept = new Set(draft.outputs);
    for (const output of outputsOf(this.node)) {
      if (kept.has(output)) continue;
      this.model.detachOutput(output);
      this.model.removeValue(output);
    }
    while (this.node.outputs.at(-1) === null) this.node.outputs.pop();
  }

  private edit(draft: Draft): void {
    const { node } = this;
    const attributes = [...draft.attributes];
    node.attributes.clear();
    for (const [name, attribute] of attributes) node.attributes.set(name, attribute);
    draft.inputs.forEach((operand, index) => {
      if (operand !== node.inputs[index]) this.model.setInput(node, index, this.value(draft, operand, index));
    });
  }

  private replace(draft: Draft): void {
    const made = this.made(draft);
    this.node.outputs.forEach((output, index) => {
      if (output !== null) this.build.take(output, made, index);
    });
    removeWithConstants(this.model, this.node.id);
  }

  private made(draft: Draft, label?: string): Node {
    const inputs = draft.inputs.map((operand, index) => this.value(draft, operand, index));
    return this.descend(
      this.build.node(draft.opType, inputs, { attributes: draft.attributes, ...(label ? { label } : {}) }),
    );
  }

  /** A new node stands for the old one alone, and in its scope, whatever else is converted with it. */
  private descend(made: Node): Node {
    const { ancestors, extras, id } = this.node;
    made.ancestors = ancestors.length > 0 ? ancestors : [id];
    const scopes = extras.metadataProps?.get(SCOPES_PROPERTY);
    made.extras = { metadataProps: new Map(scopes === undefined ? [] : [[SCOPES_PROPERTY, scopes]]) };
    return made;
  }

  private value(reader: Draft, operand: Operand, index: number): ValueId | null {
    if (operand === null || typeof operand === 'number') return operand;
    if (!isDraft(operand)) return this.constant(slotName({ ...reader, domain: '' }, 'inputs', index), operand);
    const label = operand.opType.toLowerCase();
    return this.build.output(this.made(operand, label), `${label}_out`, null);
  }

  /** The bodies of functions can hold no initializers. */
  private constant(name: string, tensor: Tensor): ValueId {
    if (!this.isInFunction()) return this.build.constant(name, tensor);
    const attributes: [string, ReturnType<typeof tensorAttribute>][] = [['value', tensorAttribute(tensor)]];
    const made = this.descend(this.build.node('Constant', [], { attributes, label: name }));
    return this.build.output(made, name, tensorType(tensor.dtype, tensor.shape));
  }

  private isInFunction(): boolean {
    let { graph } = this.build;
    while (graph.owner !== null) graph = this.model.getGraph(this.model.getNode(graph.owner.node).graph);
    return graph.id !== this.model.graph.id;
  }
}
