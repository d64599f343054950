import type { NodeDetail, PortDetail } from '../../engine/detail-types.ts';
import type { RuleDraft } from './draft.ts';

/** A pattern of chosen nodes, and the same nodes as its replacement: what is to change is changed by hand. */
export type Written =
  | { readonly pattern: string; readonly replace: string; readonly leftOut: number }
  | { readonly refusal: string };

const VALUES = ['x', 'y', 'z', 'u', 'v'];
const CONSTANTS = ['w', 'b', 'c', 'd', 'e'];

/** Names that are given in the order in which they are asked for; the same key has the same name. */
class Names {
  private readonly given = new Map<number, string>();
  private readonly first: readonly string[];
  constructor(first: readonly string[]) {
    this.first = first;
  }
  of(key: number): string {
    const known = this.given.get(key);
    if (known !== undefined) return known;
    const at = this.given.size;
    const name = this.first[at] ?? `${this.first[0]}${at + 1}`;
    this.given.set(key, name);
    return name;
  }
}

const operatorOf = ({ opType, domain }: NodeDetail): string =>
  domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;

/** Inputs up to the last that is given. */
function givenInputs({ inputs }: NodeDetail): readonly PortDetail[] {
  return inputs.slice(0, inputs.findLastIndex(({ value }) => value !== null) + 1);
}

/** How often each value is read inside. */
function readsOf(nodes: readonly NodeDetail[]): ReadonlyMap<number, number> {
  const reads = new Map<number, number>();
  for (const { value } of nodes.flatMap(givenInputs)) if (value !== null) reads.set(value, (reads.get(value) ?? 0) + 1);
  return reads;
}

class Writer {
  /** Nodes by the value that stands for them: a pattern is matched by first results. */
  private readonly byResult = new Map<number, NodeDetail>();
  private readonly reads: ReadonlyMap<number, number>;
  private readonly values = new Names(VALUES);
  private readonly constants = new Names(CONSTANTS);
  private readonly labels = new Map<number, string>();
  private readonly written = new Set<number>();
  private readonly nodes: readonly NodeDetail[];

  constructor(nodes: readonly NodeDetail[]) {
    this.nodes = nodes;
    this.reads = readsOf(nodes);
    for (const node of nodes) {
      const result = node.outputs[0]?.value ?? null;
      if (result !== null) this.byResult.set(result, node);
    }
  }

  write(): Written {
    const roots = this.nodes.filter(
      ({ outputs }) => !outputs.some(({ value }) => value !== null && this.reads.has(value)),
    );
    const [root] = roots;
    if (!root) return { refusal: 'Choose a part of the graph first: select a node, then shift-click others.' };
    if (roots.length > 1) {
      return {
        refusal: `A pattern has one result; the chosen nodes have ${roots.length} that nothing among them reads.`,
      };
    }
    const pattern = this.expression(root, true);
    return { pattern, replace: this.expression(root, false), leftOut: this.nodes.length - this.written.size };
  }

  private expression(node: NodeDetail, inPattern: boolean): string {
    this.written.add(node.node);
    const inputs = givenInputs(node).map((port) => this.input(port, inPattern));
    const label = this.labelOf(node);
    const attributes = !inPattern && label !== null ? `[*${label}]` : '';
    const call = `${operatorOf(node)}${attributes}(${inputs.join(', ')})`;
    return inPattern && label !== null ? `${label}:${call}` : call;
  }

  private input({ value, constant }: PortDetail, inPattern: boolean): string {
    if (value === null) return '_';
    const inner = this.byResult.get(value);
    // A pattern is a tree: what is read twice stays outside, under a name.
    if (inner && !constant && this.reads.get(value) === 1) return this.expression(inner, inPattern);
    if (!constant) return this.values.of(value);
    return `${this.constants.of(value)}${inPattern ? ':const' : ''}`;
  }

  /** Nodes with attributes are labelled, so that the replacement can take them over. */
  private labelOf(node: NodeDetail): string | null {
    if (!node.attributes.some(({ standing }) => standing === 'written')) return null;
    const known = this.labels.get(node.node);
    if (known !== undefined) return known;
    const stem = node.opType.toLowerCase();
    const taken = [...this.labels.values()].filter((label) => label.replace(/\d+$/, '') === stem).length;
    const label = taken === 0 ? stem : `${stem}${taken + 1}`;
    this.labels.set(node.node, label);
    return label;
  }
}

/** Writes the pattern of connected nodes. */
export const writePattern = (nodes: readonly NodeDetail[]): Written => new Writer(nodes).write();

export const draftFrom = (
  draft: RuleDraft,
  { pattern, replace }: Extract<Written, { pattern: string }>,
): RuleDraft => ({
  ...draft,
  pattern,
  replace,
  where: '',
});
