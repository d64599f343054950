import { createStore, type StoreApi } from 'zustand/vanilla';
import { toErrorRecord } from '../base/error.ts';
import type { BenchRequest, DeviceRef } from '../bench/types.ts';
import type { Client } from '../protocol/client.ts';
import type { DevicesApi, DevicesProgress } from '../remote/devices-api.ts';
import { MAX_NAME, type LentDevice, type StudioHello } from '../remote/messages.ts';
import type { DevicesView } from '../remote/studio-end.ts';
import type { Core } from './core.ts';

/** The way to the relay of the page's server. */
export interface DevicesAccess extends Pick<StudioHello, 'studio' | 'token'> {
  readonly client: Client<DevicesApi>;
  /** `ws:` or `wss:` address. */
  readonly relay: string;
}

export interface DevicesState {
  /** The page's server has a relay: devices can be lent. */
  readonly served: boolean;
  /** Null: not connected yet. */
  readonly view: DevicesView | null;
  /** When the code ends, ms since 1970. */
  readonly codeEnds: number | null;
  /** Where is measured: id of a lent device; null: here. */
  readonly chosen: number | null;
  /** WASM threads to use, by device. */
  readonly threads: Readonly<Record<number, number>>;
}
export const MAX_DEVICE_NAME = MAX_NAME;
export type DevicesStore = StoreApi<DevicesState>;

export const createDevicesStore = (served: boolean): DevicesStore =>
  createStore<DevicesState>(() => ({ served, view: null, codeEnds: null, chosen: null, threads: {} }));

/** The lent device that is measured on; null: this one. */
export const chosenDevice = ({ view, chosen }: DevicesState): LentDevice | null =>
  view?.devices.find(({ id }) => id === chosen) ?? null;

export const refOf = ({ id, name }: LentDevice): DeviceRef => ({ id, name });

/** All that a device offers, unless a person chose less. */
export const threadsOf = ({ threads }: DevicesState, { id, capabilities }: LentDevice): number =>
  Math.min(threads[id] ?? capabilities.maxThreads, capabilities.maxThreads);

/** The part of a request that says where it runs: on the chosen device with its threads, else here with `threads`. */
export function placeFor(state: DevicesState, threads: number): Pick<BenchRequest, 'threads' | 'device'> {
  const device = chosenDevice(state);
  return device ? { threads: threadsOf(state, device), device: refOf(device) } : { threads };
}

export interface DevicesActions {
  /** Connects to the relay, once; where there is none it does nothing. */
  watchDevices(): void;
  newDeviceCode(): Promise<void>;
  renameDevice(device: number, name: string): Promise<void>;
  removeDevice(device: number): Promise<void>;
  /** Null: measure here. */
  chooseDevice(device: number | null): void;
  setDeviceThreads(device: number, threads: number): void;
}

export function devicesActions({ devices: store, document, platform, notices }: Core): DevicesActions {
  const access = platform.devices ?? null;
  let isWatching = false;

  const show = ({ view }: DevicesProgress): void => {
    const before = store.getState();
    const isNewCode = view.code !== before.view?.code && view.code?.code !== before.view?.code?.code;
    const ends = view.code && (isNewCode ? platform.now() + view.code.expiresIn : before.codeEnds);
    const chosen = view.devices.some(({ id }) => id === before.chosen) ? before.chosen : null;
    const joined = view.devices.filter(({ id }) => !before.view?.devices.some((known) => known.id === id));
    store.setState({ view, codeEnds: ends, chosen });
    for (const { name } of joined) notices.announce(`${name} lends itself.`);
  };

  const failed = (error: unknown): void => {
    isWatching = false;
    store.setState({ view: null });
    notices.show({ tone: 'error', title: 'Lent devices are out of reach', text: toErrorRecord(error).message });
  };

  /** Calls that are answered by a change of what is watched. */
  const ask = async <M extends keyof DevicesApi & string>(
    method: M,
    params: DevicesApi[M]['params'],
  ): Promise<void> => {
    try {
      await access?.client.call(method, params);
    } catch (error) {
      failed(error);
    }
  };

  return {
    watchDevices() {
      if (!access || isWatching) return;
      isWatching = true;
      const { client, relay, studio, token } = access;
      const hello = { relay, studio, ...(token !== undefined && { token }) };
      client.call('watch', hello, { onProgress: show }).catch(failed);
      platform.onOnline?.(() => void ask('wake', null));
    },
    newDeviceCode: () => ask('newCode', null),
    renameDevice: (device, name) => ask('rename', { device, name }),
    removeDevice: (device) => ask('remove', { device }),
    chooseDevice(chosen) {
      store.setState({ chosen });
      // Times of nodes hold for where they were measured.
      const { time: _, ...overlays } = document.getState().overlays;
      document.setState({ overlays });
    },
    setDeviceThreads: (device, count) =>
      store.setState(({ threads }) => ({ threads: { ...threads, [device]: count } })),
  };
}
