import { describe, expect, it } from 'vitest';
import { GROUP_KINDS } from '../base/group-kinds.ts';
import type { GraphView } from '../ir/view.ts';
import type { PruneSession } from './document.ts';
import { groupWithCopies, offLikeCopies } from './scoping.ts';
import { makeApp, settle } from './testing/fake-worker.ts';
import { makeView } from './testing/view.ts';

describe('the scope of a pass', () => {
  it('switches off what the search did not find, and gives it back', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    app.actions.lookAt('fold');
    app.actions.search('name:block.1');
    app.actions.limitToMatches();
    expect([...app.document.getState().preview!.off]).toEqual(['a', 'c']);
    expect(app.document.getState().preview!.scope?.text).toBe('name:block.1');
    await settle();
    expect(worker.of('preview').at(-1)?.off).toEqual(['a', 'c']);
    app.actions.dropScope();
    expect([...app.document.getState().preview!.off]).toEqual([]);
  });

  it('leaves what a person had switched off as it was', async () => {
    const { app } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    app.actions.lookAt('fold');
    app.actions.toggleSite('a');
    app.actions.search('name:block.1');
    app.actions.limitToMatches();
    app.actions.dropScope();
    expect([...app.document.getState().preview!.off]).toEqual(['a']);
  });

  it('holds for sites that other options find, and is applied as an explicit choice', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    app.actions.lookAt('fold');
    app.actions.search('name:block.1');
    app.actions.limitToMatches();
    app.actions.setOption('depth', 3);
    await settle();
    expect([...app.document.getState().preview!.off]).toEqual(['a', 'c']);
    app.actions.setAllSites(true);
    expect([...app.document.getState().preview!.off]).toEqual(['a', 'c']);
    await app.actions.apply();
    expect(worker.of('apply')[0]?.off).toEqual(['a', 'c']);
  });

  it('does nothing without a match', async () => {
    const { app } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    app.actions.lookAt('fold');
    app.actions.search('op:Gemm');
    app.actions.limitToMatches();
    expect(app.document.getState().preview!.scope).toBeNull();
  });
});

describe('the scope of pruning', () => {
  it('protects the groups that the search did not find, and lets them be cut again', async () => {
    const { app } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    const group = (key: string, node: number) => ({ key, members: [{ node, role: 'out axis' }] });
    const prune = {
      plan: { groups: [group('g0', 0), group('g1', 1), group('g2', 2)] },
      options: { ratio: 0.5, protected: ['g1'] },
    };
    app.document.setState({ prune: prune as unknown as PruneSession });
    app.actions.search('name:block.1');
    app.actions.limitToMatches();
    const protectedKeys = () => app.document.getState().prune!.options.protected;
    expect(protectedKeys()).toEqual(['g1', 'g0', 'g2']);
    app.actions.dropScope();
    expect(protectedKeys()).toEqual(['g1']);
  });
});

/** Three blocks of Conv and Relu, the third built otherwise. */
const blocks: GraphView = {
  ...makeView([
    ['Conv', '/a/Conv', 1],
    ['Relu', '/a/Relu', 0],
    ['Conv', '/b/Conv', 1],
    ['Relu', '/b/Relu', 0],
    ['Conv', '/c/Conv', 1],
  ]),
  groups: {
    keys: ['scope a', 'scope b', 'scope c'],
    names: ['a', 'b', 'c'],
    kinds: new Uint8Array(3).fill(GROUP_KINDS.indexOf('scope')),
    parents: Int32Array.of(-1, -1, -1),
    classes: Int32Array.of(0, 0, 1),
    holders: Int32Array.of(-1, -1, -1),
    sizes: Int32Array.of(2, 2, 1),
    ofRow: Int32Array.of(0, 0, 1, 1, 2),
  },
};
const site = (key: string, ...nodes: number[]) => ({ key, rule: 'r', anchor: nodes[0]!, nodes, what: '' });

describe('copies of a group', () => {
  it('follow the choice of one of them, site by site', () => {
    const sites = [site('a1', 0), site('a2', 1), site('b1', 2), site('b2', 3), site('c1', 4)];
    expect([...offLikeCopies(blocks, sites, new Set(['a1', 'b2', 'c1']), 0)].sort()).toEqual(['a1', 'b1', 'c1']);
  });

  it('keep sites that reach out of the group, and those the group has no like of', () => {
    const sites = [site('a1', 0), site('ab', 1, 2), site('b2', 3)];
    expect([...offLikeCopies(blocks, sites, new Set(['a1', 'b2']), 0)]).toEqual(['a1', 'b2']);
  });

  it('are told of only where there are any', () => {
    expect(groupWithCopies(blocks, 3)).toBe(1);
    expect(groupWithCopies(blocks, 4)).toBe(-1);
    expect(groupWithCopies(makeView([['Conv', 'c', 1]]), 0)).toBe(-1);
  });
});
