import { weightsNamed } from '../../base/named-weights.ts';
import type { Studio } from '../studio.ts';
import { packBundle, type BundleParts } from './bundle.ts';

export type BundleWishes = Pick<BundleParts, 'reports' | 'threshold' | 'runtime'>;

/** What is open, at the cursor, as a bundle. Throws as `packBundle`. */
export async function bundleOf(studio: Studio, wishes: BundleWishes): Promise<Uint8Array<ArrayBuffer>> {
  const { name, cursor, recipe } = studio.document();
  const { model, summary } = studio.stopOf(cursor);
  const weights = weightsNamed(recipe.steps).flatMap((sha256) => {
    const bytes = studio.artifacts.bytes(sha256);
    return bytes ? [[sha256, bytes] as const] : [];
  });
  return packBundle({
    ...wishes,
    name,
    model,
    inputs: summary.inputs,
    outputs: summary.outputs,
    recipe: `${JSON.stringify(recipe, null, 2)}\n`,
    weights: new Map(weights),
    session: studio.sessionText(),
    runtimeVersion: (await studio.capabilities()).runtimeVersion,
  });
}
