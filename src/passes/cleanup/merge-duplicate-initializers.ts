import type { Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Graph, Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { removeIfUnusedConstant } from '../../rewrite/build.ts';
import { contentHash, sameContents } from '../../rewrite/equal-tensors.ts';
import { annotatedNames, bodyGraphs } from '../../rewrite/graphs.ts';
import { fnv1a } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type PassContext, type Refusal, type Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';

const RULE = 'equal';

interface Held {
  readonly value: ValueId;
  readonly tensor: Tensor;
  readonly graph: Graph;
}

/** A constant that takes the place of others. */
interface Merge {
  readonly kept: Held;
  readonly gone: Held[];
}

interface Duplicates {
  /** By the key of their site. */
  readonly merges: ReadonlyMap<string, Merge>;
  readonly refusals: readonly Refusal[];
}

/** Whether what stands in `outer` can be read in `inner`. */
function isVisible(model: Model, outer: Graph, inner: Graph): boolean {
  for (let graph: Graph | null = inner; graph !== null; graph = parentOf(model, graph)) {
    if (graph.id === outer.id) return true;
  }
  return false;
}

const parentOf = (model: Model, { owner }: Graph): Graph | null =>
  owner === null ? null : model.getGraph(model.getNode(owner.node).graph);

/** Constants that something reads, outer graphs first; a graph input is only a default. */
function constantsOf(model: Model): Held[] {
  return bodyGraphs(model)
    .reverse()
    .flatMap((graph) =>
      [...graph.initializers]
        .filter(([value]) => !graph.inputs.includes(value) && model.isUsed(value))
        .map(([value, tensor]) => ({ value, tensor, graph })),
    );
}

/** In groups by a key, those of one group in order. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

const isReadable = ({ tensor }: Held): boolean => {
  try {
    contentHash(tensor);
    return true;
  } catch (error) {
    if (error instanceof CodedError) return false;
    throw error;
  }
};

/** Equal type and shape first, then equal hashes, then equal bytes: only what is likely equal is read twice. */
function search({ model }: PassContext): Duplicates {
  const annotated = new Map(bodyGraphs(model).map((graph) => [graph.id, annotatedNames(graph)]));
  const merges: Merge[] = [];
  const refusals: Refusal[] = [];
  for (const alike of grouped(constantsOf(model), ({ tensor }) => `${tensor.dtype}[${tensor.shape.join()}]`)) {
    if (alike.length < 2) continue;
    for (const equal of grouped(alike.filter(isReadable), ({ tensor }) => contentHash(tensor))) {
      const firsts: Merge[] = [];
      for (const held of equal) {
        const first = firsts.find(
          ({ kept }) => isVisible(model, kept.graph, held.graph) && sameContents(kept.tensor, held.tensor),
        );
        const reason = first && refusal(model, held, annotated.get(held.graph.id));
        if (reason) refusals.push({ rule: RULE, nodes: readersOf(model, [held]), reason: sentence(reason) });
        else if (first) first.gone.push(held);
        else firsts.push({ kept: held, gone: [] });
      }
      merges.push(...firsts.filter(({ gone }) => gone.length > 0));
    }
  }
  return { merges: new Map(merges.map((merge) => [keyOf(model, merge), merge])), refusals };
}

/** Why a constant keeps a name of its own; null: another one can take its place. */
function refusal(model: Model, { value }: Held, annotated: ReadonlySet<string> | undefined): string | null {
  const { name } = model.getValue(value);
  if (model.isGraphOutput(value)) return `${name} is a graph output`;
  return annotated?.has(name) ? `a quantization annotation names ${name}` : null;
}

function keyOf(model: Model, { kept, gone }: Merge): string {
  const names = gone.map(({ value }) => model.getValue(value).name);
  return `${RULE}:${model.getValue(kept.value).name}:${fnv1a(names.join('|'))}`;
}

const readersOf = (model: Model, constants: readonly Held[]): NodeId[] => [
  ...new Set(constants.flatMap(({ value }) => model.getValue(value).uses.map((use) => use.node))),
];

const found = new WeakMap<Analysis, Duplicates>();

/** Worked out once for each analysis: constants do not change while sites are applied. */
function duplicates(context: PassContext): Duplicates {
  const ready = found.get(context.analysis);
  if (ready) return ready;
  const made = search(context);
  found.set(context.analysis, made);
  return made;
}

function toSite(model: Model, key: string, merge: Merge): Site {
  const { kept, gone } = merge;
  const nodes = readersOf(model, gone);
  const [first] = gone.map(({ value }) => model.getValue(value).name);
  const others = gone.length === 1 ? `${first}` : `${first} and ${gone.length - 1} more`;
  return {
    key,
    rule: RULE,
    anchor: nodes[0] ?? NO_NODE,
    nodes,
    what: `Lets ${model.getValue(kept.value).name} stand for ${others}: they are equal.`,
  };
}

function find(context: PassContext): Findings {
  const { merges, refusals } = duplicates(context);
  return { sites: [...merges].map(([key, merge]) => toSite(context.model, key, merge)), refusals };
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  const merge = duplicates(context).merges.get(site.key);
  if (!merge || ![merge.kept, ...merge.gone].every((held) => isThere(model, held))) return false;
  for (const { value } of merge.gone) {
    model.replaceAllUses(value, merge.kept.value);
    removeIfUnusedConstant(model, value);
  }
  return true;
}

const isThere = (model: Model, { value, tensor, graph }: Held): boolean =>
  model.values.has(value) && model.getGraph(graph.id).initializers.get(value) === tensor;

/** Constants of equal type, shape and bytes. */
export const mergeDuplicateInitializers: Pass = {
  id: 'merge-duplicate-initializers',
  group: 'cleanup',
  title: 'Merge equal constants',
  why: 'What is stored twice takes twice the bytes, and hides that nodes compute the same.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  find,
  apply,
};
