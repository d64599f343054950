import { CodedError } from '../base/error.ts';
import { familyOf } from '../ops/registry.ts';
import type { Model } from '../ir/model.ts';
import { encoder } from './encoder.ts';
import { mobileNetV2 } from './mobilenet-v2.ts';
import { residualCnn } from './residual-cnn.ts';
import type { SampleInfo } from './types.ts';

interface Sample {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly tryIt: string;
  readonly build: () => Model;
}

const SAMPLES: readonly Sample[] = [
  {
    id: 'mobilenet-v2',
    title: 'MobileNetV2',
    about: 'Image classes, seeded weights',
    tryIt: 'fold, fuse, prune',
    build: mobileNetV2,
  },
  {
    id: 'residual-cnn',
    title: 'Residual CNN',
    about: 'Small image classes, seeded weights',
    tryIt: 'fold, prune to half',
    build: residualCnn,
  },
  {
    id: 'encoder',
    title: 'Transformer encoder',
    about: 'Token embeddings, seeded weights',
    tryIt: 'merge Q, K and V',
    build: () => encoder(),
  },
];

/** The bundled samples; weights are not drawn for the list. */
export function listSamples(): readonly SampleInfo[] {
  return SAMPLES.map(({ id, title, about, tryIt, build }) => {
    const model = build();
    let bytes = 0;
    for (const tensor of model.graph.initializers.values()) bytes += tensor.byteLength;
    const cells = [...model.graph.nodes].map((node) => familyOf(model.getNode(node)));
    return { id, title, about, tryIt, nodes: model.graph.nodes.size, bytes, cells };
  });
}

export function buildSample(id: string): Model {
  const sample = SAMPLES.find((each) => each.id === id);
  if (!sample) {
    const names = SAMPLES.map((each) => each.id).join(', ');
    throw new CodedError('bad-request', `There is no sample named ${id}. There are: ${names}.`);
  }
  return sample.build();
}
