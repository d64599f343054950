import type { LentApi } from './lent-runtime.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CodedError } from '../base/error.ts';
import type { Progress } from '../base/job.ts';
import type { RuntimeApi } from '../protocol/api.ts';
import { createClient } from '../protocol/client.ts';
import { serve, type Handlers } from '../protocol/server.ts';
import { Relay } from '../serve/relay.ts';
import { phoneCapabilities } from '../testing/capabilities.ts';
import { DeviceEnd, type DeviceEvents } from './device-end.ts';
import type { SocketLike } from './socket.ts';
import { StudioEnd, type DevicesView } from './studio-end.ts';

const RELAY = { open: true, addresses: [], fingerprint: null };

type Listener = (event: { data: unknown }) => void;

/** Sockets to a relay in this thread. Everything is delivered in tasks of its own, as a network does. */
class FakeNetwork {
  readonly relay = new Relay(RELAY, 'token-of-the-server');
  private readonly sockets = new Set<() => void>();
  private isCut = false;

  connect = (): SocketLike => {
    const listeners = new Map<string, Listener[]>();
    const later = (type: string, data: unknown = null): void =>
      void setTimeout(() => {
        if (type === 'close' || isOpen) for (const listener of listeners.get(type) ?? []) listener({ data });
      });
    let isOpen = !this.isCut;
    const end = (): void => {
      if (!isOpen) return;
      later('close');
      connection.closed();
      isOpen = false;
      this.sockets.delete(end);
    };
    const own = (data: Uint8Array): ArrayBuffer => new Uint8Array(data).buffer;
    const connection = this.relay.connect(
      {
        send: (data) => later('message', typeof data === 'string' ? data : own(data)),
        close: () => setTimeout(end),
        buffered: 0,
      },
      { address: '127.0.0.1', trusted: true },
    );
    this.sockets.add(end);
    later(isOpen ? 'open' : 'close');
    return {
      binaryType: '',
      send: (data) =>
        void setTimeout(() => {
          if (!isOpen) return;
          if (typeof data === 'string') connection.text(data);
          else connection.bytes(data);
        }),
      close: end,
      addEventListener: (type: string, listener: Listener) =>
        void listeners.set(type, [...(listeners.get(type) ?? []), listener]),
    };
  };

  cut(): void {
    this.isCut = true;
    for (const end of this.sockets) end();
  }
  mend(): void {
    this.isCut = false;
  }
}

/** A device whose `evaluate` ends when it is told to, and which counts what it was asked. */
function fakeRuntime() {
  const asked: string[] = [];
  let release: (() => void) | null = null;
  const handlers = {
    capabilities: () => phoneCapabilities(),
    evaluate: async ({ model }, job) => {
      asked.push(model.name);
      job.progress({ stage: 'Timing', done: 1, total: 2 });
      await new Promise<void>((resolve, reject) => {
        release = resolve;
        job.signal.addEventListener('abort', () => {
          asked.push('cancelled');
          reject(new Error('cancelled'));
        });
      });
      return { y: { dtype: 'uint8', shape: [1], data: Uint8Array.of(model.bytes.length & 255) } };
    },
  } as Partial<Handlers<RuntimeApi>> as Handlers<RuntimeApi>;
  return { asked, handlers, release: () => release?.() };
}

/** Timers are fake: what takes a minute takes no time. */
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function make() {
  const network = new FakeNetwork();
  const runtime = fakeRuntime();
  const views: DevicesView[] = [];
  const studio = new StudioEnd(network.connect, { studio: 'secret-of-the-browser' }, (view) => views.push(view));
  const view = (): DevicesView => views.at(-1) as DevicesView;
  await settle(10);
  const events: DeviceEvents = {
    serve: (endpoint) => serve<LentApi>(endpoint, runtime.handlers),
    onJoined: vi.fn(),
    onRenamed: vi.fn(),
    onRefused: vi.fn(),
    onRemoved: vi.fn(),
    onLost: vi.fn(),
  };
  const lend = (proof: { code: string } | { token: string }): DeviceEnd =>
    new DeviceEnd(network.connect, { name: 'Phone', capabilities: phoneCapabilities(), ...proof }, events);
  studio.newCode();
  await settle(10);
  const device = lend({ code: view().code?.code ?? '' });
  await settle(10);
  const id = view().devices[0]?.id ?? 0;
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  studio.attach(id, port1);
  const client = createClient<RuntimeApi>(port2);
  const progress: Progress[] = [];
  const ask = (name: string, bytes = 4, signal?: AbortSignal) =>
    client.call(
      'evaluate',
      { model: { name, bytes: new Uint8Array(bytes) }, feeds: {} },
      { onProgress: (each) => progress.push(each), ...(signal && { signal }) },
    );
  return { network, runtime, studio, view, device, lend, events, id, client, ask, progress };
}

/** Ports deliver in real tasks: fake time goes on until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) {
    await settle(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(holds()).toBe(true);
}

/** How a call ended. */
function watched<T>(call: Promise<T>) {
  const seen: { result?: T; error?: CodedError } = {};
  call.then(
    (result) => (seen.result = result),
    (error: CodedError) => (seen.error = error),
  );
  return seen;
}

const ports: MessagePort[] = [];
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
  vi.useRealTimers();
});

describe('a lent device', () => {
  test('is listed, is called over the relay, and gives progress and results back', async () => {
    const { runtime, ask, progress, view, client } = await make();
    expect(view()).toMatchObject({ relay: 'open', code: null, devices: [{ name: 'Phone', session: 1 }] });
    const looked = watched(client.call('capabilities', null));
    await until(() => looked.result?.cores === 8);
    const bytes = (5 << 20) + 3;
    const call = watched(ask('large', bytes));
    await until(() => runtime.asked.length === 1);
    const sent = progress.filter(({ stage }) => stage === 'Sending the model, kB');
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.every(({ done = 0 }, i) => done >= (sent[i - 1]?.done ?? 0))).toBe(true);
    await until(() => progress.at(-1)?.stage === 'Timing');
    runtime.release();
    await until(() => call.result !== undefined);
    expect(call.result?.['y']?.data).toEqual(Uint8Array.of(3));
    expect(client.pending).toBe(0);
  });

  test('that is out of reach for a moment goes on: the job is asked once, and its result is kept for the studio', async () => {
    const { network, runtime, ask, progress, view, events } = await make();
    const call = watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    network.cut();
    await until(() => progress.at(-1)?.stage === 'Waiting for Phone to come back');
    expect(view().relay).toBe('lost');
    runtime.release();
    await settle(20_000);
    expect(call).toEqual({});
    network.mend();
    await settle(10_000);
    await until(() => call.result !== undefined);
    expect(runtime.asked).toEqual(['x']);
    expect(events.onJoined).toHaveBeenCalledTimes(2);
    expect(view()).toMatchObject({ relay: 'open', devices: [{ session: 2 }] });
  });

  test('a model that was half sent when the connection broke is sent on from there', async () => {
    const { network, runtime, ask, progress } = await make();
    const call = watched(ask('large', 20 << 20));
    await until(() => progress.some(({ done = 0 }) => done > 3000));
    network.cut();
    await settle(1000);
    const before = progress.findLast(({ stage }) => stage.startsWith('Sending'))?.done ?? 0;
    expect(before).toBeLessThan(20_000);
    network.mend();
    await settle(10_000);
    await until(() => runtime.asked.length === 1);
    const after = progress.filter(({ stage }) => stage.startsWith('Sending')).map(({ done = 0 }) => done);
    expect(after.every((done, i) => done >= (after[i - 1] ?? 0))).toBe(true);
    runtime.release();
    await until(() => call.result !== undefined);
  });

  test('that stays away for a minute is lost; the next call waits for it anew', async () => {
    const { network, runtime, ask } = await make();
    const call = watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    network.cut();
    await settle(61_000);
    await until(() => call.error !== undefined);
    expect(call.error).toMatchObject({
      code: 'device-lost',
      message: expect.stringMatching(/^Phone has been away for 60 s/) as string,
    });
    // The device has given the work up by itself, too.
    expect(runtime.asked).toEqual(['x', 'cancelled']);
    const next = watched(ask('y'));
    network.mend();
    await settle(11_000);
    await until(() => runtime.asked.at(-1) === 'y');
    runtime.release();
    await until(() => next.result !== undefined);
  });

  test('whose page was started anew says that its work is lost, and takes new work', async () => {
    const { runtime, ask, lend, events, view } = await make();
    const call = watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    const [token] = vi.mocked(events.onJoined).mock.calls[0] ?? [''];
    lend({ token });
    await settle(100);
    await until(() => call.error !== undefined);
    expect(call.error?.code).toBe('device-lost');
    expect(call.error?.message).toMatch(/Run it again/);
    expect(events.onRefused).toHaveBeenCalledWith(expect.objectContaining({ code: 'not-allowed' }));
    expect(view().devices).toMatchObject([{ session: 2 }]);
    const next = watched(ask('y'));
    await until(() => runtime.asked.at(-1) === 'y');
    runtime.release();
    await until(() => next.result !== undefined);
  });

  test('that is removed, or leaves, fails what it was asked, and stops working', async () => {
    const { runtime, ask, studio, id, events, view } = await make();
    const call = watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    studio.remove(id);
    await settle(100);
    await until(() => call.error !== undefined);
    expect(call.error).toMatchObject({ code: 'device-lost', message: 'Phone no longer lends itself to this studio.' });
    expect(events.onRemoved).toHaveBeenCalledTimes(1);
    expect(runtime.asked).toEqual(['x', 'cancelled']);
    expect(view().devices).toEqual([]);
    // It is still known by its name, whatever is said of other devices.
    studio.newCode();
    await settle(100);
    const later = watched(ask('y'));
    await until(() => later.error !== undefined);
    expect(later.error).toMatchObject({ code: 'device-lost', message: 'Phone no longer lends itself to this studio.' });
  });

  test('a cancel is answered at once, even while the device is away, and reaches it when it is back', async () => {
    const { network, runtime, ask } = await make();
    const controller = new AbortController();
    const call = watched(ask('x', 4, controller.signal));
    await until(() => runtime.asked.length === 1);
    network.cut();
    await settle(100);
    controller.abort();
    await until(() => call.error !== undefined);
    expect(call.error?.code).toBe('cancelled');
    expect(runtime.asked).toEqual(['x']);
    network.mend();
    await settle(10_000);
    await until(() => runtime.asked.at(-1) === 'cancelled');
  });

  test('gives up the work of a studio that went away for good', async () => {
    const { runtime, ask, studio } = await make();
    watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    studio.stop();
    await settle(59_000);
    expect(runtime.asked).toEqual(['x']);
    await settle(2000);
    expect(runtime.asked).toEqual(['x', 'cancelled']);
  });

  test('a caller that is replaced by another one ends, and its work with it', async () => {
    const { runtime, ask, studio, id } = await make();
    const call = watched(ask('x'));
    await until(() => runtime.asked.length === 1);
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    studio.attach(id, port1);
    await until(() => call.error !== undefined && runtime.asked.at(-1) === 'cancelled');
    expect(call.error?.code).toBe('cancelled');
  });
});

describe('a connection', () => {
  test('that says nothing for 15 s is made again', async () => {
    const { network, view, events } = await make();
    await settle(14_000);
    expect(events.onLost).not.toHaveBeenCalled();
    network.relay.beat();
    await settle(14_000);
    expect(events.onLost).not.toHaveBeenCalled();
    await settle(2000);
    expect(events.onLost).toHaveBeenCalledTimes(1);
    await settle(1000);
    expect(view().relay).toBe('open');
  });

  test('is tried again after waits that double up to 10 s, and at once when it is woken', async () => {
    const { network, device, events } = await make();
    const connect = vi.spyOn(network.relay, 'connect');
    network.cut();
    await settle(100);
    const tries = (): number => vi.mocked(events.onLost).mock.calls.length;
    expect(tries()).toBe(1);
    await settle(32_000);
    // 0.5, 1.5, 3.5, 7.5, 15.5, 25.5 s after the break.
    expect(tries()).toBe(7);
    network.mend();
    device.wake();
    await settle(10);
    expect(events.onJoined).toHaveBeenCalledTimes(2);
    expect(connect).toHaveBeenCalled();
  });

  test('of a studio that is refused is not tried again', async () => {
    const network = new FakeNetwork();
    const strange = (): SocketLike => network.connect();
    vi.spyOn(network.relay, 'connect').mockImplementation((peer) => {
      peer.send(JSON.stringify({ kind: 'refused', code: 'not-allowed', message: 'No.' }));
      return { text: () => {}, bytes: () => {}, closed: () => {} };
    });
    const views: DevicesView[] = [];
    const studio = new StudioEnd(strange, { studio: 'secret-of-the-browser' }, (view) => views.push(view));
    await settle(60_000);
    expect(views.at(-1)).toMatchObject({ relay: 'refused', refused: { message: 'No.' } });
    expect(network.relay.connect).toHaveBeenCalledTimes(1);
    studio.stop();
  });
});
