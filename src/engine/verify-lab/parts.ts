import type { Analysis } from '../../analysis/analyze.ts';
import { innerNodes, type Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';

/** What was found of a value of B; a value that is not here was not compared. */
export interface Finding {
  readonly value: ValueId;
  /** Relative error. */
  readonly error: number;
  readonly parts: boolean;
}

/** A value that parts while nothing that it is computed from does. */
export interface Frontier {
  readonly value: ValueId;
  /** Largest error among the compared values that it is computed from; 0 where there are none. */
  readonly before: number;
  /** Nodes that lie between it and those. */
  readonly between: readonly string[];
}

/** Nodes that were not compared and are named for one frontier at most. */
const NAMED = 12;

interface State {
  /** Something that it is computed from, or it itself, parts. */
  readonly parted: boolean;
  readonly error: number;
}

/**
 * Where two models part: in running order, the values that leave their tolerance though the values before them, as far as
 * they were compared, keep theirs. What lies behind such a value is not looked at again until it has agreed once more.
 */
export function frontiers(analysis: Analysis, findings: readonly Finding[]): Frontier[] {
  const found = new Map(findings.map((finding) => [finding.value, finding]));
  const states = new Map<ValueId, State>();
  const result: Frontier[] = [];
  for (const node of analysis.order) {
    const read = reads(analysis, node);
    const before = read.map((id) => states.get(id)).filter((state) => state !== undefined);
    const parted = before.some((state) => state.parted);
    const error = Math.max(0, ...before.map((state) => state.error));
    for (const output of node.outputs) {
      if (output === null) continue;
      const own = found.get(output);
      states.set(output, own ? { parted: own.parts, error: own.error } : { parted, error });
      if (own?.parts && !parted) {
        result.push({ value: output, before: error, between: between(analysis, node, found) });
      }
    }
  }
  return result;
}

/** Values of the main graph that a node reads, inside its bodies too. */
function reads({ model }: Analysis, node: Node): ValueId[] {
  const inner = [...innerNodes(model, node)].flatMap(({ inputs }) => inputs);
  return [...node.inputs, ...inner].filter((id): id is ValueId => id !== null);
}

/** Nodes above `node` whose results were not compared, up to those that were; the nearest last. */
function between(analysis: Analysis, node: Node, found: ReadonlyMap<ValueId, Finding>): string[] {
  const { model } = analysis;
  const seen = new Set<Node>();
  const queue = [node];
  for (let at = queue.shift(); at && seen.size < NAMED; at = queue.shift()) {
    for (const id of reads(analysis, at)) {
      const { producer } = model.getValue(id);
      const above = producer ? model.getNode(producer.node) : null;
      if (!above || found.has(id) || seen.has(above) || analysis.constant(id) !== null) continue;
      seen.add(above);
      queue.push(above);
    }
  }
  return [...seen].reverse().map((each) => label(model, each));
}
