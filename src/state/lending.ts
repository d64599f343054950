import { createStore, type StoreApi } from 'zustand/vanilla';
import { toErrorRecord } from '../base/error.ts';
import { silentJob, type Progress } from '../base/job.ts';
import type { WorkerLike } from '../protocol/host.ts';
import { serve, Transferred } from '../protocol/server.ts';
import { DeviceEnd } from '../remote/device-end.ts';
import { LentRuntime, type Doing, type LentApi } from '../remote/lent-runtime.ts';
import type { SocketLike } from '../remote/socket.ts';
import type { Capabilities, RuntimeBackend } from '../runtime/types.ts';
import type { KeyValue } from './settings.ts';

export interface LendingState {
  /** What the device can do; null: being looked at. */
  readonly capabilities: Capabilities | null;
  /** `idle`: it waits for a code. `lost`: the connection is made again. */
  readonly state: 'idle' | 'joining' | 'waiting' | 'lost' | 'stopped';
  /** Why it does not lend, in words. */
  readonly problem: string | null;
  readonly name: string;
  readonly doing: Doing | null;
  /** Jobs that ended, and the model of the last one. */
  readonly done: number;
  readonly last: string | null;
  /** The page is not in sight: the browser may slow it. */
  readonly hidden: boolean;
  /** It was hidden while something ran that was measured last. */
  readonly wasHidden: boolean;
}

/** What the page of a lent device gives: the few things that only a browser can do. */
export interface LendingPlatform {
  connect(): SocketLike;
  runtime(backend: RuntimeBackend): WorkerLike;
  /** What the device is called until a studio calls it otherwise. */
  readonly name: string;
  /** For as long as the tab lives: the token that it was given. */
  readonly session: KeyValue | null;
  /** Longer: its name. */
  readonly storage: KeyValue | null;
  /** ms. */
  now(): number;
}

export interface Lending {
  readonly store: StoreApi<LendingState>;
  /** Looks at the device, then joins with the code, or goes on where the tab was before it was loaded again. */
  start(code: string | null): Promise<void>;
  join(code: string): void;
  stop(): void;
  setHidden(hidden: boolean): void;
  /** The network or the page is back. */
  wake(): void;
}

const TOKEN = 'whittle.lend-token';
const NAME = 'whittle.lend-name';
/** The relay hears of progress so often at most, ms. */
const TOLD_EVERY = 400;

const countOf = ({ done, total }: Progress): string =>
  done === undefined ? '' : total === undefined ? ` ${done}` : ` ${done} of ${total}`;

/** `mobilenet.onnx · benchmark · Timing 40 of 60`. */
export const describeDoing = ({ model, what, progress }: Doing): string =>
  [model, what, progress && `${progress.stage}${countOf(progress)}`].filter(Boolean).join(' · ').slice(0, 200);

/** A page that lends its device to a studio. */
export function createLending(platform: LendingPlatform): Lending {
  const store = createStore<LendingState>(() => ({
    capabilities: null,
    state: 'idle',
    problem: null,
    name: platform.storage?.getItem(NAME) || platform.name,
    doing: null,
    done: 0,
    last: null,
    hidden: false,
    wasHidden: false,
  }));
  let end: DeviceEnd | null = null;
  let toldAt = -Infinity;
  let toldStage = '';

  const runtime = new LentRuntime(platform.runtime, (doing) => {
    const before = store.getState();
    const ended = doing === null ? { done: before.done + 1, last: before.doing?.model ?? before.last } : {};
    const begins = doing !== null && before.doing === null;
    store.setState({ doing, ...ended, ...(begins && { wasHidden: before.hidden }) });
    tell(doing);
  });

  function tell(doing: Doing | null): void {
    const { hidden } = store.getState();
    const stage = doing ? `${doing.what} ${doing.progress?.stage} ${hidden}` : '';
    if (doing && stage === toldStage && platform.now() - toldAt < TOLD_EVERY) return;
    [toldAt, toldStage] = [platform.now(), stage];
    const said = [hidden && 'its page is hidden', doing && describeDoing(doing)].filter(Boolean).join(' · ');
    end?.doing(said || null);
  }

  const keep = (storage: KeyValue | null, key: string, value: string): void => {
    try {
      storage?.setItem(key, value);
    } catch {
      // Storage is full or blocked: it holds for this visit.
    }
  };

  const leave = (state: LendingState['state'], problem: string | null): void => {
    end = null;
    keep(platform.session, TOKEN, '');
    store.setState({ state, problem });
  };

  function connect(proof: { readonly code: string } | { readonly token: string }): void {
    const { capabilities, name } = store.getState();
    if (!capabilities || end) return;
    store.setState({ state: 'joining', problem: null });
    end = new DeviceEnd(
      () => platform.connect(),
      { name, capabilities, ...proof },
      {
        serve: (endpoint) => serve<LentApi>(endpoint, runtime.handlers),
        onJoined(token, joinedAs) {
          keep(platform.session, TOKEN, token);
          store.setState({ state: 'waiting', name: joinedAs, problem: null });
        },
        onRenamed(renamed) {
          keep(platform.storage, NAME, renamed);
          store.setState({ name: renamed });
        },
        onRefused: ({ message }) => leave('idle', message),
        onRemoved: () => leave('stopped', 'The studio has removed this device. A new code lets it join again.'),
        onLost: () => store.setState({ state: 'lost' }),
      },
    );
  }

  return {
    store,
    async start(code) {
      try {
        const found = await runtime.handlers.capabilities(null, silentJob());
        const capabilities = found instanceof Transferred ? found.result : found;
        store.setState({ capabilities, done: 0, last: null });
      } catch (error) {
        const why = toErrorRecord(error).message;
        return store.setState({ problem: `The runtime does not start on this device: ${why}` });
      }
      const token = platform.session?.getItem(TOKEN);
      if (code !== null) connect({ code });
      else if (token) connect({ token });
    },
    join: (code) => connect({ code }),
    stop() {
      end?.leave();
      runtime.dispose();
      leave('stopped', null);
    },
    setHidden(hidden) {
      const { doing, wasHidden } = store.getState();
      store.setState({ hidden, wasHidden: wasHidden || (hidden && doing !== null) });
      tell(doing);
    },
    wake: () => end?.wake(),
  };
}
