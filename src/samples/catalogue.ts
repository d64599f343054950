import { CodedError } from '../base/error.ts';
import { formatShare } from '../base/format.ts';
import { familyOf } from '../ops/registry.ts';
import type { Model } from '../ir/model.ts';
import { CHARACTER_TRANSFORMER, characterTransformer } from './character-transformer.ts';
import { DIGIT_CNN, digitCnn } from './digit-cnn.ts';
import { EDGE_CNN, edgeCnn } from './edge-cnn.ts';
import { encoder } from './encoder.ts';
import { FIGURES, withLearnt, type LearntSample } from './learnt.ts';
import { mobileNetV2 } from './mobilenet-v2.ts';
import { residualCnn } from './residual-cnn.ts';
import { parseSampleName, sizesOf, type ChosenSizes, type SampleSizes } from './sizes.ts';
import type { SampleInfo } from './types.ts';

interface Sample {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly tryIt: string;
  readonly sizes: SampleSizes;
  /** With seeded weights. */
  readonly build: (sizes: ChosenSizes) => Model;
  /** Where its weights of the usual sizes were learnt. */
  readonly learnt: LearntSample | null;
}

/** A sample of one size, whose weights nobody trained. */
const drawn = (sample: Omit<Sample, 'sizes' | 'build' | 'learnt'>, build: () => Model): Sample => ({
  ...sample,
  sizes: {},
  build: (sizes) => {
    sizesOf(sample.id, {}, sizes);
    return build();
  },
  learnt: null,
});

const { 'digit-cnn': digitFigures, 'edge-cnn': edgeFigures, 'character-transformer': textFigures } = FIGURES;

const SAMPLES: readonly Sample[] = [
  drawn(
    {
      id: 'mobilenet-v2',
      title: 'MobileNetV2',
      about: 'Image classes, seeded weights',
      tryIt: 'fold, fuse, prune',
    },
    mobileNetV2,
  ),
  drawn(
    {
      id: 'residual-cnn',
      title: 'Residual CNN',
      about: 'Small image classes, seeded weights',
      tryIt: 'fold, prune to half',
    },
    residualCnn,
  ),
  drawn(
    {
      id: 'encoder',
      title: 'Transformer encoder',
      about: 'Token embeddings, seeded weights',
      tryIt: 'merge Q, K and V',
    },
    () => encoder(),
  ),
  {
    id: 'digit-cnn',
    title: 'Digit CNN',
    about: `Drawn digits, trained: ${formatShare(digitFigures.top1)} right`,
    tryIt: 'prune, then recover',
    sizes: DIGIT_CNN,
    build: (sizes) => digitCnn(sizesOf('digit-cnn', DIGIT_CNN, sizes)),
    learnt: 'digit-cnn',
  },
  {
    id: 'edge-cnn',
    title: 'Edge CNN',
    about: `Drawn digits, a supernet: ${formatShare(edgeFigures.top1)} right, its smallest ${formatShare(edgeFigures.smallest)}`,
    tryIt: 'search its sub-networks',
    sizes: EDGE_CNN,
    build: (sizes) => edgeCnn(sizesOf('edge-cnn', EDGE_CNN, sizes)),
    learnt: 'edge-cnn',
  },
  {
    id: 'character-transformer',
    title: 'Character transformer',
    about: `Small stories, trained: perplexity ${textFigures.perplexity.toFixed(2)}`,
    tryIt: 'fuse attention, distil',
    sizes: CHARACTER_TRANSFORMER,
    build: (sizes) => characterTransformer(sizesOf('character-transformer', CHARACTER_TRANSFORMER, sizes)),
    learnt: 'character-transformer',
  },
];

/** The bundled samples; weights are neither drawn nor loaded for the list. */
export function listSamples(): readonly SampleInfo[] {
  return SAMPLES.map(({ id, title, about, tryIt, sizes, build }) => {
    const model = build({});
    let bytes = 0;
    for (const tensor of model.graph.initializers.values()) bytes += tensor.byteLength;
    const cells = [...model.graph.nodes].map((node) => familyOf(model.getNode(node)));
    return { id, title, about, tryIt, sizes, nodes: model.graph.nodes.size, bytes, cells };
  });
}

function sampleOf(id: string): Sample {
  const sample = SAMPLES.find((each) => each.id === id);
  if (sample) return sample;
  const names = SAMPLES.map((each) => each.id).join(', ');
  throw new CodedError('bad-request', `There is no sample named ${id}. There are: ${names}.`);
}

/** The architecture of a sample with seeded weights. Throws `bad-request` for a name or measures that there are not. */
export const buildSample = (id: string, sizes: ChosenSizes = {}): Model => sampleOf(id).build(sizes);

/**
 * A sample by its name, with learnt weights where it has some. In other measures than the usual ones, as in
 * `character-transformer?width=64`, its weights are seeded.
 */
export async function loadSample(name: string): Promise<Model> {
  const { id, sizes } = parseSampleName(name);
  const { build, learnt, sizes: known } = sampleOf(id);
  const model = build(sizes);
  const usual = Object.entries(sizes).every(([key, value]) => known[key]?.usual === value);
  return learnt && usual ? withLearnt(learnt, model) : model;
}
