import { describe, expect, it } from 'vitest';
import { NO_GROUPS } from '../../ir/view.ts';
import type { App } from '../../state/app.ts';
import { makeView } from '../../state/testing/view.ts';
import { nodeActions, nodesOfGroup } from './actions.ts';
import { constantOfText, textOf, valueOfText } from './attribute-text.ts';

describe('a value in a field', () => {
  it.each([
    ['int', '3', 3],
    ['float', '1e-5', 1e-5],
    ['string', 'SAME_UPPER', 'SAME_UPPER'],
    ['ints', '1, 1  2', [1, 1, 2]],
    ['ints', '', []],
    ['floats', '0.5 2', [0.5, 2]],
    ['strings', 'a, b c', ['a', 'b c']],
  ] as const)('%s "%s" is read', (type, text, value) => {
    expect(valueOfText(type, text)).toEqual(value);
  });

  it('stays text where it is none, so that the pass can say so', () => {
    expect(valueOfText('int', 'two')).toBe('two');
    expect(valueOfText('ints', '1, two')).toEqual([1, 'two']);
  });

  it('is shown as it is typed', () => {
    expect(textOf([1, 1, 2])).toBe('1, 1, 2');
    expect(textOf('SAME')).toBe('SAME');
    expect(textOf(0.5)).toBe('0.5');
    expect(textOf(null)).toBe('');
  });

  it('is none, one number or a list, for a constant', () => {
    expect([constantOfText(' '), constantOfText('2'), constantOfText('1 2')]).toEqual([null, 2, [1, 2]]);
  });
});

/** Four nodes; `outer` holds the first three, `inner` in it the first two. */
const view = {
  ...makeView(
    ['a', 'b', 'c', 'd'].map((name) => ['Relu', name, 1] as const),
    1,
  ),
  groups: {
    ...NO_GROUPS(4),
    keys: ['outer', 'inner'],
    names: ['outer', 'inner'],
    kinds: new Uint8Array(2),
    parents: Int32Array.of(-1, 0),
    ofRow: Int32Array.of(1, 1, 0, -1),
  },
};
const [a = 0, b = 0, c = 0, d = 0] = view.nodeIds;

/** Notes which edits were begun. */
function fakeApp(chosen: readonly number[]) {
  const begun: [string, readonly number[]][] = [];
  const actions = {
    chosenNodes: () => chosen,
    beginEdit: (pass: string, nodes: readonly number[]) => Promise.resolve(void begun.push([pass, nodes])),
  };
  return { app: { actions } as unknown as App, begun };
}

describe('what can be done at a node', () => {
  it('finds the nodes of a group and of the groups in it', () => {
    expect(nodesOfGroup(view, 0)).toEqual([a, b, c]);
    expect(nodesOfGroup(view, 1)).toEqual([a, b]);
  });

  it('offers each group around it, the innermost first', () => {
    const { app, begun } = fakeApp([a]);
    const titles = (node: number) => nodeActions(app, node, view).flatMap((part) => part.map(({ title }) => title));
    expect(titles(a).filter((title) => /inner|outer/.test(title))).toEqual(['Cut out inner…', 'Cut out outer…']);
    expect(titles(d).filter((title) => /inner|outer/.test(title))).toEqual([]);
    const all = nodeActions(app, a, view).flat();
    all.find(({ title }) => title === 'Cut out outer…')?.run();
    expect(begun).toEqual([['extract-subgraph', [a, b, c]]]);
  });

  it('means all chosen nodes where it is one of them, and itself where not', () => {
    const { app, begun } = fakeApp([a, b]);
    const remove = (node: number) =>
      nodeActions(app, node, view)
        .flat()
        .find(({ id }) => id === 'delete')!;
    expect(remove(a).title).toBe('Delete 2 nodes…');
    remove(b).run();
    remove(d).run();
    expect(begun).toEqual([
      ['delete-nodes', [a, b]],
      ['delete-nodes', [d]],
    ]);
  });
});
