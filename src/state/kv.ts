import { toErrorRecord } from '../base/error.ts';
import type { TalkAsk } from '../engine/kv/lab-types.ts';
import { DEFAULT_MIX } from '../kv/simulate/mix.ts';
import { bytesPerPosition } from '../kv/cache/layout.ts';
import type { CachePolicy } from '../kv/types.ts';
import type { GivenFile } from '../protocol/api.ts';
import { ALONE, quiet } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import { CHANGES, type Core } from './core.ts';
import {
  NO_KV,
  POLICY_KINDS,
  policyIn,
  TALK_SIDES,
  type Measured,
  type MeasureSetup,
  type PolicyKind,
  type SimulationSetup,
  type TalkSetup,
  type TalkSide,
} from './kv-store.ts';
import { partsAt, talkAdvanced, talkBegun, type Talk } from './kv-talk.ts';
import type { SteppingActions } from './stepping.ts';
import { policyTitle } from '../kv/policy-title.ts';

export interface KvActions {
  /** Asks again which policies the model takes. */
  lookAtCache(): Promise<void>;
  setPolicy(policy: Exclude<CachePolicy, { readonly kind: 'none' }>): void;
  setTextLength(length: number): void;
  /** A policy becomes steps of the recipe. */
  applyPolicy(kind: PolicyKind): Promise<boolean>;
  giveTokenizer(file: GivenFile | 'bytes' | null): Promise<void>;
  chooseTalk(side: TalkSide, kind: CachePolicy['kind']): void;
  changeTalk(patch: Partial<TalkSetup>): void;
  /** Texts under both policies. */
  talk(): Promise<void>;
  /** The text of a side becomes part of the prompt, for both. */
  goOn(side: TalkSide): void;
  /** Ends one text, or both, and keeps what was said. */
  stopTalk(side?: TalkSide): void;
  changeMeasure(patch: Partial<MeasureSetup>): void;
  /** Perplexity and times under every policy that can be had. */
  measurePolicies(): Promise<void>;
  /** Ends it, and keeps what is there. */
  cancelMeasure(): void;
  changeSimulation(patch: Partial<SimulationSetup>): void;
  simulate(): Promise<void>;
}

/** The sample that goes on with stories. */
const STORYTELLER = 'character-transformer';

export function kvActions(core: Core, stepping: Pick<SteppingActions, 'landed'>): KvActions {
  const { kv: store, document } = core;
  let asked = 0;
  const jobs = new Map<TalkSide, number>();
  let measureJob: number | null = null;

  const isShown = (): boolean => core.view.getState().workspace === 'kv';
  const cursor = (): number => document.getState().document?.cursor ?? 0;
  const setTalk = (side: TalkSide, change: (talk: Talk | null) => Talk | null): void =>
    store.setState(({ talks }) => ({ talks: { ...talks, [side]: change(talks[side]) } }));

  const reset = (): void => {
    asked++;
    for (const id of jobs.values()) core.runner.cancel(id);
    jobs.clear();
    if (measureJob !== null) core.runner.cancel(measureJob);
    measureJob = null;
    const { policies, length, chosen, setup, simulating, measuring } = store.getState();
    // The sample was trained on stories; what another model can read nobody knows.
    const text = document.getState().sample === STORYTELLER ? 'stories' : null;
    store.setState({
      ...{ ...NO_KV, policies, length, chosen, simulating },
      setup: { ...setup, backend: 'wasm' },
      measuring: { ...measuring, text },
    });
  };
  document.subscribe((state, before) => {
    if (before.document && !state.document) reset();
  });
  core.onOpened(() => {
    reset();
    look();
  });
  core.onAdopt(() => {
    const { view } = store.getState();
    const held = view?.stop === cursor() ? ifHolds(core, view) : null;
    if (held === null) asked++;
    const measured = store.getState().measured;
    const holds = measured !== null && ifHolds(core, measured.bound) !== null;
    store.setState({ view: held, asking: false, viewError: null, measured: holds ? measured : null });
    look();
  });
  core.view.subscribe(({ workspace }, before) => {
    if (workspace === 'kv' && before.workspace !== 'kv') look();
  });

  /** Once somebody wants to know. */
  function look(): void {
    const { view, asking, viewError } = store.getState();
    if (isShown() && document.getState().document && !view && !asking && !viewError) void actions.lookAtCache();
  }

  /** Why texts may not begin now; null: they may. */
  const refusal = (): string | null => {
    if (core.runner.isRunning(...CHANGES)) return 'Another change is still at work.';
    return core.runner.isRunning('train', ...ALONE)
      ? 'A measurement or a training is running. It needs the device for itself.'
      : null;
  };

  function askFor(side: TalkSide): TalkAsk {
    const { setup, policies, chosen } = store.getState();
    const { prompt, tokens, temperature, topK, topP, seed, backend, blocks } = setup;
    const { threads } = core.settings.getState().settings;
    const sampling = { temperature, topK, topP, repetition: 1, seed };
    const policy = policyIn(policies, chosen[side]);
    return { stop: cursor(), policy, prompt, tokens, sampling, backend, threads, blocks };
  }

  async function talkAt(side: TalkSide): Promise<void> {
    const ask = askFor(side);
    setTalk(side, () => talkBegun(ask.policy, ask.prompt));
    let mine = 0;
    const still = (): boolean => jobs.get(side) === mine;
    try {
      const result = await core.runner.run('generate', `Text, ${policyTitle(ask.policy.kind)}`, (call, id) => {
        mine = id;
        jobs.set(side, id);
        return core.client.call(
          'kvTalk',
          { ask },
          {
            ...call,
            onProgress(progress) {
              if (still()) setTalk(side, (talk) => talk && talkAdvanced(talk, progress));
              const { stage, done, total } = progress;
              call.onProgress?.({ stage, ...(done !== undefined && { done }), ...(total !== undefined && { total }) });
            },
          },
        );
      });
      if (still()) setTalk(side, (talk) => talk && { ...talk, status: 'done', result });
    } catch (caught) {
      if (!still()) return;
      const error = toErrorRecord(caught);
      const stopped = error.code === 'cancelled';
      setTalk(side, (talk) => talk && { ...talk, ...(stopped ? { status: 'stopped' } : { status: 'failed', error }) });
      if (!stopped) core.notices.announce(`Text, ${policyTitle(ask.policy.kind)}: failed. ${error.message}`);
    } finally {
      if (still()) jobs.delete(side);
    }
  }

  const setMeasured = (change: (measured: Measured) => Partial<Measured>): void =>
    store.setState(({ measured }) => (measured ? { measured: { ...measured, ...change(measured) } } : {}));

  /** Those that the model takes. */
  function possible(): readonly CachePolicy[] {
    const { view, policies } = store.getState();
    const plans = view?.result.plans ?? [];
    return POLICY_KINDS.filter((kind) => plans.some((plan) => plan.kind === kind && plan.reason === null)).map(
      (kind) => policies[kind],
    );
  }

  const actions: KvActions = {
    async lookAtCache() {
      const mine = ++asked;
      const stop = cursor();
      store.setState({ asking: true, viewError: null });
      try {
        const { policies } = store.getState();
        const view = await core.client.call('kvLook', { stop, policies: POLICY_KINDS.map((kind) => policies[kind]) });
        if (mine === asked) store.setState({ view: bind(core, stop, view), asking: false });
      } catch (caught) {
        if (mine === asked) store.setState({ viewError: toErrorRecord(caught), asking: false });
      }
    },
    setPolicy: (policy) => store.setState(({ policies }) => ({ policies: { ...policies, [policy.kind]: policy } })),
    setTextLength: (length) => store.setState({ length }),
    async applyPolicy(kind) {
      const { view, policies } = store.getState();
      const plan = view?.result.plans.find((each) => each.kind === kind);
      if (!plan || plan.reason !== null) return false;
      const title = policyTitle(kind);
      const opened = await core.change('apply', 'kv', title, (call) =>
        core.prepared(core.client.call('kvApply', { stop: cursor(), policy: policies[kind] }, call)),
      );
      if (opened) stepping.landed(opened, title, plan.base);
      return opened !== null;
    },
    async giveTokenizer(file) {
      const { opened } = document.getState();
      store.setState({ tokenizerError: null });
      try {
        const tokenizer = await core.client.call('kvTokenizer', { stop: cursor(), file });
        if (document.getState().opened !== opened) return;
        store.setState(({ view }) => ({ view: view && { ...view, result: { ...view.result, tokenizer } } }));
      } catch (caught) {
        if (document.getState().opened === opened) store.setState({ tokenizerError: toErrorRecord(caught) });
      }
    },
    chooseTalk: (side, kind) => store.setState(({ chosen }) => ({ chosen: { ...chosen, [side]: kind } })),
    changeTalk: (patch) => store.setState(({ setup }) => ({ setup: { ...setup, ...patch } })),
    async talk() {
      const reason = refusal();
      if (reason !== null) {
        core.notices.show({ tone: 'plain', title: 'Texts have to wait', text: reason });
        return;
      }
      if (jobs.size > 0) return;
      await Promise.all(TALK_SIDES.map(talkAt));
    },
    goOn(side) {
      const talk = store.getState().talks[side];
      if (!talk || jobs.size > 0) return;
      const hasText = store.getState().view?.result.tokenizer != null;
      const prompt = [talk.prompt, partsAt(talk, null)[0]].join(hasText ? '' : ' ');
      store.setState(({ setup }) => ({ setup: { ...setup, prompt } }));
    },
    stopTalk(side) {
      for (const each of side ? [side] : TALK_SIDES) {
        const id = jobs.get(each);
        if (id !== undefined) core.runner.cancel(id);
      }
    },
    changeMeasure: (patch) => store.setState(({ measuring }) => ({ measuring: { ...measuring, ...patch } })),
    async measurePolicies() {
      const { measuring, setup, policies } = store.getState();
      const { text, tokens, bucket } = measuring;
      if (text === null) return;
      const reason = refusal();
      if (reason !== null) {
        core.notices.show({ tone: 'plain', title: 'The measurement has to wait', text: reason });
        return;
      }
      quiet(core);
      const stop = cursor();
      const { threads } = core.settings.getState().settings;
      const sizes = { tokens: tokens + 1, bucket, sinks: Math.max(1, policies.streaming.sinks) };
      const ask = { stop, policies: possible(), ...sizes, backend: setup.backend, threads };
      const name = text === 'stories' ? 'stories that it was not shown' : text.name;
      store.setState({
        measured: {
          ...{ status: 'running', text: name, bucket, stage: 'Waiting', done: 0, total: 0, found: [] },
          ...{ result: null, error: null, bound: bind(core, stop, null) },
        },
      });
      let mine = 0;
      const still = (): boolean => measureJob === mine;
      try {
        const result = await core.runner.run('perplexity', 'Perplexity under each policy', (call, id) => {
          mine = measureJob = id;
          return core.client.call(
            'kvMeasure',
            { ask, text },
            {
              ...call,
              onProgress({ stage, done = 0, total = 0, found }) {
                if (still())
                  setMeasured((now) => ({ stage, done, total, found: found ? [...now.found, found] : now.found }));
                call.onProgress?.({ stage, ...(total > 0 && { done, total }) });
              },
            },
          );
        });
        if (still()) setMeasured(() => ({ status: 'done', result }));
      } catch (caught) {
        if (!still()) return;
        const error = toErrorRecord(caught);
        const cancelled = error.code === 'cancelled';
        setMeasured(() => (cancelled ? { status: 'cancelled' } : { status: 'failed', error }));
        core.notices.announce(cancelled ? 'The measurement was cancelled.' : `Perplexity: failed. ${error.message}`);
      } finally {
        if (still()) measureJob = null;
      }
    },
    cancelMeasure() {
      if (measureJob !== null) core.runner.cancel(measureJob);
    },
    changeSimulation: (patch) => store.setState(({ simulating }) => ({ simulating: { ...simulating, ...patch } })),
    async simulate() {
      const { view, simulating: setup, policies } = store.getState();
      const layers = view?.result.decoder?.layers;
      if (!layers) return;
      const { positions, ...mix } = setup;
      const { block } = policies.paged;
      const request = {
        mix: { ...DEFAULT_MIX, ...mix },
        layers,
        memory: positions * bytesPerPosition(layers),
        blocks: [block],
      };
      store.setState({ simulationError: null });
      try {
        const result = await core.runner.run('simulate', 'Simulated requests', (call) =>
          core.client.call('kvSimulate', { request }, call),
        );
        store.setState({ simulation: { setup, block, result } });
      } catch (caught) {
        store.setState({ simulationError: toErrorRecord(caught) });
      }
    },
  };
  return actions;
}
