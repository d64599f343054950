import { makeGraphView } from '../../analysis/view.ts';
import { plainOperator } from '../../base/format.ts';
import type { KernelTime } from '../../bench/types.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import type { GraphView } from '../../ir/view.ts';
import { familyOf, opKey } from '../../ops/registry.ts';
import type { ProfileRow, Timeless, TimelineCall } from '../../report/profile/types.ts';
import type { NodeTimes } from '../node-times.ts';
import { kindOf } from './kinds.ts';
import { workOf } from './work.ts';

/** Kernels of one node. */
interface Share {
  ms: number;
  calls: number;
  spreadMs: number;
  movedMs: number;
  readonly movers: Set<string>;
  main: KernelTime | null;
}

export interface ProfiledRows {
  readonly rows: readonly ProfileRow[];
  readonly timeline: readonly TimelineCall[];
}

/**
 * Time and work by node: nodes with kernels in the order in which they ran, kernels of no node, then the nodes that
 * have no time of their own, in the order of the graph. Nodes that are constants are left out.
 *
 * @param original the opened model, which NodeIds or their ancestors are of; null: of another file
 * @param spreads by how much the turns of each kernel differ, ms
 */
export function rowsOf(
  model: Model,
  measured: NodeTimes,
  original: Model | null,
  spreads: readonly number[],
): ProfiledRows {
  return new RowMaker(model, measured, original).make(spreads);
}

class RowMaker {
  private readonly model: Model;
  private readonly measured: NodeTimes;
  private readonly original: Model | null;
  private readonly view: GraphView;
  private readonly rowOf: ReadonlyMap<number, number>;
  private readonly held = new Map<NodeId, Node[]>();

  constructor(model: Model, measured: NodeTimes, original: Model | null) {
    this.model = model;
    this.measured = measured;
    this.original = original;
    this.view = makeGraphView(model, measured.analysis, 0);
    this.rowOf = new Map(Array.from(this.view.nodeIds, (id, row) => [id, row]));
    for (const [node, anchor] of measured.attribution.inside) {
      const list = this.held.get(anchor) ?? [];
      this.held.set(anchor, list);
      list.push(model.getNode(node));
    }
  }

  make(spreads: readonly number[]): ProfiledRows {
    const { profile, attribution } = this.measured;
    const shares = new Map<NodeId | string, Share>();
    const keys = profile.kernels.map((kernel, place): NodeId | string => {
      const { node, role } = attribution.places[place] ?? { node: null, role: 'runtime' };
      const key = node ?? kernel.op;
      const share = shares.get(key) ?? { ms: 0, calls: 0, spreadMs: 0, movedMs: 0, movers: new Set(), main: null };
      shares.set(key, share);
      share.ms += kernel.ms;
      share.spreadMs += spreads[place] ?? 0;
      if (role === 'serves') {
        share.movedMs += kernel.ms;
        share.movers.add(kernel.op);
      } else {
        share.calls += kernel.calls;
        if (!share.main || kernel.ms > share.main.ms) share.main = kernel;
      }
      return key;
    });
    const order = [...shares.keys()].sort((a, b) => Number(typeof a === 'string') - Number(typeof b === 'string'));
    const timed = order.map((key) => {
      const share = shares.get(key)!;
      return typeof key === 'string' ? nodeless(key, share) : this.row(this.model.getNode(key), share);
    });
    const places = new Map(order.map((key, row) => [key, row]));
    const timeline = profile.timeline.map(({ kernel, start, ms }) => {
      return { row: places.get(keys[kernel] ?? '') ?? 0, op: profile.kernels[kernel]?.op ?? '', start, ms };
    });
    const timeless = Array.from(this.view.nodeIds, (id) => this.model.getNode(id as NodeId))
      .filter(({ id, opType }) => !shares.has(id) && opType !== 'Constant')
      .map((node) => this.row(node, null));
    return { rows: [...timed, ...timeless], timeline };
  }

  private row(node: Node, share: Share | null): ProfileRow {
    const { analysis } = this.measured;
    const held = this.held.get(node.id) ?? [];
    const calls = share?.calls ?? 0;
    const work = workOf(share ? [node, ...held] : [node], this.model, analysis);
    const times = (each: number | null): number | null => (each === null ? null : each * Math.max(1, calls));
    const flops = times(work.flops);
    const own = share ? share.ms - share.movedMs : 0;
    const at = this.rowOf.get(node.id);
    return {
      node: node.id,
      label: this.labelOf(node.id),
      name: node.name,
      op: opKey(node),
      ranAs: share?.main?.op ?? null,
      family: familyOf(node),
      ...kindOf(node, analysis),
      detail: at === undefined ? '' : (this.view.nodeDetails[at] ?? ''),
      calls,
      ms: share?.ms ?? null,
      spreadMs: share?.spreadMs ?? 0,
      movedMs: share?.movedMs ?? 0,
      movers: [...(share?.movers ?? [])],
      provider: share?.main?.provider ?? '',
      macs: times(work.macs),
      flops,
      bytes: times(work.bytes),
      gflops: flops !== null && own > 0 ? flops / own / 1e6 : null,
      scope: this.scopeOf(at),
      timeless: share ? null : this.timelessOf(node.id),
      holds: held.length,
      origins: this.originsOf([node, ...held]),
      inputs: share?.main?.inputs ?? [],
      outputs: share?.main?.outputs ?? [],
      bound: null,
    };
  }

  private labelOf(id: number): string {
    const row = this.rowOf.get(id);
    if (row === undefined) return `node ${id}`;
    return `${plainOperator(this.view.opTypes[this.view.nodeOps[row] ?? 0] ?? '')} ${this.view.nodeOrdinals[row]}`;
  }

  private scopeOf(row: number | undefined): readonly string[] {
    const { groups } = this.view;
    const names: string[] = [];
    for (let at = row === undefined ? -1 : (groups.ofRow[row] ?? -1); at >= 0; at = groups.parents[at] ?? -1) {
      names.unshift(groups.names[at] ?? '');
    }
    return names;
  }

  private timelessOf(id: NodeId): Timeless {
    const { inside, onLoad } = this.measured.attribution;
    const anchor = inside.get(id);
    if (anchor !== undefined) return { kind: 'inside', node: anchor, label: this.labelOf(anchor) };
    return onLoad.has(id) ? { kind: 'on-load' } : { kind: 'untold' };
  }

  private originsOf(nodes: readonly Node[]): readonly number[] {
    const { original } = this;
    if (!original) return [];
    const ids = nodes.flatMap(({ id, ancestors }) => (ancestors.length > 0 ? ancestors : [id]));
    return [...new Set(ids)].filter((id) => original.nodes.has(id));
  }
}

/** Kernels that no node of the graph can be told for. */
const nodeless = (op: string, { ms, calls, spreadMs, movedMs, main }: Share): ProfileRow => ({
  node: null,
  label: `${op}, made by the runtime`,
  name: '',
  op,
  ranAs: op,
  family: familyOf({ opType: op, domain: '' }),
  kind: '',
  depthwise: false,
  detail: '',
  calls,
  ms,
  spreadMs,
  movedMs,
  movers: [],
  provider: main?.provider ?? '',
  macs: null,
  flops: null,
  bytes: null,
  gflops: null,
  scope: [],
  timeless: null,
  holds: 0,
  origins: [],
  inputs: main?.inputs ?? [],
  outputs: main?.outputs ?? [],
  bound: null,
});
