import { describe, expect, it } from 'vitest';
import type { EditTarget } from '../engine/edit-target.ts';
import type { PassInfo } from '../engine/types.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const RENAME: PassInfo = {
  id: 'rename',
  group: 'edit',
  title: 'Rename',
  why: 'Names are what others feed by.',
  preserves: 'bits',
  needs: [],
  looksFor: null,
  backends: ['wasm'],
  options: {
    kind: { type: 'choice', default: 'value', choices: [], label: 'What' },
    from: { type: 'text', default: '', label: 'Name' },
    to: { type: 'text', default: '', label: 'New name' },
  },
};
const CUT: PassInfo = {
  ...RENAME,
  id: 'extract-subgraph',
  title: 'Cut out',
  options: {
    nodes: { type: 'json', default: [], label: 'Nodes' },
    inputs: { type: 'json', default: [], label: 'From' },
    outputs: { type: 'json', default: [], label: 'To' },
  },
};

const target = (node: number): EditTarget => ({
  node,
  ref: `node${node}`,
  attributes: [],
  inputs: [`in${node}`],
  outputs: [{ name: `out${node}`, isOutput: false }],
});

const found = (pass: string, sites: number) => [
  {
    pass,
    sites: Array.from({ length: sites }, () => ({
      key: `${pass}:a:0`,
      rule: pass,
      anchor: 1,
      nodes: [1],
      what: 'Renames.',
    })),
    refusals: sites === 0 ? [{ rule: pass, nodes: [], reason: 'Give a name.' }] : [],
    unavailable: null,
  },
];

/** An open document whose worker answers edits: with a site once there is a new name. */
async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  const { app, worker } = fixture;
  app.document.setState(({ passes }) => ({ passes: [...passes, RENAME, CUT] }));
  worker.overrides.set(
    'editTargets',
    ({ nodes }: { nodes: readonly number[] }) => Promise.resolve(nodes.map(target)) as never,
  );
  await app.actions.openFiles([new File(['bytes'], 'model.onnx')]);
  await settle();
  worker.overrides.set(
    'sites',
    ({ passes, options }: { passes: readonly string[]; options?: Record<string, { to?: string }> }) => {
      const [pass = ''] = passes;
      return Promise.resolve(found(pass, pass !== 'rename' || options?.[pass]?.to ? 1 : 0)) as never;
    },
  );
  return fixture;
}

const editOf = ({ app }: Fixture) => app.document.getState().edit;

describe('a hand edit', () => {
  it('is not looked for until somebody gives it a place', async () => {
    const { worker } = await opened();
    expect(worker.of('sites').map(({ passes }) => passes)).toEqual([['fold'], ['fuse']]);
  });

  it('starts from the node that it was asked for at', async () => {
    const fixture = await opened();
    await fixture.app.actions.beginEdit('rename', [3]);
    await settle();
    expect(editOf(fixture)).toMatchObject({ options: { kind: 'node', from: 'node3', to: '' }, touched: false });
    expect(editOf(fixture)?.found?.refusals[0]?.reason).toBe('Give a name.');
  });

  it('is asked again as it is filled in, and counted once it has a place', async () => {
    const fixture = await opened();
    await fixture.app.actions.beginEdit('rename', [3]);
    fixture.app.actions.changeEdit({ to: 'stem' });
    await settle();
    expect(editOf(fixture)).toMatchObject({ touched: true, found: { sites: [{ what: 'Renames.' }] } });
    expect(editOf(fixture)?.result).not.toBeNull();
    expect(fixture.worker.of('preview').at(-1)).toMatchObject({ pass: 'rename', options: { to: 'stem' } });
  });

  it('becomes a step, and its form closes', async () => {
    const fixture = await opened();
    await fixture.app.actions.beginEdit('rename', [3], { to: 'stem' });
    await settle();
    await fixture.app.actions.applyEdit();
    await settle();
    const applied = fixture.worker.of('apply').at(-1);
    expect(applied).toEqual({ pass: 'rename', options: { kind: 'node', from: 'node3', to: 'stem' }, off: [] });
    expect(editOf(fixture)).toBeNull();
    expect(fixture.app.document.getState().document?.cursor).toBe(1);
  });

  it('is not applied without a place', async () => {
    const fixture = await opened();
    await fixture.app.actions.beginEdit('rename', [3]);
    await settle();
    await fixture.app.actions.applyEdit();
    expect(fixture.worker.of('apply')).toEqual([]);
  });

  it('gives way to a look at a pass, and ends on cancel', async () => {
    const fixture = await opened();
    const { app } = fixture;
    await app.actions.beginEdit('rename', [3]);
    app.actions.lookAt('fold');
    expect(editOf(fixture)).toBeNull();
    expect(app.document.getState().preview?.pass).toBe('fold');
    app.actions.lookAt('rename');
    await settle();
    expect(app.document.getState()).toMatchObject({ preview: null, edit: { pass: 'rename' } });
    app.actions.cancelEdit();
    expect(editOf(fixture)).toBeNull();
  });

  it('says where it failed', async () => {
    const fixture = await opened();
    fixture.worker.overrides.set('editTargets', failing('worker-died', 'The worker ended.'));
    await fixture.app.actions.beginEdit('rename', [3]);
    expect(fixture.app.document.getState().failure).toMatchObject({ what: 'Rename', error: { code: 'worker-died' } });
  });
});

describe('nodes chosen together', () => {
  const ids = ({ app }: Fixture): readonly number[] => [...(app.document.getState().picture?.view.nodeIds ?? [])];

  it('are the selected one and those beside it, and go out one by one', async () => {
    const fixture = await opened();
    const { actions, view } = fixture.app;
    const [a = 0, b = 0, c = 0] = ids(fixture);
    actions.mark(a);
    expect(view.getState()).toMatchObject({ selected: a, marked: [] });
    actions.mark(b);
    actions.mark(c);
    expect(actions.chosenNodes()).toEqual([a, b, c]);
    actions.mark(b);
    expect(actions.chosenNodes()).toEqual([a, c]);
    actions.pick(null);
    expect(actions.chosenNodes()).toEqual([a]);
  });

  it('are what an edit from the list of passes starts from', async () => {
    const fixture = await opened();
    const [a = 0, b = 0] = ids(fixture);
    fixture.app.actions.mark(a);
    fixture.app.actions.mark(b);
    fixture.app.actions.lookAt('extract-subgraph');
    await settle();
    expect(editOf(fixture)?.options['nodes']).toEqual([`node${a}`, `node${b}`]);
  });

  it('are followed by an open form', async () => {
    const fixture = await opened();
    const [a = 0, b = 0, c = 0] = ids(fixture);
    fixture.app.actions.select(a);
    await fixture.app.actions.beginEdit('extract-subgraph', [a]);
    fixture.app.actions.mark(b);
    await settle();
    fixture.app.actions.mark(c);
    await settle();
    expect(editOf(fixture)?.options['nodes']).toEqual([`node${a}`, `node${b}`, `node${c}`]);
    fixture.app.actions.mark(b);
    await settle();
    expect(editOf(fixture)?.options['nodes']).toEqual([`node${a}`, `node${c}`]);
  });

  it('end a part with the next node that is selected', async () => {
    const fixture = await opened();
    const [a = 0, b = 0] = ids(fixture);
    await fixture.app.actions.beginEdit('extract-subgraph', [a]);
    fixture.app.actions.pickEnd(true);
    fixture.app.actions.pick(b);
    await settle();
    expect(editOf(fixture)).toMatchObject({
      picking: false,
      options: { nodes: [], inputs: [`in${a}`], outputs: [`out${b}`] },
    });
  });
});
