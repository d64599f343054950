import { describe, expect, it } from 'vitest';
import { idOfRemoved } from '../../base/changes.ts';
import type { Picture } from '../../engine/types.ts';
import { layoutGraph } from '../../layout/layout.ts';
import { viewOf, type ViewNode } from '../../testing/view.ts';
import { ghostOfNode, ghostsOf } from './ghosts.ts';
import { buildLook } from './look.ts';
import { boxOf, Scene } from './scene.ts';

const plain = { overlay: 'operator', sites: [], refusals: [], diff: null, prune: null, matches: null } as const;
const pictureOf = (nodes: readonly ViewNode[], before?: Picture): Picture => {
  const view = viewOf(nodes, ['x'], [nodes.at(-1)!.outputs[0]!]);
  return { view, layout: layoutGraph(view, before), toggled: [] };
};
const before = pictureOf([
  { op: 'Conv', id: 1, inputs: ['x'], outputs: ['a'] },
  { op: 'Relu', id: 2, inputs: ['a'], outputs: ['b'] },
  { op: 'Neg', id: 3, inputs: ['b'], outputs: ['c'] },
]);
const after = pictureOf(
  [
    { op: 'FusedConv', id: 9, inputs: ['x'], outputs: ['b'], ancestors: [1, 2] },
    { op: 'Neg', id: 3, inputs: ['b'], outputs: ['c'] },
  ],
  before,
);
const then = new Scene(before);

describe('ghosts of nodes that are gone', () => {
  it('stand where the nodes stood, unless something stands there now', () => {
    const ghosts = ghostsOf(new Scene(after), then, [1, 2]);
    expect(ghosts?.rows).toEqual([1]);
    expect(ghostOfNode(ghosts, idOfRemoved(2))).toEqual(boxOf(then.items, 1));
    expect(ghostOfNode(ghosts, idOfRemoved(1))).toBeNull();
  });

  it('are part of the look, beside fused nodes over the places that they are told', () => {
    const diff = { added: [], removed: [], changed: [], fused: [9], origins: new Map([[9, [1, 2]]]) };
    const look = buildLook(new Scene(after), {
      ...plain,
      diff,
      origin: before,
      ghosts: { picture: before, nodes: [2] },
    });
    expect(look.ghosts?.rows).toHaveLength(1);
    expect(look.changes).toEqual(new Map([[0, 'fused']]));
    expect(look.fused[0]?.ancestors).toEqual(['Conv 1', 'Relu 1']);
    expect(look.fused[0]!.box.bottom).toBeGreaterThan(boxOf(then.items, 1).bottom);
  });
});
