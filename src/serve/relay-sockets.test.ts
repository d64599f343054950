import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RuntimeApi } from '../protocol/api.ts';
import { createClient } from '../protocol/client.ts';
import type { WorkerLike } from '../protocol/host.ts';
import { serve } from '../protocol/server.ts';
import { DeviceEnd } from '../remote/device-end.ts';
import { MAX_FRAME } from '../remote/frame.ts';
import { LentRuntime, type Doing, type LentApi } from '../remote/lent-runtime.ts';
import type { SocketLike } from '../remote/socket.ts';
import { StudioEnd, type DevicesView } from '../remote/studio-end.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { phoneCapabilities } from '../testing/capabilities.ts';
import { serveRuntime } from '../workers/runtime-service.ts';
import { Relay } from './relay.ts';
import { serveRelay } from './relay-sockets.ts';

const JOIN = { open: true, addresses: [], fingerprint: null };
let server: Server;
let relay: Relay;
let stop: () => void;
let port = 0;

beforeEach(async () => {
  server = createServer((_, response) => response.end());
  relay = new Relay(JOIN, 'token-of-the-server');
  stop = serveRelay(relay, [{ server, scheme: 'http' }], ['studio.test']);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  stop();
  server.close();
});

interface Asked {
  readonly host?: string;
  readonly origin?: string;
  readonly path?: string;
}
/** A page of the studio, or one that says that it is. */
function open({ host = `127.0.0.1:${port}`, origin = `http://${host}`, path = '/relay' }: Asked = {}): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin, headers: { host } });
}

/** What became of it: a status of HTTP, `open`, or the code of its end. */
const outcome = (socket: WebSocket): Promise<number | 'open'> =>
  new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => resolve('open'));
    socket.on('error', () => {});
  });
const ended = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve));

describe('a socket to the relay', () => {
  test('is for pages of this server, at its addresses and names', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `studio.test:${port}`]) {
      const socket = open({ host });
      expect(await outcome(socket)).toBe('open');
      socket.close();
    }
    expect(await outcome(open({ origin: 'https://evil.test' }))).toBe(403);
    expect(await outcome(open({ host: 'evil.test' }))).toBe(403);
    expect(await outcome(open({ path: '/other' }))).toBe(404);
    expect(await outcome(new WebSocket(`ws://127.0.0.1:${port}/relay`))).toBe(403);
  });

  test('is closed with a reason by what is no message, and by frames that are too large', async () => {
    for (const [data, code] of [
      ['nonsense', 4400],
      [new Uint8Array(4), 4400],
      [new Uint8Array(MAX_FRAME + 1), 1009],
    ] as const) {
      const socket = open();
      await outcome(socket);
      const end = ended(socket);
      socket.send(data);
      expect(await end).toBe(code);
    }
  });

  test('of a name is no studio without the token, though it comes from this machine', async () => {
    const socket = open({ host: `studio.test:${port}` });
    await outcome(socket);
    const end = ended(socket);
    socket.send(JSON.stringify({ kind: 'studio', version: 1, studio: 'secret-of-the-browser' }));
    expect(await end).toBe(4401);
  });
});

/** A runtime worker in this thread. */
function localWorker(): WorkerLike {
  const scope = new EventTarget();
  serveRuntime(scope as Parameters<typeof serveRuntime>[0], { wasm: nodeRuntime() });
  return {
    postMessage: (data: unknown) => scope.dispatchEvent(new MessageEvent('message', { data })),
    addEventListener: () => {},
    removeEventListener: () => {},
    terminate: () => {},
  };
}

const relu = () => ({
  name: 'relu.onnx',
  bytes: writeModel(buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [4])]), 'y', { shape: [4] }))),
});

test('a device that joined by its code runs a benchmark and a profile of ONNX Runtime for the studio', async () => {
  const connect = (): SocketLike => open();
  const views: DevicesView[] = [];
  const seen = (holds: (view: DevicesView) => boolean): Promise<DevicesView> =>
    new Promise((resolve) => {
      watchers.push((view) => holds(view) && resolve(view));
      const last = views.at(-1);
      if (last && holds(last)) resolve(last);
    });
  const watchers: ((view: DevicesView) => void)[] = [];
  const studio = new StudioEnd(connect, { studio: 'secret-of-the-browser' }, (view) => {
    views.push(view);
    for (const watch of watchers) watch(view);
  });
  await seen(({ relay: state }) => state === 'open');
  studio.newCode();
  const { code } = await seen((view) => view.code !== null);
  const doing: (Doing | null)[] = [];
  const runtime = new LentRuntime(localWorker, (each) => doing.push(each));
  const device = new DeviceEnd(
    connect,
    { name: 'Phone', capabilities: phoneCapabilities(), code: code?.code ?? '' },
    {
      serve: (endpoint) => serve<LentApi>(endpoint, runtime.handlers),
      onJoined: () => {},
      onRenamed: () => {},
      onRefused: ({ message }) => expect.unreachable(message),
      onRemoved: () => {},
      onLost: () => {},
    },
  );
  const view = await seen(({ devices }) => devices.length === 1);
  const { port1, port2 } = new MessageChannel();
  const id = view.devices[0]?.id ?? 0;
  studio.attach(id, port1);
  const client = createClient<RuntimeApi>(port2);
  const stages = new Set<string>();
  const request = { backend: 'wasm', level: 'all', threads: 1, runs: 4, budgetMs: 2000 } as const;
  const on = { ...request, device: { id, name: 'Phone' } };
  const timed = await client.call(
    'bench',
    { a: relu(), b: relu(), request: on },
    { onProgress: ({ stage }) => stages.add(stage) },
  );
  expect(timed.device).toBe('Phone');
  expect(timed.message).toContain('on Phone, WASM, 1 thread.');
  expect(timed.a.samples).toHaveLength(4);
  expect(timed.b?.samples).toHaveLength(4);
  expect([...stages]).toEqual(expect.arrayContaining(['Loading', 'Timing']));
  const profiled = await client.call('profile', { model: relu(), request: on });
  expect(profiled).toMatchObject({ device: 'Phone', kernels: [{ op: 'Relu' }] });
  expect(doing.at(-1)).toBeNull();
  expect(doing.find((each) => each?.what === 'benchmark')?.model).toBe('relu.onnx · relu.onnx');
  device.leave();
  await seen(({ devices }) => devices.length === 0);
  studio.stop();
  port1.close();
  port2.close();
});
