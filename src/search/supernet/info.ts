import type { GeneKind } from '../genome.ts';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';

/** The metadata property of a model that was trained as a supernet. */
const PROPERTY = 'whittle.supernet';
const VERSION = 1;

/** Of each size of a kernel, the matrix [taps, taps] by which it comes from the middle of the next larger one. */
export type Transforms = Readonly<Record<string, readonly number[]>>;

/** What a model says of its sub-networks. */
export interface SupernetInfo {
  /** By the name of what a convolution gives, then by size. */
  readonly transforms: Readonly<Record<string, Transforms>>;
  /** By id of a gene: its choices that were trained, as the gene has them. */
  readonly trained: Readonly<Record<string, readonly number[]>>;
}

/** Kinds of genes that were trained. Heads are widths of their own kind: their genes bear the same name. */
export const trainedKinds = ({ trained }: SupernetInfo): readonly GeneKind[] => [
  ...new Set(Object.keys(trained).map((id) => id.slice(0, id.indexOf(':')) as GeneKind)),
];

/** Null: the model was trained as one network. Throws `bad-file` where its property is of another version or broken. */
export function supernetOf({ extras }: Model): SupernetInfo | null {
  const text = extras.metadataProps?.get(PROPERTY);
  if (text === undefined) return null;
  try {
    const found = JSON.parse(text) as Partial<SupernetInfo> & {
      readonly version?: number;
      readonly transforms?: Record<string, Record<string, string>>;
    };
    if (found.version !== VERSION) throw new Error(`version ${found.version}`);
    const transforms = Object.entries(found.transforms ?? {}).map(([conv, sizes]) => [
      conv,
      Object.fromEntries(Object.entries(sizes).map(([size, data]) => [size, decoded(data)])),
    ]);
    return { transforms: Object.fromEntries(transforms) as SupernetInfo['transforms'], trained: found.trained ?? {} };
  } catch (error) {
    throw new CodedError(
      'bad-file',
      `The metadata property ${PROPERTY} cannot be read (${(error as Error).message}). Take it out of the file, or train the supernet again.`,
    );
  }
}

/** In place: narrower widths of the model keep the first channels, smaller kernels come by the transforms. */
export function setSupernet(model: Model, { transforms, trained }: SupernetInfo): void {
  const encoded = Object.entries(transforms).map(([conv, sizes]) => [
    conv,
    Object.fromEntries(Object.entries(sizes).map(([size, matrix]) => [size, base64(matrix)])),
  ]);
  const json = JSON.stringify({
    version: VERSION,
    widths: 'first',
    trained,
    transforms: Object.fromEntries(encoded),
  });
  const metadataProps = new Map([...(model.extras.metadataProps ?? []), [PROPERTY, json]]);
  model.extras = { ...model.extras, metadataProps };
}

/** float32, little-endian. */
function base64(matrix: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * matrix.length));
  matrix.forEach((each, i) => view.setFloat32(4 * i, each, true));
  let text = '';
  for (const byte of new Uint8Array(view.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

function decoded(data: string): number[] {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
