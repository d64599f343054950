import { beforeEach, describe, expect, it } from 'vitest';
import type { KvView, MeasuredPolicy, MeasureProgress, TalkProgress } from '../engine/kv/lab-types.ts';
import type { GivenFile, GraphApi } from '../protocol/api.ts';
import type { CallOptions } from '../protocol/client.ts';
import { measuredOf, POLICY_KINDS } from './kv-store.ts';
import { Deferred, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const layers = [{ heads: 2, keyWidth: 4, valueWidth: 4 }];
const view: KvView = {
  decoder: { layers, dtype: 'float32', vocabulary: 7, positions: null, policy: { kind: 'none' } },
  reason: null,
  plans: POLICY_KINDS.map((kind) => ({
    kind,
    base: 0,
    passes: ['add-kv-cache'],
    reason: kind === 'int8' ? 'No.' : null,
  })),
  tokenizer: { name: 'characters', vocabulary: 7, given: false },
};
const text: GivenFile = { name: 'own.txt', file: new File(['x'], 'own.txt') };

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  fixture.worker.overrides.set('kvLook', () => view);
  await fixture.app.actions.openSample('tiny');
  await settle();
});
const state = () => fixture.app.kv.getState();
const show = async (): Promise<void> => {
  fixture.app.actions.setWorkspace('kv');
  await settle();
};
const cancelled = (): Error => Object.assign(new Error('cancelled'), { code: 'cancelled' });

/** A call that goes on until it is told to end, or cancelled. */
function held(method: keyof GraphApi & string) {
  const calls: { tell: (progress: TalkProgress | MeasureProgress) => void; end: Deferred<unknown> }[] = [];
  fixture.worker.overrides.set(method, (_: never, { onProgress, signal }: CallOptions) => {
    const end = new Deferred<unknown>();
    signal?.addEventListener('abort', () => end.reject(cancelled()));
    calls.push({ tell: (progress) => onProgress?.(progress), end });
    return end.promise;
  });
  return calls;
}

describe('the KV workspace', () => {
  it('asks what the model takes once somebody looks, and again at another stop', async () => {
    expect(fixture.worker.of('kvLook')).toHaveLength(0);
    await show();
    expect(fixture.worker.of('kvLook')).toEqual([{ stop: 0, policies: Object.values(state().policies) }]);
    expect(state().view?.result).toBe(view);
    await fixture.app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold');
    await settle();
    expect(fixture.worker.of('kvLook').at(-1)).toMatchObject({ stop: 1 });
  });

  it('makes steps of a policy with the sizes that are set, and refuses one that cannot be had', async () => {
    await show();
    fixture.app.actions.setPolicy({ kind: 'paged', block: 8 });
    let asked: unknown = null;
    fixture.worker.overrides.set('kvApply', (params: never) => {
      asked = params;
      return fixture.worker.answer('apply', { pass: 'page-kv-cache', options: {}, off: [] }, {});
    });
    expect(await fixture.app.actions.applyPolicy('paged')).toBe(true);
    expect(asked).toEqual({ stop: 0, policy: { kind: 'paged', block: 8 } });
    expect(fixture.app.document.getState().document?.cursor).toBe(1);
    await settle();
    expect(await fixture.app.actions.applyPolicy('int8')).toBe(false);
  });
});

describe('two texts', () => {
  it('come side by side from the same prompt and seed, and one is stopped without the other', async () => {
    await show();
    const calls = held('kvTalk');
    fixture.app.actions.changeTalk({ prompt: 'Anna', seed: 9 });
    fixture.app.actions.chooseTalk('right', 'none');
    const running = fixture.app.actions.talk();
    await settle();
    const [left, right] = fixture.worker.of('kvTalk').map(({ ask }) => ask);
    expect([left?.policy, right?.policy]).toEqual([{ kind: 'dense' }, { kind: 'none' }]);
    for (const ask of [left, right])
      expect(ask).toMatchObject({ prompt: 'Anna', sampling: { seed: 9, temperature: 0.8 } });
    const pieces = [{ id: 1, text: ' had', ms: 5, cacheBytes: 64 }];
    for (const { tell } of calls) tell({ stage: 'Generating', pieces });
    fixture.app.actions.stopTalk('left');
    await settle();
    expect(state().talks.left).toMatchObject({ status: 'stopped', tokens: 1, cacheBytes: 64 });
    calls[1]!.tell({ stage: 'Generating', pieces });
    expect(state().talks.right).toMatchObject({ status: 'running', tokens: 2 });
    calls[1]!.end.resolve({ stopped: 'length' });
    await running;
    expect(state().talks.right).toMatchObject({ status: 'done' });
    fixture.app.actions.goOn('left');
    expect(state().setup.prompt).toBe('Anna had');
  });

  it('say what failed in place', async () => {
    await show();
    fixture.worker.overrides.set('kvTalk', () => {
      throw Object.assign(new Error('The prompt is empty.'), { code: 'bad-request' });
    });
    await fixture.app.actions.talk();
    expect(state().talks.left).toMatchObject({ status: 'failed', error: { message: 'The prompt is empty.' } });
  });

  it('are gone with their model', async () => {
    await show();
    held('kvTalk');
    void fixture.app.actions.talk();
    await settle();
    await fixture.app.actions.openSample('other');
    await settle();
    expect(state().talks).toEqual({ left: null, right: null });
  });
});

describe('a measurement of policies', () => {
  const found: MeasuredPolicy = {
    ...{ policy: { kind: 'dense' }, reason: null, buckets: [], perplexity: 3, msPerToken: 1, cacheBytes: 64 },
  };

  it('asks for those that can be had, keeps what came before it is cancelled, and forgets it with the size', async () => {
    await show();
    await fixture.app.actions.measurePolicies();
    expect(fixture.worker.of('kvMeasure')).toHaveLength(0);
    fixture.app.actions.changeMeasure({ text, tokens: 64 });
    const calls = held('kvMeasure');
    const running = fixture.app.actions.measurePolicies();
    await settle();
    const { ask } = fixture.worker.of('kvMeasure')[0]!;
    expect(ask.policies.map(({ kind }) => kind)).toEqual(POLICY_KINDS.filter((kind) => kind !== 'int8'));
    expect(ask).toMatchObject({ tokens: 65, sinks: 4 });
    calls[0]!.tell({ stage: 'Measured', found });
    calls[0]!.tell({ stage: 'Measured', found: { ...found, policy: { kind: 'sliding-window', window: 64 } } });
    fixture.app.actions.cancelMeasure();
    await running;
    expect(state().measured).toMatchObject({ status: 'cancelled', text: 'own.txt' });
    expect(measuredOf(state(), 'dense')?.perplexity).toBe(3);
    expect(measuredOf(state(), 'sliding-window')?.perplexity).toBe(3);
    fixture.app.actions.setPolicy({ kind: 'sliding-window', window: 32 });
    expect(measuredOf(state(), 'sliding-window')).toBeNull();
  });
});
