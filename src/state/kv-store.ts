import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { KvView, MeasuredPolicy, MeasureResult } from '../engine/kv/lab-types.ts';
import { DEFAULT_MIX, type Mix } from '../kv/simulate/mix.ts';
import type { Simulation } from '../kv/simulate/simulate.ts';
import type { CachePolicy } from '../kv/types.ts';
import type { GivenFile } from '../protocol/api.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import type { Bound } from './bound.ts';
import type { Talk } from './kv-talk.ts';

export type PolicyKind = Exclude<CachePolicy['kind'], 'none'>;
/** Each with its sizes, as a person set them. */
export type Policies = { readonly [Kind in PolicyKind]: Extract<CachePolicy, { readonly kind: Kind }> };
/** In the order in which they are shown. */
export const POLICY_KINDS: readonly PolicyKind[] = ['dense', 'sliding-window', 'streaming', 'int8', 'paged'];

export type TalkSide = 'left' | 'right';
export const TALK_SIDES: readonly TalkSide[] = ['left', 'right'];

/** What both sides are asked alike. */
export interface TalkSetup {
  readonly prompt: string;
  readonly tokens: number;
  /** 0: the most likely token. */
  readonly temperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly seed: number;
  readonly backend: RuntimeBackend;
  /** The most blocks of a pool of pages; null: it grows as it has to. */
  readonly blocks: number | null;
}

/** Many requests in one memory. */
export interface SimulationSetup extends Pick<Mix, 'requests' | 'seed' | 'rate' | 'maxLength' | 'sharedPrefix'> {
  /** As positions that it would hold: how many bytes those are depends on the model. */
  readonly positions: number;
}

/** What is read under each policy. */
export interface MeasureSetup {
  /** Null: none was given yet. */
  readonly text: GivenFile | 'stories' | null;
  /** Of the text, at most. */
  readonly tokens: number;
  /** Positions of a point of the curve. */
  readonly bucket: number;
}

/** A measurement at work, or the last one. */
export interface Measured {
  readonly status: 'running' | 'done' | 'cancelled' | 'failed';
  /** What the text is called. */
  readonly text: string;
  readonly bucket: number;
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** One behind the other, as they come. */
  readonly found: readonly MeasuredPolicy[];
  readonly result: MeasureResult | null;
  readonly error: ErrorRecord | null;
  readonly bound: Bound<null>;
}

export interface KvState {
  readonly policies: Policies;
  /** Tokens of the text that bytes are told of. */
  readonly length: number;
  /** Of the stop that is shown. */
  readonly view: Bound<KvView> | null;
  readonly asking: boolean;
  readonly viewError: ErrorRecord | null;
  readonly tokenizerError: ErrorRecord | null;
  readonly setup: TalkSetup;
  readonly chosen: Readonly<Record<TalkSide, CachePolicy['kind']>>;
  readonly talks: Readonly<Record<TalkSide, Talk | null>>;
  readonly measuring: MeasureSetup;
  /** Of a stop whose steps are still the same. */
  readonly measured: Measured | null;
  readonly simulating: SimulationSetup;
  readonly simulation: { readonly setup: SimulationSetup; readonly block: number; readonly result: Simulation } | null;
  readonly simulationError: ErrorRecord | null;
}
export type KvStore = StoreApi<KvState>;

const { requests, seed, rate, maxLength, sharedPrefix } = DEFAULT_MIX;

/** A window that a short text leaves, so that what it does can be seen. */
export const NO_KV: KvState = {
  policies: {
    dense: { kind: 'dense' },
    'sliding-window': { kind: 'sliding-window', window: 64 },
    streaming: { kind: 'streaming', sinks: 4, window: 64 },
    int8: { kind: 'int8', group: 32, residual: 16 },
    paged: { kind: 'paged', block: 16 },
  },
  length: 1024,
  view: null,
  asking: false,
  viewError: null,
  tokenizerError: null,
  setup: {
    prompt: 'Once upon a time',
    tokens: 160,
    temperature: 0.8,
    topK: null,
    topP: null,
    seed: 1,
    backend: 'wasm',
    blocks: null,
  },
  chosen: { left: 'dense', right: 'streaming' },
  talks: { left: null, right: null },
  measuring: { text: null, tokens: 512, bucket: 32 },
  measured: null,
  simulating: { requests, seed, rate, maxLength, sharedPrefix, positions: 8 * maxLength },
  simulation: null,
  simulationError: null,
};

export const createKvStore = (): KvStore => createStore<KvState>(() => NO_KV);

/** The policy of a kind with the sizes that are set. */
export const policyIn = (policies: Policies, kind: CachePolicy['kind']): CachePolicy =>
  kind === 'none' ? { kind } : policies[kind];

/** What was measured of a policy with just these sizes; null: nothing. */
export function measuredAs(
  { measured }: Pick<KvState, 'measured'>,
  policy: CachePolicy,
): (MeasuredPolicy & { readonly reason: null }) | null {
  const found = measured?.found.find((each) => samePolicy(each.policy, policy));
  return found?.reason === null ? found : null;
}

/** The same, of the sizes that are set now. */
export const measuredOf = (state: Pick<KvState, 'measured' | 'policies'>, kind: PolicyKind) =>
  measuredAs(state, state.policies[kind]);

/** Of one kind and sizes, in whatever order they are written. */
export function samePolicy(a: CachePolicy, b: CachePolicy): boolean {
  const sizes = b as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(a).every(([name, value]) => sizes[name] === value);
}
