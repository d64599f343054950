import { CodedError } from '../base/error.ts';

/** A measure that an architecture can be built with. */
export interface SampleSize {
  readonly usual: number;
  readonly least: number;
  readonly most: number;
}

/** Measures by name: `width`, `layers`. */
export type SampleSizes = Readonly<Record<string, SampleSize>>;
export type ChosenSizes = Readonly<Record<string, number>>;

/** A sample as it is named: `residual-cnn`, or `character-transformer?width=64&layers=2` for other measures. */
export interface SampleName {
  readonly id: string;
  readonly sizes: ChosenSizes;
}

/** Throws `bad-request` where a measure is no number. */
export function parseSampleName(name: string): SampleName {
  const [id = '', query = ''] = name.split('?', 2);
  const sizes = [...new URLSearchParams(query)].map(([key, text]) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw refused(id, `${key} is ${text || 'missing'}, no number`);
    return [key, value] as const;
  });
  return { id, sizes: Object.fromEntries(sizes) };
}

/** All measures of a sample: those that were chosen, and the usual ones. Throws `bad-request` for others. */
export function sizesOf<Key extends string>(
  id: string,
  known: Readonly<Record<Key, SampleSize>>,
  chosen: ChosenSizes,
): Record<Key, number> {
  const names = Object.keys(known) as Key[];
  const strange = Object.keys(chosen).find((key) => !(key in known));
  if (strange !== undefined) {
    const there = names.length === 0 ? 'It has none' : `There are ${names.join(', ')}`;
    throw refused(id, `it has no measure ${strange}. ${there}`);
  }
  const entries = names.map((key) => {
    const { usual, least, most } = known[key];
    const value = chosen[key] ?? usual;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw refused(id, `${key} is a whole number from ${least} to ${most}, not ${value}`);
    }
    return [key, value] as const;
  });
  return Object.fromEntries(entries) as Record<Key, number>;
}

export const refused = (id: string, reason: string): CodedError =>
  new CodedError('bad-request', `The sample ${id} cannot be built so: ${reason}.`, { sample: id });
