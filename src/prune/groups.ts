import type { Analysis } from '../analysis/analyze.ts';
import { defined } from '../base/assert.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { GraphId, NodeId } from '../ir/types.ts';
import { Elements } from './elements.ts';
import { labelOf } from './relation.ts';
import { relateModel } from './relate.ts';
import type { Space } from './space.ts';

/** Channels that can be cut, in atoms: an atom's channels go together, the group's atoms are interchangeable. */
export interface ChannelGroup {
  readonly index: number;
  /** Name of the anchor's output; `#k` where several groups share it. */
  readonly key: string;
  /** The first node that makes these channels. */
  readonly anchor: NodeId;
  /** [atoms] channels of the anchor's axis, ascending. */
  readonly atoms: readonly (readonly number[])[];
  /** Number of channels on the anchor's axis. */
  readonly channels: number;
  /** Root axes that the group touches. */
  readonly roots: readonly number[];
  /** Its atoms are attention heads. */
  readonly isHeads: boolean;
}

interface FrozenChannels {
  /** The node whose channels cannot be cut, and the one that stands in the way. */
  readonly node: NodeId;
  readonly culprit: NodeId | null;
  readonly reason: string;
  /** A norm takes its statistics over them (`acrossNorms` cuts them all the same). */
  readonly underNorm: boolean;
}

/** Where an index of an axis belongs. */
interface AxisAtoms {
  /** [size] group index; -1: never cut. */
  readonly groups: Int32Array;
  /** [size] atom within the group. */
  readonly atoms: Int32Array;
}

/** All that is known about cutting a model's channels; made once per revision. */
export interface ChannelGraph {
  readonly space: Space;
  readonly groups: readonly ChannelGroup[];
  readonly frozen: readonly FrozenChannels[];
  /** By root axis; axes without cuttable channels are left out. */
  readonly axes: ReadonlyMap<number, AxisAtoms>;
}

interface Class {
  readonly leader: number;
  readonly roots: number[];
}
interface Producer {
  readonly axis: number;
  readonly node: NodeId;
}

export function findGroups(model: Model, analysis: Analysis, { acrossNorms = false } = {}): ChannelGraph {
  const space = relateModel(model, analysis, acrossNorms);
  const elements = new Elements(space);
  const producers = space.touches.filter((touch) => touch.kind === 'produces');
  const classes = freeClasses(space, elements);
  const { groups, members } = gather(space, elements, classes, producers);
  const axes = axisAtoms(space, elements, members);
  const frozen = [...frozenChannels(space, elements, producers, axes), ...insideBodies(model)];
  return { space, groups, axes, frozen };
}

/** Root axes with indices, in order. */
function* roots(space: Space): Generator<number> {
  for (let axis = 0; axis < space.axes.length; axis++) {
    if (space.root(axis) === axis && space.axis(axis).size > 0) yield axis;
  }
}

/** Every class without a freeze, with the root axes of its elements (an axis once per element). */
function freeClasses(space: Space, elements: Elements): Map<number, Class> {
  const classes = new Map<number, Class>();
  for (const root of roots(space)) {
    const { size } = space.axis(root);
    for (let i = 0; i < size; i++) {
      const leader = elements.class(root, i);
      if (elements.freezeOf(leader) !== null) continue;
      const known = classes.get(leader);
      if (known) known.roots.push(root);
      else classes.set(leader, { leader, roots: [root] });
    }
  }
  return classes;
}

type Membership = ReadonlyMap<number, { readonly group: number; readonly atom: number }>;

/**
 * Classes of equal signature (the same number of elements on the same axes) form a group: whichever of them are cut,
 * every axis changes alike. Walked along the producers, so that order and keys are stable.
 */
function gather(
  space: Space,
  elements: Elements,
  classes: ReadonlyMap<number, Class>,
  producers: readonly Producer[],
): { groups: ChannelGroup[]; members: Membership } {
  const drafts = new Map<string, Draft>();
  for (const producer of producers) {
    for (let i = 0; i < space.axis(producer.axis).size; i++) {
      const found = classes.get(elements.class(producer.axis, i));
      if (!found) continue;
      const signature = found.roots.join(',');
      const draft: Draft = drafts.get(signature) ?? { producer, atoms: new Map(), roots: [...new Set(found.roots)] };
      drafts.set(signature, draft);
      if (draft.producer !== producer) continue;
      draft.atoms.set(found.leader, [...(draft.atoms.get(found.leader) ?? []), i]);
    }
  }
  return number(space, [...drafts.values()]);
}

interface Draft {
  readonly producer: Producer;
  /** By leading element: its channels on the producer's axis. */
  readonly atoms: Map<number, number[]>;
  readonly roots: readonly number[];
}

/** Groups of one atom can never lose it: they are left out. */
function number(space: Space, drafts: readonly Draft[]): { groups: ChannelGroup[]; members: Membership } {
  const groups: ChannelGroup[] = [];
  const members = new Map<number, { group: number; atom: number }>();
  const seen = new Map<string, number>();
  const heads = new Set(space.heads.map((axis) => space.root(axis)));
  for (const { producer, atoms, roots } of drafts) {
    if (atoms.size < 2) continue;
    const name = anchorName(space, producer.node);
    const ordinal = seen.get(name) ?? 0;
    seen.set(name, ordinal + 1);
    [...atoms.keys()].forEach((leader, atom) => members.set(leader, { group: groups.length, atom }));
    groups.push({
      index: groups.length,
      key: ordinal === 0 ? name : `${name}#${ordinal}`,
      anchor: producer.node,
      atoms: [...atoms.values()],
      channels: [...atoms.values()].reduce((sum, each) => sum + each.length, 0),
      roots,
      isHeads: roots.some((root) => heads.has(root)),
    });
  }
  return { groups, members };
}

function anchorName(space: Space, id: NodeId): string {
  const node = space.model.getNode(id);
  const output = defined(
    node.outputs.find((each) => each !== null),
    `an output of ${node.opType}`,
  );
  return space.model.getValue(output).name;
}

function axisAtoms(space: Space, elements: Elements, members: Membership): Map<number, AxisAtoms> {
  const axes = new Map<number, AxisAtoms>();
  for (const root of roots(space)) {
    const { size } = space.axis(root);
    const groups = new Int32Array(size).fill(-1);
    const atoms = new Int32Array(size);
    let any = false;
    for (let i = 0; i < size; i++) {
      const member = members.get(elements.class(root, i));
      if (!member) continue;
      groups[i] = member.group;
      atoms[i] = member.atom;
      any = true;
    }
    if (any) axes.set(root, { groups, atoms });
  }
  return axes;
}

/** Producers some of whose channels belong to no group, with the first reason. */
function frozenChannels(
  space: Space,
  elements: Elements,
  producers: readonly Producer[],
  axes: ReadonlyMap<number, AxisAtoms>,
): FrozenChannels[] {
  return producers.flatMap(({ axis, node }) => {
    const { size } = space.axis(axis);
    const groups = axes.get(space.root(axis))?.groups;
    const stuck = Array.from({ length: size }, (_, i) => i).filter((i) => (groups?.[i] ?? -1) < 0);
    if (stuck.length === 0) return [];
    const share = stuck.length < size ? `${stuck.length} of ${size} channels stay. ` : '';
    const freeze = stuck.map((i) => elements.freezeOf(elements.class(axis, i))).find((each) => each !== null);
    if (!freeze) {
      const reason = size === 1 ? 'It makes a single channel.' : 'These are all tied together, so none can go alone.';
      return [{ node, culprit: null, reason: `${share}${reason}`, underNorm: false }];
    }
    const culprit = freeze.node === null ? '' : `${labelOf(space.model, space.model.getNode(freeze.node))}: `;
    const underNorm = space.norms.some((norm) => norm.node === freeze.node);
    return [{ node, culprit: freeze.node, reason: `${share}${culprit}${freeze.reason}.`, underNorm }];
  });
}

/** Nodes whose inner graphs hold weights: channels are followed in the main graph only. */
const insideBodies = (model: Model): FrozenChannels[] =>
  [...model.graph.nodes]
    .filter((id) => bodiesOf(model, id).some((graph) => holdsWeights(model, graph)))
    .map((node) => ({
      node,
      culprit: null,
      reason: 'Channels inside its inner graphs are not followed.',
      underNorm: false,
    }));

const bodiesOf = (model: Model, id: NodeId): GraphId[] => [...subgraphs(model.getNode(id))].map(([, graph]) => graph);

function holdsWeights(model: Model, id: GraphId): boolean {
  const { initializers, nodes } = model.getGraph(id);
  const isWeight = ({ shape }: { readonly shape: readonly number[] }): boolean =>
    shape.filter((dim) => dim > 1).length > 1;
  return (
    [...initializers.values()].some(isWeight) ||
    [...nodes].some((node) => bodiesOf(model, node).some((inner) => holdsWeights(model, inner)))
  );
}
