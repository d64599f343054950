import type { Analysis } from '../analysis/analyze.ts';
import { plural } from '../base/format.ts';
import type { Model, Node } from '../ir/model.ts';
import type { NodeId, Shape, ValueId } from '../ir/types.ts';
import { planView } from '../prune/plan.ts';
import type { PruneGroupView } from '../prune/types.ts';
import { noFacts } from '../rewrite/facts.ts';
import type { PassContext } from '../rewrite/pass.ts';
import { invertedResidual, type InvertedResidual } from './blocks.ts';
import type { Gene } from './genome.ts';
import { kernelGenes } from './kernels.ts';
import { resolutionGene } from './resolution.ts';
import { stagesOf, type Stage } from './stages.ts';
import { supernetOf, type SupernetInfo } from './supernet/info.ts';

/** A gene with its place in the model. */
export interface SpaceGene extends Gene {
  /** What a choice is, in words: `24`, `×3`, `2 blocks`. */
  readonly labels: readonly string[];
  /** Nodes that it changes. */
  readonly nodes: readonly NodeId[];
  /** What the choice stands for in a recipe. */
  readonly place: Place;
  /** Why it is left as it is unless somebody says otherwise; null: it is searched. */
  readonly spared: string | null;
}

export type Place =
  | { readonly kind: 'group'; readonly key: string }
  | { readonly kind: 'stage'; readonly sums: readonly string[] }
  /** By the name of what the convolution gives. */
  | { readonly kind: 'kernel'; readonly key: string }
  /** For each choice, the shape of the input. */
  | { readonly kind: 'resolution'; readonly input: string; readonly shapes: readonly Shape[] };

export interface SearchSpace {
  readonly genes: readonly SpaceGene[];
  /** For each gene, the genes that mean nothing when so few units of it stay: they lie in what is dropped. */
  readonly inside: readonly (readonly { readonly gene: number; readonly below: number }[])[];
  /** What its training as a supernet left behind; null: it was trained as one network. */
  readonly supernet: SupernetInfo | null;
  /** Why there is less than one may expect. */
  readonly notes: readonly string[];
}

export interface SpaceOptions {
  /** Shares of a group's channels that may stay, 1 among them. */
  readonly shares: readonly number[];
  /** Widths are multiples of this where the group is so wide. */
  readonly roundTo: number;
  readonly depth: boolean;
}
/** With fewer genes than this a space is hardly worth a search. */
const FEWEST = 3;

export const SPACE: SpaceOptions = { shares: [0.25, 0.5, 0.75, 1], roundTo: 4, depth: true };

const END = 'it holds the first or the last layer with weights';

/**
 * What can be searched in a model: the width of every group of channels that are cut together, attention heads, how many
 * residual blocks of a run of them stay, the kernels of its convolutions and the size of its images. The first
 * convolution and what the last dense layer reads are spared (Cai et al. 2020 keep stem and head as well); a person may
 * let them go.
 */
export function searchSpace(model: Model, analysis: Analysis, options: Partial<SpaceOptions> = {}): SearchSpace {
  const { shares, roundTo, depth } = { ...SPACE, ...options };
  const context: PassContext = { ...BARE, model, analysis };
  const plan = planView(model, analysis, { importance: 'l2', seed: 0 });
  const ends = endsOf(model, analysis);
  const spared = (node: NodeId): string | null => (ends.has(node) ? END : null);
  const blocks = new Map(plan.groups.map((group) => [group, invertedResidual(model, analysis, group)]));
  const widths = plan.groups.flatMap((group): SpaceGene[] => {
    const kept = keptOf(group, shares, roundTo);
    return kept.length < 2 ? [] : [widthGene(group, kept, blocks.get(group) ?? null, spared)];
  });
  const stages = depth ? stagesOf(model, analysis) : [];
  const kernels = kernelGenes(
    context,
    [...blocks.values()].filter((block) => block !== null),
    spared,
  );
  const resolution = resolutionGene(context);
  const all = [
    ...widths,
    ...stages.map((stage) => depthGene(model, stage)),
    ...kernels.genes,
    ...(typeof resolution === 'string' ? [] : [resolution]),
  ];
  // Of a small model hardly anything else would be left.
  const searched = all.filter((gene) => gene.spared === null).length;
  const genes = searched >= FEWEST ? all : all.map((gene) => ({ ...gene, spared: null }));
  const notes = [...kernels.notes, ...(typeof resolution === 'string' ? [resolution] : [])];
  const supernet = supernetOf(model);
  const known = supernet ? genes.map((gene) => asTrained(gene, supernet)) : genes;
  return { genes: known, inside: insideOf(known, stages), supernet, notes };
}

/** Of a supernet the choices that were trained; what was not is left as it is. */
function asTrained(gene: SpaceGene, { trained }: SupernetInfo): SpaceGene {
  const { id, choices, labels, spared: reason } = gene;
  const known = trained[id];
  if (Object.keys(trained).length === 0) return gene;
  const isLast = (i: number): boolean => i === choices.length - 1;
  if (!known) return { ...gene, spared: reason ?? 'it was not trained' };
  const kept = choices.flatMap((choice, i) =>
    isLast(i) || known.some((each) => Math.abs(each - choice) < SAME) ? [i] : [],
  );
  return { ...gene, choices: kept.map((i) => choices[i] ?? 1), labels: kept.map((i) => labels[i] ?? '') };
}
/** Shares that differ by less are one. */
const SAME = 1e-6;

/** Passes are asked what they could do, without any data. */
const BARE = { backend: 'wasm', facts: noFacts, options: {}, decided: new Map() } as const;

/** Atoms that stay, ascending, each a choice. */
function keptOf({ atoms, channels, isHeads }: PruneGroupView, shares: readonly number[], roundTo: number): number[] {
  const per = channels / atoms;
  const step = isHeads ? 1 : Math.max(1, Math.round(roundTo / per));
  const rounded = shares.map((share) => {
    const wanted = share * atoms;
    return share >= 1
      ? atoms
      : Math.max(1, atoms > 2 * step ? Math.max(step, Math.round(wanted / step) * step) : Math.round(wanted));
  });
  return [...new Set(rounded)].sort((a, b) => a - b);
}

function widthGene(
  { key, name, atoms, channels, isHeads, members }: PruneGroupView,
  kept: readonly number[],
  block: InvertedResidual | null,
  spared: (node: NodeId) => string | null,
): SpaceGene {
  const nodes = [...new Set(members.map(({ node }) => node))];
  const labels = kept.map((count) =>
    isHeads
      ? `${count} of ${atoms} heads`
      : block === null
        ? String((count * channels) / atoms)
        : `×${Number(((block.ratio * count) / atoms).toFixed(2))}`,
  );
  return {
    id: `width:${key}`,
    kind: isHeads ? 'heads' : 'width',
    name: block === null ? name : `${block.name} expand ratio`,
    choices: kept.map((count) => count / atoms),
    labels,
    nodes,
    place: { kind: 'group', key },
    spared: nodes.map(spared).find((reason) => reason !== null) ?? null,
  };
}

function depthGene(model: Model, { units, name, sums }: Stage): SpaceGene {
  const choices = units.map((_, kept) => kept).concat(units.length);
  return {
    id: `depth:${sums[0] ?? ''}`,
    kind: 'depth',
    name: `${name} depth`,
    choices,
    labels: choices.map((count) => `${count} of ${plural(units.length, 'block')}`),
    nodes: units.flatMap((unit) => unit.flatMap(({ add, nodes }) => [...nodes.map(({ id }) => id), add.id])),
    place: { kind: 'stage', sums: units.flatMap((unit) => unit.map(({ y }) => model.getValue(y).name)) },
    spared: null,
  };
}

/** Layers with weights before which, or behind which, there is no other. */
function endsOf(model: Model, analysis: Analysis): ReadonlySet<NodeId> {
  const linear = (node: Node): boolean =>
    /^(Conv|FusedConv|Gemm|MatMul|ConvTranspose)$/.test(node.opType) &&
    node.inputs.some((value) => value !== null && analysis.constant(value) !== null);
  const order = analysis.order.filter(({ graph }) => graph === model.graph.id);
  const ends = new Set<NodeId>();
  // Values, in either direction, that a layer was met on the way to.
  const walk = (
    nodes: readonly Node[],
    from: (node: Node) => Node['inputs'],
    to: (node: Node) => Node['inputs'],
  ): void => {
    const past = new Set<ValueId>();
    for (const node of nodes) {
      const met = from(node).some((value) => value !== null && past.has(value));
      if (linear(node) && !met) ends.add(node.id);
      if (!linear(node) && !met) continue;
      for (const value of to(node)) if (value !== null) past.add(value);
    }
  };
  const inputs = (node: Node): Node['inputs'] => node.inputs;
  const outputs = (node: Node): Node['inputs'] => node.outputs;
  walk(order, inputs, outputs);
  walk(order.toReversed(), outputs, inputs);
  return ends;
}

/** Widths and kernels inside a block mean nothing where the block is dropped. */
function insideOf(genes: readonly SpaceGene[], stages: readonly Stage[]): SearchSpace['inside'] {
  const owner = new Map<NodeId, { stage: Stage; unit: number }>();
  for (const stage of stages) {
    stage.units.forEach((unit, index) =>
      unit.forEach(({ nodes }) => nodes.forEach(({ id }) => owner.set(id, { stage, unit: index }))),
    );
  }
  const depths = new Map(stages.map((stage) => [stage, genes.findIndex(({ id }) => id === `depth:${stage.sums[0]}`)]));
  const inside = genes.map((): { gene: number; below: number }[] => []);
  genes.forEach(({ kind, nodes }, index) => {
    if (kind === 'depth' || kind === 'resolution' || nodes.length === 0) return;
    const owners = nodes.map((node) => owner.get(node));
    const [first] = owners;
    if (!first || owners.some((each) => each?.stage !== first.stage || each.unit !== first.unit)) return;
    inside[depths.get(first.stage) ?? -1]?.push({ gene: index, below: first.unit + 1 });
  });
  return inside;
}

/** The same sub-network in one way only: what is dropped is as it was. */
export function canonical({ genes, inside }: SearchSpace, genome: readonly number[]): number[] {
  const result = [...genome];
  inside.forEach((dependents, depth) => {
    const units = genes[depth]?.choices[genome[depth] ?? 0] ?? 0;
    for (const { gene, below } of dependents) {
      if (units < below) result[gene] = (genes[gene]?.choices.length ?? 1) - 1;
    }
  });
  return result;
}
