import { elementAt } from './layout.ts';
import { clear, fullMask, stays, type Mask } from './mask.ts';
import type { SparsityPattern, WeightLayout } from './types.ts';

type BlockPattern = Extract<SparsityPattern, { kind: 'block' }>;

/**
 * Visits the `count` lowest of all scores, ranked over all lists together; equal ones in the order of lists and places.
 */
function visitLowest(
  lists: readonly Float64Array[],
  count: number,
  visit: (list: number, place: number) => void,
): void {
  if (count <= 0) return;
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let filled = 0;
  for (const list of lists) {
    all.set(list, filled);
    filled += list.length;
  }
  all.sort();
  const threshold = all[Math.min(count, all.length) - 1] ?? 0;
  let ties = count - lowerCount(all, threshold);
  lists.forEach((list, at) => {
    for (let place = 0; place < list.length; place++) {
      const score = list[place] ?? 0;
      if (score < threshold || (score === threshold && ties-- > 0)) visit(at, place);
    }
  });
}

function lowerCount(sorted: Float64Array, threshold: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Masks that zero the `count` lowest scores of all tensors together. */
export function lowestMasks(scores: readonly Float64Array[], count: number): Mask[] {
  const masks = scores.map((each) => fullMask(each.length));
  visitLowest(scores, count, (tensor, element) => clear(masks[tensor] as Mask, element));
  return masks;
}

/** Full groups of `of` along the reduction; a shorter tail stays dense. */
export const groupCount = (layout: WeightLayout, of: number): number =>
  layout.matrices * layout.outputs * Math.floor(layout.reduction / of);

/** Visits every element of every full group: `places` has `of` elements and is used again. */
export function visitGroups(layout: WeightLayout, of: number, visit: (places: Int32Array) => void): void {
  const places = new Int32Array(of);
  for (let matrix = 0; matrix < layout.matrices; matrix++) {
    for (let output = 0; output < layout.outputs; output++) {
      for (let start = 0; start + of <= layout.reduction; start += of) {
        for (let i = 0; i < of; i++) places[i] = elementAt(layout, matrix, output, start + i);
        visit(places);
      }
    }
  }
}

/** In every full group the `of − keep` lowest scores go; equal ones from the front. */
export function groupMask(scores: Float64Array, layout: WeightLayout, keep: number, of: number): Mask {
  const mask = fullMask(scores.length);
  visitGroups(layout, of, (places) => {
    const order = Array.from(places).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b);
    for (const place of order.slice(0, of - keep)) clear(mask, place);
  });
  return mask;
}

/** Full blocks; what is left over at the edges stays dense. */
export const blockCount = (layout: WeightLayout, { outputs, reduction }: BlockPattern): number =>
  layout.matrices * Math.floor(layout.outputs / outputs) * Math.floor(layout.reduction / reduction);

/** Visits every full block: `places` is used again. */
export function visitBlocks(
  layout: WeightLayout,
  { outputs, reduction }: BlockPattern,
  visit: (places: Int32Array, block: number) => void,
): void {
  const places = new Int32Array(outputs * reduction);
  let block = 0;
  for (let matrix = 0; matrix < layout.matrices; matrix++) {
    for (let output = 0; output + outputs <= layout.outputs; output += outputs) {
      for (let at = 0; at + reduction <= layout.reduction; at += reduction) {
        for (let i = 0; i < places.length; i++) {
          places[i] = elementAt(layout, matrix, output + Math.floor(i / reduction), at + (i % reduction));
        }
        visit(places, block++);
      }
    }
  }
}

/** The norm of each full block's scores. */
function blockScores(scores: Float64Array, layout: WeightLayout, pattern: BlockPattern): Float64Array {
  const norms = new Float64Array(blockCount(layout, pattern));
  visitBlocks(layout, pattern, (places, block) => {
    let sum = 0;
    for (const place of places) {
      const score = Math.max(0, scores[place] ?? 0);
      sum += pattern.norm === 'l2' ? score * score : score;
    }
    norms[block] = pattern.norm === 'l2' ? Math.sqrt(sum) : sum;
  });
  return norms;
}

/** Masks that zero the `count` blocks of the lowest norms of all tensors together. */
export function blockMasks(
  scores: readonly Float64Array[],
  layouts: readonly WeightLayout[],
  pattern: BlockPattern,
  count: number,
): Mask[] {
  const norms = scores.map((each, i) => blockScores(each, layouts[i] as WeightLayout, pattern));
  const gone = norms.map((each) => fullMask(each.length));
  visitLowest(norms, count, (tensor, block) => clear(gone[tensor] as Mask, block));
  return scores.map((each, i) => {
    const mask = fullMask(each.length);
    visitBlocks(layouts[i] as WeightLayout, pattern, (places, block) => {
      if (!stays(gone[i] as Mask, block)) for (const place of places) clear(mask, place);
    });
    return mask;
  });
}
