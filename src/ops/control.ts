import { getGraph, getInt, getInts } from '../ir/attribute.ts';
import type { DataType, Dim, Shape, ValueType } from '../ir/types.ts';
import { axisOf, isTensor, joinTypes, numbersOf, sameTypes, typed } from './shapes.ts';
import type { BodyResult, Contents, CostContext, InferContext, OpTable, Types, Work } from './types.ts';
import { count, maxWork, scaleWork, unknownWork } from './work.ts';

const NO_BODY: BodyResult = { types: [], contents: [] };

function body(
  c: InferContext,
  name: string,
  inputs: Types = [],
  contents: readonly (Contents | null)[] = [],
): BodyResult {
  const graph = getGraph(c.node, name);
  return graph === null ? NO_BODY : c.infer(graph, inputs, contents);
}

/** Which branch is taken, where the condition is known. */
function takenBranch(c: InferContext): 'then_branch' | 'else_branch' | null {
  const condition = numbersOf(c.contents(0))?.[0];
  return condition === undefined ? null : condition === 0 ? 'else_branch' : 'then_branch';
}

interface Branches {
  readonly types: Types;
  readonly contents: readonly (Contents | null)[];
}

/** What holds whichever branch runs; both are inferred in any case, for their inner values. */
function joinBranches(c: InferContext): Branches {
  const yes = body(c, 'then_branch');
  const no = body(c, 'else_branch');
  const taken = takenBranch(c);
  if (taken) return taken === 'then_branch' ? yes : no;
  return {
    types: c.node.outputs.map((_, i) => joinTypes(yes.types[i] ?? null, no.types[i] ?? null)),
    contents: c.node.outputs.map((_, i) => {
      const [a, b] = [yes.contents[i], no.contents[i]];
      return a && b && a.length === b.length ? a.map((each, k) => (each === b[k] ? each : null)) : null;
    }),
  };
}

/** The branch that runs; the dearer one (an upper bound) where the condition is open. */
function branchWork(c: CostContext): Work {
  const work = (name: string): Work => {
    const graph = getGraph(c.node, name);
    return graph === null ? unknownWork : c.bodyWork(graph);
  };
  const taken = takenBranch(c);
  return taken ? work(taken) : maxWork(work('then_branch'), work('else_branch'));
}

/**
 * Types of loop-carried values: the body is inferred until what goes in covers what comes out, which ends because
 * facts are only ever dropped.
 */
function carriedFixpoint(
  start: Types,
  run: (carried: Types) => BodyResult,
  outputs: (result: BodyResult) => Types,
): { carried: Types; result: BodyResult } {
  let carried = start;
  for (let round = 0; ; round++) {
    const result = run(carried);
    const after = outputs(result);
    const joined = carried.map((type, i) => (round < 3 ? joinTypes(type, after[i] ?? null) : rankOnly(type, after[i])));
    if (joined.every((type, i) => sameTypes(type, carried[i] ?? null))) return { carried, result };
    carried = round < 4 ? joined : carried.map(() => null);
  }
}

/** Gives up all dimensions at once. */
function rankOnly(a: ValueType | null, b: ValueType | null | undefined): ValueType | null {
  const joined = joinTypes(a, b ?? null);
  return isTensor(joined) ? typed(joined.dtype, joined.shape && joined.shape.map(() => null)) : joined;
}

/** Loop: inputs M, cond, carried…; body (iteration, cond, carried…) → (cond, carried…, scanned…). */
function loopTypes(c: InferContext): Types {
  const carriedCount = Math.max(0, c.node.inputs.length - 2);
  const start = Array.from({ length: carriedCount }, (_, i) => c.type(i + 2));
  const { carried, result } = carriedFixpoint(
    start,
    // The body only runs while its condition holds.
    (types) => body(c, 'body', [scalarFormal(c, 0, 'int64'), scalarFormal(c, 1, 'bool'), ...types], [null, [1]]),
    (inner) => inner.types.slice(1, 1 + carriedCount),
  );
  const trips = loopTrips(c, result);
  return c.node.outputs.map((_, i) =>
    i < carriedCount ? (carried[i] ?? null) : stacked(result.types[i + 1] ?? null, trips, 0),
  );
}

/** The iteration number and the condition are scalars, or [1] where the body declares them so. */
function scalarFormal(c: InferContext, index: number, dtype: DataType): ValueType | null {
  const graph = getGraph(c.node, 'body');
  const declared = graph === null ? null : c.formal(graph, index);
  return typed(dtype, isTensor(declared) && declared.shape?.length === 1 ? [1] : []);
}

/** M, where nothing can end the loop earlier: the condition starts true (or is left out) and the body keeps it so. */
function loopTrips(c: InferContext, result: BodyResult): Dim {
  const starts = !c.has(1) || c.contents(1)?.[0] === 1;
  return c.has(0) && starts && result.contents[0]?.[0] === 1 ? (c.contents(0)?.[0] ?? null) : null;
}

/** A per-iteration value stacked on a new axis. */
function stacked(type: ValueType | null, length: Dim, axis: number): ValueType | null {
  if (!isTensor(type) || type.shape === null) return isTensor(type) ? typed(type.dtype, null) : null;
  const at = axis < 0 ? axis + type.shape.length + 1 : axis;
  return typed(type.dtype, type.shape.toSpliced(at, 0, length));
}

/** Loop with an upper bound M: M runs of the body. */
function loopWork(c: CostContext): Work {
  const graph = getGraph(c.node, 'body');
  const trips = c.has(0) ? count(c.contents(0)?.[0]) : null;
  return graph === null || trips === null ? unknownWork : scaleWork(c.bodyWork(graph), trips);
}

interface ScanLayout {
  /** Leading input that version 8 had (sequence_lens), and its batch axis. */
  readonly offset: number;
  readonly batched: boolean;
  readonly states: number;
  readonly scanned: number;
  readonly inputAxes: readonly number[];
  readonly outputAxes: readonly number[];
}

function scanLayout(c: InferContext): ScanLayout {
  const batched = c.version === 8;
  const scanned = getInt(c.node, 'num_scan_inputs', 0);
  const offset = batched ? 1 : 0;
  const states = c.node.inputs.length - offset - scanned;
  const axes = (name: string, length: number): number[] =>
    getInts(c.node, name, null) ?? Array.from({ length }, () => 0);
  return {
    offset,
    batched,
    states,
    scanned,
    inputAxes: axes('scan_input_axes', scanned),
    outputAxes: axes('scan_output_axes', c.node.outputs.length - states),
  };
}

/** Shape of one step of scan input `i`, and the number of steps. */
function scanStep(c: InferContext, layout: ScanLayout, i: number): { shape: Shape; steps: Dim } {
  const full = c.shape(layout.offset + layout.states + i);
  if (full === null) return { shape: null, steps: null };
  const shape = layout.batched ? full.slice(1) : full;
  const axis = axisOf(layout.inputAxes[i] ?? 0, shape.length);
  return axis === null ? { shape: null, steps: null } : { shape: shape.toSpliced(axis, 1), steps: shape[axis] ?? null };
}

function scanSteps(c: InferContext, layout: ScanLayout): Dim {
  for (let i = 0; i < layout.scanned; i++) {
    const { steps } = scanStep(c, layout, i);
    if (steps !== null) return steps;
  }
  return null;
}

/** Scan: states and scanned inputs; body (states…, slices…) → (states…, slices…). */
function scanTypes(c: InferContext): Types {
  const layout = scanLayout(c);
  const drop = (type: ValueType | null): ValueType | null =>
    layout.batched && isTensor(type) ? typed(type.dtype, type.shape && type.shape.slice(1)) : type;
  const start = Array.from({ length: layout.states }, (_, i) => drop(c.type(layout.offset + i)));
  const slices = Array.from({ length: layout.scanned }, (_, i) =>
    typed(c.dtype(layout.offset + layout.states + i), scanStep(c, layout, i).shape),
  );
  const { carried, result } = carriedFixpoint(
    start,
    (types) => body(c, 'body', [...types, ...slices]),
    (inner) => inner.types.slice(0, layout.states),
  );
  const batch = layout.batched
    ? (c.shape(layout.offset)?.[0] ?? c.shape(layout.offset + layout.states)?.[0] ?? null)
    : 0;
  const lift = (type: ValueType | null): ValueType | null => (layout.batched ? stacked(type, batch, 0) : type);
  return c.node.outputs.map((_, i) => {
    if (i < layout.states) return lift(carried[i] ?? null);
    return lift(stacked(result.types[i] ?? null, scanSteps(c, layout), layout.outputAxes[i - layout.states] ?? 0));
  });
}

function scanWork(c: CostContext): Work {
  const graph = getGraph(c.node, 'body');
  return graph === null ? unknownWork : scaleWork(c.bodyWork(graph), count(scanSteps(c, scanLayout(c))));
}

export const CONTROL: OpTable = {
  If: {
    family: 'control',
    signature: 'cond → outputs…',
    since: [1, 11, 13, 16, 19, 21, 23, 24, 25],
    infer: (c) => joinBranches(c).types,
    evaluate: (c) => joinBranches(c).contents,
    work: branchWork,
  },
  Loop: {
    family: 'control',
    signature: 'M? cond? v_initial… → v_final_and_scan_outputs…',
    since: [1, 11, 13, 16, 19, 21, 23, 24, 25],
    infer: loopTypes,
    work: loopWork,
  },
  Scan: {
    family: 'control',
    signature: 'initial_state_and_scan_inputs… → final_state_and_scan_outputs…',
    since: [8, 9, 11, 16, 19, 21, 23, 24, 25],
    infer: scanTypes,
    work: scanWork,
  },
};
