import { holdsGraphs } from '../ir/attribute.ts';
import type { Graph, Model, Node } from '../ir/model.ts';
import { innerNodes } from '../ir/model.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { ValueId } from '../ir/types.ts';
import { OPERATORS, opKey } from '../ops/registry.ts';
import type { Analysis } from './analyze.ts';
import { bytesOf } from './cost.ts';
import { nodesInOrder } from './order.ts';

/**
 * A buffer of activations: the value that made it, and the views of it (Reshape, Flatten, Squeeze, …) and in-place
 * results that share it.
 */
interface Buffer {
  readonly value: ValueId;
  readonly bytes: number;
  /** Step after which nobody reads it. */
  last: number;
}

/**
 * Peak bytes of live activations over the node order. Constants are not activations; graph inputs live until their
 * last use, graph outputs until the end. Views share their source's buffer; an elementwise result takes over an
 * operand of the same size that dies there. A node with subgraphs adds the peak of its dearest one. Null: some size is
 * unknown.
 */
export function peakActivationBytes(analysis: Analysis): number | null {
  return new Schedule(analysis, analysis.model.graph, analysis.order).peak();
}

/** What is alive while a node runs: the values that made the live buffers, and the bytes that subgraphs add. */
export interface LiveStep {
  readonly values: readonly ValueId[];
  readonly inner: number;
}

/** The steps among which the peak is, whatever the sizes: those after which something is released. Null as above. */
export function liveSteps(analysis: Analysis): readonly LiveStep[] | null {
  const steps: LiveStep[] = [];
  const peak = new Schedule(analysis, analysis.model.graph, analysis.order).peak((step) => steps.push(step));
  return peak === null ? null : steps;
}

/**
 * The memory timeline: bytes of live activations while each node of the main graph runs, in running order, what its
 * subgraphs add included. Null as above.
 */
export function liveBytes(analysis: Analysis): Float64Array | null {
  const live = new Float64Array(analysis.order.length);
  const schedule = new Schedule(analysis, analysis.model.graph, analysis.order);
  const peak = schedule.peak(undefined, (step, bytes) => (live[step] = bytes));
  return peak === null ? null : live;
}

class Schedule {
  private readonly analysis: Analysis;
  private readonly model: Model;
  private readonly graph: Graph;
  private readonly nodes: readonly Node[];
  private readonly lastUse = new Map<ValueId, number>();
  private readonly buffers = new Map<ValueId, Buffer>();
  private readonly dying = new Map<number, Set<Buffer>>();
  private readonly held = new Set<Buffer>();
  private live = 0;

  constructor(analysis: Analysis, graph: Graph, nodes: readonly Node[]) {
    this.analysis = analysis;
    this.model = analysis.model;
    this.graph = graph;
    this.nodes = nodes;
    this.nodes.forEach((node, step) => this.noteUses(node, step));
    for (const output of graph.outputs) this.lastUse.set(output, nodes.length);
  }

  peak(observe?: (step: LiveStep) => void, note?: (step: number, bytes: number) => void): number | null {
    for (const input of this.graph.inputs) if (!this.allocate(input, -1)) return null;
    let peak = this.live;
    for (const [step, node] of this.nodes.entries()) {
      const inner = this.innerPeak(node);
      if (inner === null || !this.produce(node, step)) return null;
      peak = Math.max(peak, this.live + inner);
      note?.(step, this.live + inner);
      if (observe && (inner > 0 || this.dying.has(step) || step === this.nodes.length - 1)) {
        observe({ values: Array.from(this.held, (buffer) => buffer.value), inner });
      }
      this.release(step);
    }
    return peak;
  }

  private noteUses(node: Node, step: number): void {
    for (const input of node.inputs) if (input !== null) this.lastUse.set(input, step);
    if (!holdsGraphs(node)) return;
    for (const inner of innerNodes(this.model, node)) {
      for (const input of inner.inputs) if (input !== null) this.lastUse.set(input, step);
    }
    for (const [, id] of subgraphs(node))
      for (const out of this.model.getGraph(id).outputs) this.lastUse.set(out, step);
  }

  private produce(node: Node, step: number): boolean {
    const row = OPERATORS.get(opKey(node));
    const first = node.outputs[0] ?? null;
    for (const output of node.outputs) {
      if (output === null || this.analysis.constant(output)) continue;
      const shared =
        output === first && (row?.view || row?.inPlace) ? this.sharedBuffer(node, output, step, !row.view) : null;
      if (shared) this.join(output, shared);
      else if (!this.allocate(output, step)) return false;
    }
    return true;
  }

  /** The buffer that the first output may share: the viewed one, or an operand of equal size that dies here. */
  private sharedBuffer(node: Node, output: ValueId, step: number, inPlace: boolean): Buffer | null {
    const bytes = bytesOf(this.analysis.assumedType(output));
    for (const input of inPlace ? node.inputs : node.inputs.slice(0, 1)) {
      const buffer = input === null ? undefined : this.buffers.get(input);
      if (buffer && (!inPlace || (buffer.last === step && buffer.bytes === bytes))) return buffer;
    }
    return null;
  }

  private join(value: ValueId, buffer: Buffer): void {
    this.buffers.set(value, buffer);
    const last = this.lastUse.get(value);
    if (last !== undefined && last > buffer.last) this.schedule(buffer, last);
  }

  private allocate(value: ValueId, step: number): boolean {
    const type = this.analysis.assumedType(value);
    const bytes = bytesOf(type);
    if (bytes === null) return false;
    const buffer: Buffer = { value, bytes, last: -1 };
    this.buffers.set(value, buffer);
    this.live += bytes;
    this.held.add(buffer);
    // A result that nobody reads lives for its node only; an unused input is dropped at the first one.
    this.schedule(buffer, this.lastUse.get(value) ?? Math.max(step, 0));
    return true;
  }

  private schedule(buffer: Buffer, last: number): void {
    this.dying.get(buffer.last)?.delete(buffer);
    buffer.last = last;
    const group = this.dying.get(last) ?? new Set();
    group.add(buffer);
    this.dying.set(last, group);
  }

  private release(step: number): void {
    for (const buffer of this.dying.get(step) ?? []) {
      this.live -= buffer.bytes;
      this.held.delete(buffer);
    }
    this.dying.delete(step);
  }

  private innerPeak(node: Node): number | null {
    if (!holdsGraphs(node)) return 0;
    let peak = 0;
    for (const [, id] of subgraphs(node)) {
      const graph = this.model.getGraph(id);
      const inner = new Schedule(this.analysis, graph, nodesInOrder(this.model, graph)).peak();
      if (inner === null) return null;
      peak = Math.max(peak, inner);
    }
    return peak;
  }
}
