import type { NodeId } from '../../ir/types.ts';
import type { ChannelGroup } from '../groups.ts';
import type { Axis } from '../space.ts';

/**
 * Why a channel adds nothing. By weights: it is always 0, always another number, multiplied by zeros wherever it is
 * read, or equal to a channel that stays. On data only: never active, or always (nearly) the same.
 */
export type DeadKind = 'zero' | 'constant' | 'unread' | 'copy' | 'silent' | 'steady';

/** Those that hold for some data, not for every input. */
export const ON_DATA: ReadonlySet<DeadKind> = new Set<DeadKind>(['silent', 'steady']);

/** [size of the axis] the number that each channel is at all positions; NaN: not known. Null: none is known. */
export type ConstantsOf = (input: Axis) => Float64Array | null;

export interface DeadRefusal {
  readonly nodes: readonly NodeId[];
  readonly reason: string;
}

/** What can go of one group. */
export interface DeadGroup {
  readonly group: ChannelGroup;
  /** [atoms] why it can go; null: it stays. At least one stays. */
  readonly kinds: readonly (DeadKind | null)[];
  /** Atoms that are copies: the one that takes their place. */
  readonly copies: ReadonlyMap<number, number>;
  /** What stands in place of the channels that go. */
  readonly constants: ConstantsOf;
  readonly refusals: readonly DeadRefusal[];
}
