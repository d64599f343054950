import { describe, expect, it, vi } from 'vitest';
import { makeApp, settle } from '../../../state/testing/fake-worker.ts';
import { KEYS } from '../keys.ts';
import { commandKeys } from './command.ts';
import { commandsOf } from './commands.ts';

const ids = (commands: ReturnType<typeof commandsOf>): readonly string[] => commands.map(({ id }) => id);

describe('the commands', () => {
  it('are those of the start page while no model is open', async () => {
    const { app } = await makeApp();
    expect(ids(commandsOf(app))).toContain('sample tiny');
    expect(ids(commandsOf(app))).not.toContain('undo');
    expect(commandsOf(app).find(({ id }) => id === 'save')?.refusal).toBe('No model is open.');
  });

  it('have ids of their own, and keys that the table has', async () => {
    const { app } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    const all = commandsOf(app);
    expect(all.length).toBeGreaterThan(40);
    expect(new Set(ids(all)).size).toBe(all.length);
    const page = new Set<string>(KEYS.filter(({ where }) => where === 'page').map(({ id }) => id));
    expect(all.filter(({ key }) => key !== undefined && !page.has(key))).toEqual([]);
    expect(commandKeys(all.find(({ id }) => id === 'undo')!)).toMatch(/Z$/);
  });

  it('say why they cannot run, and run what they say', async () => {
    vi.stubGlobal('requestAnimationFrame', vi.fn());
    const { app } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    const get = (id: string) => commandsOf(app).find((command) => command.id === id)!;
    expect(get('undo').refusal).toBe('This is the original.');
    expect(get('apply').refusal).toBe('No pass is looked at.');
    get('pass fold').run();
    await settle();
    expect(get('apply')).toMatchObject({ refusal: null, hint: '3 sites' });
    get('all off').run();
    expect(get('apply').refusal).toBe('No site is on.');
    get('all on').run();
    get('apply').run();
    await settle();
    expect(get('stop 1').refusal).toBe('It is shown.');
    get('stop 0').run();
    await settle();
    expect(app.document.getState().document?.cursor).toBe(0);
    vi.unstubAllGlobals();
  });

  it('of an architecture search say what it lacks, and open its workspace', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    const get = (id: string) => commandsOf(app).find((command) => command.id === id)!;
    expect(get('architecture start').refusal).toContain('nothing to judge networks by');
    expect(get('architecture pause').refusal).toBe('No search is at work.');
    expect(get('architecture open').refusal).toBe('No network is selected.');
    worker.overrides.set('searchSpace', () => ({ genes: [], size: 0, notes: [] }));
    get('workspace search').run();
    await settle();
    expect(app.view.getState().workspace).toBe('search');
    expect(worker.of('searchSpace')).toEqual([{ stop: 0, space: app.searching.getState().request.space }]);
  });

  it('of the KV cache say what they lack, and run a prompt once the model was looked at', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    const get = (id: string) => commandsOf(app).find((command) => command.id === id)!;
    expect(get('kv talk').refusal).toContain('open the KV workspace');
    worker.overrides.set('kvLook', () => ({ decoder: null, reason: null, plans: [], tokenizer: null }));
    get('workspace kv').run();
    await settle();
    expect(get('kv talk').refusal).toBeNull();
    expect(get('kv stop').refusal).toBe('No text is being written.');
    expect(get('kv measure').refusal).toContain('no text to read');
    worker.overrides.set('kvTalk', () => new Promise(() => {}));
    get('kv talk').run();
    await settle();
    expect(worker.of('kvTalk')).toHaveLength(2);
    expect(get('kv stop').refusal).toBeNull();
  });

  it('know a job that is in the way', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openSample('tiny');
    await settle();
    worker.overrides.set('replay', () => new Promise(() => {}));
    void app.actions.applyPreset('clean', 'Clean up');
    expect(commandsOf(app).find(({ id }) => id === 'preset clean')?.refusal).toBe('Clean up is at work.');
  });
});
