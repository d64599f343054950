import type { PictureKind, PortDetail, TensorRef } from '../../../engine/detail-types.ts';

/** A tensor that is looked into. */
export interface TensorSubject {
  readonly ref: TensorRef;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Axis of its output channels. */
  readonly axis: number | null;
  readonly picture: PictureKind | null;
}

/** The constant at a port; null where it holds none. */
export function subjectOf({ value, constant, dtype, shape, channelAxis, picture }: PortDetail): TensorSubject | null {
  const sizes = shape?.filter((dim) => typeof dim === 'number');
  if (value === null || !constant || dtype === null || !sizes || sizes.length !== shape?.length) return null;
  return { ref: { value }, dtype, shape: sizes, axis: channelAxis, picture };
}

/** `[12, 0, 1, 2]`: the place of an element, from its flat index. */
export function placeOf(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${place.join(', ')}]`;
}
