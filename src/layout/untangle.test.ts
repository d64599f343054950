import { describe, expect, it } from 'vitest';
import { itemGraph, orderOf } from './links.ts';
import { depthsBelow, rankItems } from './ranks.ts';
import { packTracks, type PackInput } from './tracks.ts';

function inputOf(items: number, links: readonly (readonly [number, number])[]): PackInput {
  const graph = itemGraph(
    items,
    Int32Array.from(links, ([from]) => from),
    Int32Array.from(links, ([, to]) => to),
  );
  const order = orderOf(graph);
  const floating = new Uint8Array(items);
  const ranks = rankItems(graph, order, floating);
  const rankCount = Math.max(...ranks) + 1;
  const leaving = new Uint8Array(items);
  return { graph, ranks, rankCount, depths: depthsBelow(graph, order), floating, leaving, entering: [] };
}

/** Branches of one item that join a chain one after the other, the first to join being the longest. */
function branches(count: number): PackInput {
  const links: [number, number][] = [];
  const length = count + 3;
  for (let i = 0; i + 1 < length; i++) links.push([i, i + 1]);
  for (let branch = 0; branch < count; branch++) {
    links.push([0, length + branch], [length + branch, 3 + branch]);
  }
  return inputOf(length + count, links);
}

describe('tracks', () => {
  it('are one to a cell', () => {
    for (const best of [false, true]) {
      const input = branches(6);
      const { tracks, count } = packTracks(input, best);
      const cells = new Set(Array.from(tracks, (track, item) => `${track} ${input.ranks[item]}`));
      expect(cells.size).toBe(tracks.length);
      expect(new Set(tracks).size).toBe(count);
    }
  });

  it('nest branches that join one after the other: the first to join is nearest', () => {
    const { tracks } = packTracks(branches(4), true);
    const chain = tracks[0]!;
    const away = [7, 8, 9, 10].map((item) => tracks[item]! - chain);
    for (const side of [away.filter((each) => each < 0), away.filter((each) => each > 0)]) {
      const distances = side.map(Math.abs);
      expect(distances).toEqual([...distances].sort((a, b) => a - b));
    }
  });
});
