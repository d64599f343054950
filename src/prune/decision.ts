import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { ChannelGroup } from './groups.ts';

/**
 * What is stored for a group in a recipe: its number of channels and the kept ones as a bitmap (bit i mod 8 of byte
 * ⌊i/8⌋, least significant first; base64), over the group's channels on its anchor's axis.
 */
export interface PruneDecision {
  readonly [key: string]: Json;
  readonly channels: number;
  readonly kept: string;
  /** What makes up for the others, see `repair/codec.ts`. */
  readonly repair?: Json;
  /** What goes was multiplied by zeros alone wherever it was read: results stay, up to the order of sums. */
  readonly unread?: boolean;
}

export function encodeDecision(group: ChannelGroup, keptAtoms: ReadonlySet<number>): PruneDecision {
  const order = channelOrder(group);
  const bytes = new Uint8Array(Math.ceil(order.length / 8));
  order.forEach((atom, i) => {
    if (keptAtoms.has(atom)) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return { channels: order.length, kept: btoa(String.fromCharCode(...bytes)) };
}

/** The kept atoms. Throws `replay-failed` where the decision does not fit the group. */
export function decodeDecision(group: ChannelGroup, decision: Json | undefined): Set<number> {
  const order = channelOrder(group);
  const { channels, kept } = asDecision(group, decision);
  if (channels !== order.length) {
    throw misfit(group, `was decided for ${channels} channels and has ${order.length} now`);
  }
  const bytes = Uint8Array.from(atob(kept), (character) => character.charCodeAt(0));
  const [yes, no] = [new Set<number>(), new Set<number>()];
  order.forEach((atom, i) => ((((bytes[i >> 3] ?? 0) >> (i & 7)) & 1) === 1 ? yes : no).add(atom));
  if (yes.size === 0) throw misfit(group, 'would lose all its channels');
  for (const atom of yes)
    if (no.has(atom)) throw misfit(group, 'has channels that now go together and were decided apart');
  return yes;
}

/** The atom of each of the group's channels, in channel order. */
function channelOrder(group: ChannelGroup): number[] {
  return group.atoms
    .flatMap((channels, atom) => channels.map((channel) => ({ channel, atom })))
    .sort((a, b) => a.channel - b.channel)
    .map(({ atom }) => atom);
}

function asDecision(group: ChannelGroup, json: Json | undefined): { channels: number; kept: string } {
  if (typeof json === 'object' && json !== null && 'channels' in json && 'kept' in json) {
    const { channels, kept } = json;
    if (typeof channels === 'number' && typeof kept === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(kept)) {
      return { channels, kept };
    }
  }
  throw misfit(group, 'has a decision that is not { channels, kept }');
}

const misfit = (group: ChannelGroup, what: string): CodedError =>
  new CodedError('replay-failed', `The channel group ${group.key} ${what}.`, { group: group.key });
