import type { NodeId } from '../../ir/types.ts';
import { plural } from '../../base/format.ts';
import { observedKey, type ActivationStats, type ChannelStats } from '../../rewrite/facts.ts';
import type { ChannelGraph, ChannelGroup } from '../groups.ts';
import type { Reader } from '../importance/activations.ts';
import { labelOf } from '../relation.ts';
import { repairTargets, type RepairTarget } from '../repair/targets.ts';
import type { Axis } from '../space.ts';
import { channelConstants } from './constants.ts';
import { copiesIn } from './copies.ts';
import { indicesOf, readersByGroup, unreadOf } from './readers.ts';
import type { ConstantsOf, DeadGroup, DeadKind, DeadRefusal } from './types.ts';

/**
 * The channels of every group that add nothing: by the weights, and where statistics are given also on the data that
 * they were taken from. Groups without any are left out, unless there is something to say of them.
 */
export function deadChannels(graph: ChannelGraph, activations: ActivationStats | null = null): DeadGroup[] {
  const byWeights = channelConstants(graph.space);
  const proven: ConstantsOf = ({ place, dim }) => byWeights(place.value, dim);
  const readers = readersByGroup(graph);
  return graph.groups.flatMap((group) => {
    const own = readers[group.index];
    if (!own) return [];
    const search = new Search(graph, group, own);
    search.constants(proven, { zero: 'zero', constant: 'constant' });
    if (activations) search.constants(orOnData(proven, activations), { zero: 'silent', constant: 'steady' });
    search.copies();
    const found = search.result();
    return found.kinds.some((kind) => kind !== null) || found.refusals.length > 0 ? [found] : [];
  });
}

/** Of the size of what is constant: less is not told from rounding. Its variance is at most 2.5e-13 of its square. */
const STEADY = 1e-6;

/** What the weights say; of the other channels, what was never anything else on the data. */
function orOnData(proven: ConstantsOf, activations: ActivationStats): ConstantsOf {
  return (input) => {
    const stats = activations.get(observedKey({ value: input.place.value, dim: input.dim }));
    const known = proven(input);
    if (!stats) return known;
    return Float64Array.from({ length: input.size }, (_, i) => {
      const constant = known?.[i] ?? NaN;
      return Number.isNaN(constant) ? steady(stats, i) : constant;
    });
  };
}

function steady({ count, min, max }: ChannelStats, channel: number): number {
  const [low, high] = [min[channel] ?? NaN, max[channel] ?? NaN];
  const middle = (low + high) / 2;
  return count > 0 && high - low <= STEADY * Math.abs(middle) ? middle : NaN;
}

/** A reader of the group, with the indices of each atom on what it reads. */
interface Reading {
  readonly reader: Reader;
  readonly indices: readonly (readonly number[])[];
  /** By index: 1 where it is multiplied by zeros alone. */
  readonly unread: Uint8Array;
  /** Null: its weights cannot take anything over (shared, grouped, or computed). */
  readonly target: RepairTarget | null;
}

/** What an atom is to those that read it; null: it lives. */
interface Verdict {
  readonly isZero: boolean;
  /** Readers for which it is a constant other than 0. */
  readonly constantAt: readonly Reading[];
}

class Search {
  private readonly graph: ChannelGraph;
  private readonly group: ChannelGroup;
  private readonly readings: readonly Reading[];
  private readonly kinds: (DeadKind | null)[];
  private readonly copied = new Map<number, number>();
  private readonly refused = new Map<string, { readonly node: NodeId; readonly atoms: Set<number> }>();
  private known: ConstantsOf = () => null;

  constructor(graph: ChannelGraph, group: ChannelGroup, readers: readonly Reader[]) {
    this.graph = graph;
    this.group = group;
    this.kinds = group.atoms.map(() => null);
    // Whichever atoms go, the weights that read them are the same.
    const targets = repairTargets(graph, group, new Set([...group.atoms.keys()].slice(1)));
    this.readings = readers.map((reader) => ({
      reader,
      indices: indicesOf(graph, group.index, axisOf(reader.input)),
      unread: unreadOf(graph, reader),
      target: targets.find(({ weight, node }) => weight === reader.weight.place && node === reader.node) ?? null,
    }));
  }

  /** Atoms that are the same number wherever they are read, and that a bias can stand for. */
  constants(known: ConstantsOf, names: { readonly zero: DeadKind; readonly constant: DeadKind }): void {
    this.known = known;
    const values = this.readings.map(({ reader }) => known(reader.input));
    this.kinds.forEach((kind, atom) => {
      const verdict = kind === null ? this.judge(atom, values) : null;
      if (!verdict) return;
      const barrier = verdict.constantAt.find(({ target }) => !target?.bias);
      if (barrier) this.refuse(atom, barrier, 'are constant');
      else if (verdict.constantAt.length > 0) this.kinds[atom] = names.constant;
      else this.kinds[atom] = verdict.isZero ? names.zero : 'unread';
    });
  }

  private judge(atom: number, values: readonly (Float64Array | null)[]): Verdict | null {
    const constantAt = new Set<Reading>();
    // What a Slice leaves behind is read by nobody at all.
    let isZero = this.readings.length > 0;
    for (const [r, reading] of this.readings.entries()) {
      for (const index of reading.indices[atom] ?? []) {
        const value = values[r]?.[index] ?? NaN;
        const isRead = reading.unread[index] === 0;
        if (isRead && Number.isNaN(value)) return null;
        if (isRead && value !== 0) constantAt.add(reading);
        isZero &&= value === 0;
      }
    }
    return { isZero, constantAt: [...constantAt] };
  }

  /** Atoms that equal one that stays, where the weights that read them can be added to that one's. */
  copies(): void {
    const left = [...this.kinds.keys()].filter((atom) => this.kinds[atom] === null);
    for (const [atom, same] of copiesIn(this.graph, this.group.index, left)) {
      const barrier = this.readings.find(
        ({ target, indices, unread }) => !target && indices[atom]?.some((index) => unread[index] === 0),
      );
      if (barrier) this.refuse(atom, barrier, 'equal others');
      else {
        this.kinds[atom] = 'copy';
        this.copied.set(atom, same);
      }
    }
  }

  result(): DeadGroup {
    const { group, kinds, copied } = this;
    const refusals = [...this.refused].flatMap(([what, { node, atoms }]) => this.refusal(what, node, atoms));
    if (kinds.every((kind) => kind !== null)) {
      this.kinds[0] = null;
      const reason = `None of its ${plural(group.channels, 'channel')} adds anything: one stays.`;
      refusals.push({ nodes: [group.anchor], reason });
    }
    return { group, kinds, copies: copied, constants: this.known, refusals };
  }

  private refuse(atom: number, { reader, target }: Reading, are: string): void {
    const { model } = this.graph.space;
    const label = labelOf(model, model.getNode(reader.node));
    const why = target
      ? 'cannot add a constant exactly (padding, or no bias of its own)'
      : 'shares or groups its weights';
    const what = `${are}, but ${label}, which reads them, ${why}`;
    const known = this.refused.get(what);
    if (known) known.atoms.add(atom);
    else this.refused.set(what, { node: reader.node, atoms: new Set([atom]) });
  }

  /** Counted in channels. What went for another reason in the end is no refusal. */
  private refusal(what: string, node: NodeId, atoms: ReadonlySet<number>): DeadRefusal[] {
    const left = [...atoms].filter((atom) => this.kinds[atom] === null);
    const channels = left.reduce((sum, atom) => sum + (this.group.atoms[atom]?.length ?? 0), 0);
    const reason = `${channels} of ${plural(this.group.channels, 'channel')} ${what}.`;
    return left.length === 0 ? [] : [{ nodes: [...new Set([node, this.group.anchor])], reason }];
  }
}

const axisOf = ({ place, dim }: Axis): number => place.axes[dim] ?? -1;
