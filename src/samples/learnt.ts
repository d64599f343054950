import type { Model } from '../ir/model.ts';
import { decodeWeights, notesOf } from '../onnx/safetensors.ts';
import figures from './weights/figures.json' with { type: 'json' };

/** What a training came to, as `scripts/train-samples.mjs` measured it on samples that neither trained nor chose. */
export const FIGURES = figures;

export type LearntSample = keyof typeof figures;

/** Weights that were learnt, as data URLs in modules of their own: nobody loads them who does not open the sample. */
const FILES: Readonly<Record<LearntSample, () => Promise<{ readonly default: string }>>> = {
  'digit-cnn': () => import('./weights/digit-cnn.safetensors?url&inline'),
  'edge-cnn': () => import('./weights/edge-cnn.safetensors?url&inline'),
  'character-transformer': () => import('./weights/character-transformer.safetensors?url&inline'),
};

/** The same model with the weights that it was trained to, and among its metadata the figures, and what the file says of them. */
export async function withLearnt(id: LearntSample, model: Model): Promise<Model> {
  const { default: url } = await FILES[id]();
  // Decoded here: the page's policy lets nothing be fetched but its own files, and that is a text.
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (character) => character.charCodeAt(0));
  const weights = decodeWeights(bytes);
  const byName = new Map(
    [...model.graph.initializers].map(([value, tensor]) => [model.getValue(value).name, { value, tensor }]),
  );
  for (const [name, learnt] of weights) {
    const own = byName.get(name);
    if (!own || own.tensor.shape.join() !== learnt.shape.join()) {
      throw new Error(`invariant: the learnt weight ${name} is one of the sample ${id}`);
    }
    model.setInitializer(own.value, learnt);
  }
  const metadataProps = new Map([
    ...(model.extras.metadataProps ?? []),
    ...Object.entries(notesOf(bytes)),
    ['trained', JSON.stringify(FIGURES[id])],
  ]);
  model.extras = { ...model.extras, metadataProps };
  return model;
}
