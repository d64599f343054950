import { deflateSync, inflateSync } from 'fflate';
import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import { cachedSource, Tensor } from '../../ir/tensor.ts';
import { BITS } from '../../ir/types.ts';

/** What stays of a tensor: bit i mod 8 of byte ⌊i/8⌋, least significant first, is 1 where element i stays. */
export interface Mask {
  readonly elements: number;
  readonly bits: Uint8Array;
}

/** A mask under which everything stays. */
export function fullMask(elements: number): Mask {
  const bits = new Uint8Array(Math.ceil(elements / 8)).fill(0xff);
  if (elements % 8 !== 0) bits[bits.length - 1] = (1 << (elements % 8)) - 1;
  return { elements, bits };
}

export function clear({ bits }: Mask, element: number): void {
  bits[element >> 3] = (bits[element >> 3] ?? 0) & ~(1 << (element & 7));
}

export const stays = ({ bits }: Mask, element: number): boolean =>
  (((bits[element >> 3] ?? 0) >> (element & 7)) & 1) === 1;

/**
 * What is stored for a weight in a recipe: its number of elements and the mask, deflated (RFC 1951) in base64. Half of
 * the weights kept at random places take 1.33 bits of text each, a tenth 0.75.
 */
export interface MaskDecision {
  readonly [key: string]: Json;
  readonly elements: number;
  readonly mask: string;
}

export function encodeMask({ elements, bits }: Mask): MaskDecision {
  const packed = deflateSync(bits, { level: 9 });
  return { elements, mask: btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join('')) };
}

/** @throws CodedError `replay-failed` where the decision is none, or not for a weight of so many elements */
export function decodeMask(name: string, elements: number, decision: Json | undefined): Mask {
  if (typeof decision !== 'object' || decision === null || !('elements' in decision) || !('mask' in decision)) {
    throw misfit(name, 'has a decision that is not { elements, mask }');
  }
  const { elements: decided, mask } = decision;
  if (decided !== elements)
    throw misfit(name, `was decided for ${JSON.stringify(decided)} weights and has ${elements} now`);
  const bits = typeof mask === 'string' ? unpack(mask, Math.ceil(elements / 8)) : null;
  if (!bits) throw misfit(name, 'has a mask that cannot be read');
  return { elements, bits };
}

/** Null: it is no deflated text of exactly so many bytes. */
function unpack(text: string, length: number): Uint8Array | null {
  try {
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    // One byte more than wanted shows whether there is more, and no decision can fill the memory.
    const bytes = inflateSync(packed, { out: new Uint8Array(length + 1) });
    return bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}

const misfit = (name: string, what: string): CodedError =>
  new CodedError('replay-failed', `The weight ${name} ${what}.`, { weight: name });

/** The tensor with +0 where the mask says so, every other byte as it was; lazy. */
export function maskTensor(tensor: Tensor, mask: Mask): Tensor {
  const width = BITS[tensor.dtype] / 8;
  const compute = (): Uint8Array => {
    const bytes = tensor.bytes().slice();
    for (let i = 0; i < mask.elements; i++) if (!stays(mask, i)) bytes.fill(0, i * width, (i + 1) * width);
    return bytes;
  };
  return new Tensor(tensor.dtype, tensor.shape, cachedSource('derived', compute), tensor.extras);
}
