import type { Model, Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';
import { labelOf } from './relation.ts';
import { axisRule } from './rules.ts';
import type { Touch } from './space.ts';
import type { PruneGroupView } from './types.ts';

type Member = PruneGroupView['members'][number];

/** All nodes that touch a group, in graph order, each with its role and the reason. */
export function membersOf(graph: ChannelGraph): Member[][] {
  const touching = touchesByGroup(graph);
  const { model } = graph.space;
  return touching.map((byNode) =>
    [...byNode].map(([id, kinds]) => {
      const node = model.getNode(id);
      return { node: id, label: labelOf(model, node), ...describe(node, kinds) };
    }),
  );
}

type Kinds = ReadonlySet<Touch['kind']>;

function touchesByGroup({ space, axes, groups }: ChannelGraph): Map<NodeId, Set<Touch['kind']>>[] {
  const found = groups.map(() => new Map<NodeId, Set<Touch['kind']>>());
  for (const { axis, node, kind } of space.touches) {
    for (const group of new Set(axes.get(space.root(axis))?.groups ?? [])) {
      const nodes = found[group];
      if (!nodes) continue;
      const kinds = nodes.get(node) ?? new Set();
      nodes.set(node, kinds.add(kind));
    }
  }
  return found;
}

function describe(node: Node, kinds: Kinds): { role: string; why: string } {
  const [makes, reads] = [kinds.has('produces'), kinds.has('consumes')];
  if (makes && reads) return { role: 'out and in axis', why: 'It makes these channels, and it reads them.' };
  if (makes) return { role: 'out axis', why: 'It makes these channels.' };
  if (reads)
    return { role: 'in axis', why: 'It sums over these channels; nothing beyond depends on how many they are.' };
  const rule = axisRule(node);
  return { role: rule?.role ?? 'tied', why: `It ${rule?.why ?? 'touches these channels'}.` };
}

/**
 * Where the channels are made, and what they are there: `features.6 expand`. Several makers are named by the deepest
 * scope that they share and the parts below it: `features.8–11 residual`.
 */
export function groupName(model: Model, group: ChannelGroup, members: readonly Member[], first: boolean): string {
  const makers = members.filter((member) => member.role.startsWith('out'));
  const role = group.isHeads ? 'heads' : roleOf(model, makers, members, first);
  const placed = role === 'expand' ? members.filter((member) => member.role.includes('in')) : [];
  const scopes = [...makers, ...placed].map((member) => scopeOf(model, model.getNode(member.node)));
  const place = placeName(scopes, role === 'expand');
  return `${place === '' ? labelOf(model, model.getNode(group.anchor)) : place} ${role}`;
}

/** Where nodes stand together, as groups are named: `features.3`; what the first of them is where names tell no place. */
export function placeOf(model: Model, nodes: readonly Node[]): string {
  const place = within(nodes.map((node) => scopeOf(model, node))).join('.');
  return (
    place ||
    nodes
      .slice(0, 1)
      .map((node) => labelOf(model, node))
      .join()
  );
}

/** Where blocks stand that follow each other: `features.8–11`; nothing where names tell no place. */
export const placeOfBlocks = (model: Model, blocks: readonly (readonly Node[])[]): string =>
  placeName(
    blocks.map((nodes) => within(nodes.map((node) => scopeOf(model, node)))),
    false,
  );

/** Parts of a path that every block has, and so tell nothing at its end. */
const GENERIC = /^(conv|convs|block|body|layers|features)$/;

function placeName(scopes: readonly (readonly string[])[], inside: boolean): string {
  const shared = scopes.reduce(commonPrefix, scopes[0] ?? []);
  const below = [...new Set(scopes.map((scope) => scope[shared.length]).filter((part) => part !== undefined))];
  if (inside || below.length < 2) return within(scopes).join('.');
  return [...shared, `${below[0]}–${below.at(-1)}`].join('.');
}

/** The deepest scope that all share, without what every block has at its end. */
function within(scopes: readonly (readonly string[])[]): readonly string[] {
  const shared = scopes.reduce(commonPrefix, scopes[0] ?? []);
  return shared.length > 1 && GENERIC.test(shared.at(-1) ?? '') ? shared.slice(0, -1) : shared;
}

function roleOf(model: Model, makers: readonly Member[], members: readonly Member[], first: boolean): string {
  const [maker] = makers;
  if (makers.length > 1) return 'residual';
  if (first) return 'stem';
  const dense = maker !== undefined && /Gemm|MatMul|Gather/.test(model.getNode(maker.node).opType);
  if (dense) return 'hidden';
  return members.some((member) => member.role === 'in ≡ out') ? 'expand' : 'channels';
}

/**
 * Where the node stands in the module tree: from its weight's name (`features.1.conv.0.weight`) or its own
 * (`/features/features.1/conv/Conv`).
 */
function scopeOf(model: Model, node: Node): string[] {
  const weight = node.inputs[1];
  const name = weight === null || weight === undefined ? '' : model.getValue(weight).name;
  const modules = /^(.+)[./](weight|kernel|w)(_\d+)?$/.exec(name)?.[1];
  // A rule names what it makes after the node it replaced: `/features.0/conv.0/BatchNormalization:conv-bn/weight`.
  const anchor = /^(.*):[a-z-]+\/[^/]+$/.exec(name)?.[1];
  const path =
    anchor?.split('/').slice(0, -1).join('/').split(/[./]/) ??
    modules?.split(/[./]/) ??
    node.name.split('/').slice(0, -1);
  return path.filter((part) => part !== '');
}

function commonPrefix(a: readonly string[], b: readonly string[]): readonly string[] {
  const end = a.findIndex((part, i) => part !== b[i]);
  return a.slice(0, end < 0 ? a.length : end);
}
