import { analyze } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { channelGraph, selectable } from '../../prune/plan.ts';
import { reorderChannels } from '../../prune/reorder.ts';
import { replayStep } from '../../recipe/replay.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import { noFacts } from '../../rewrite/facts.ts';
import type { Weights } from '../../train/trainer.ts';
import { withWeights } from '../../engine/train/build.ts';
import { viewOf } from '../chosen.ts';
import type { GeneKind, Genome } from '../genome.ts';
import { searchSpace, type SearchSpace } from '../space.ts';
import { stepsOf } from '../subnet.ts';
import type { GeneView, SpaceRequest } from '../types.ts';
import { setSupernet, supernetOf, type SupernetInfo } from './info.ts';
import { maskedModel, type MaskedModel } from './mask.ts';

/** A network on its way to become a supernet: its channels in the order in which they stay. */
export interface Supernet {
  readonly model: Model;
  readonly space: SearchSpace;
  readonly genes: readonly GeneView[];
  readonly masked: MaskedModel;
}

/**
 * Sorts the channels of every width that is searched by group-wise L2 norm, the most important ones first (Cai et al.
 * 2020, section 3.3), and writes masks for the genes that take part. Channels of a model that is a supernet already stay
 * where they are, for its widths are trained.
 *
 * @throws CodedError `bad-request` where the space has no genes to train, `unsupported` where one cannot be masked
 */
export function supernetFrom(opened: Model, request: SpaceRequest): Supernet {
  const model = opened.clone();
  const before = searchSpace(model, analyze(model), request);
  const genes = viewOf(before, request);
  const taken = new Set(genes.flatMap(({ searched, kind }, gene) => (searched && kind !== 'resolution' ? [gene] : [])));
  if (taken.size === 0) {
    throw new CodedError(
      'bad-request',
      `The model has no sub-networks of ${request.kinds.join(', ')}: there is nothing to train beside the whole.`,
    );
  }
  if (before.supernet === null) sortChannels(model, before, taken);
  const analysis = analyze(model);
  const space = { ...searchSpace(model, analysis, request), supernet: before.supernet ?? { transforms: {} } };
  const masked = maskedModel(model, analysis, space, (gene) => taken.has(gene));
  for (const { conv, transforms } of masked.kernels) {
    for (const { size, value } of transforms) {
      const known = space.supernet.transforms[conv]?.[size];
      const { shape } = masked.model.graph.initializers.get(value) ?? {};
      if (known && shape) masked.model.setInitializer(value, floats(shape, known));
    }
  }
  return { model, space, genes, masked };
}

function sortChannels(model: Model, { genes }: SearchSpace, taken: ReadonlySet<number>): void {
  const graph = channelGraph(model, analyze(model));
  const keys = new Set(
    genes.flatMap(({ place }, gene) => (place.kind === 'group' && taken.has(gene) ? [place.key] : [])),
  );
  const orders = selectable(graph, { importance: 'l2', seed: 0 })
    .filter(({ key }) => keys.has(key))
    .map(({ key, order }) => [key, Array.from(order).reverse()] as const);
  reorderChannels(model, graph, new Map(orders));
}

/**
 * With what was learnt, as it is written: a model that says of itself how its sub-networks are sliced.
 *
 * @param kinds of genes that were trained
 */
export function trainedSupernet({ model, masked }: Supernet, weights: Weights, kinds: readonly GeneKind[] = []): Model {
  const made = withWeights(model, weights);
  const before = supernetOf(model);
  const learnt = masked.kernels.map(({ conv, transforms }) => [
    conv,
    Object.fromEntries(
      transforms.map(({ size, value }) => [size, Array.from(weights[masked.model.getValue(value).name] ?? [])]),
    ),
  ]);
  const info: SupernetInfo = {
    transforms: { ...before?.transforms, ...Object.fromEntries(learnt) },
    kinds: [...new Set([...(before?.kinds ?? []), ...kinds])],
  };
  setSupernet(made, info);
  return made;
}

const WITHOUT: ObtainFacts = () => Promise.resolve(noFacts);

/** A sub-network of a model, by the steps that a recipe would have. */
export async function slicedNetwork(model: Model, space: SearchSpace, genome: Genome): Promise<Model> {
  let made = model;
  for (const step of stepsOf({ ...space, supernet: supernetOf(model) }, genome)) {
    const outcome = await replayStep(made, step, { obtain: WITHOUT });
    if (outcome.error) throw new CodedError(outcome.error.code, outcome.error.message);
    made = outcome.model;
  }
  return made;
}
