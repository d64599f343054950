import { afterEach, describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import type { Progress } from '../base/job.ts';
import { createClient, type Client } from './client.ts';
import { buffersOf, serve, Transferred, type Handlers } from './server.ts';

interface TestApi {
  double: { params: number; progress: Progress; result: number };
  slow: { params: null; progress: Progress; result: number };
  fail: { params: string; progress: Progress; result: null };
  bytes: { params: null; progress: Progress; result: Uint8Array };
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function connect(handlers: Partial<Handlers<TestApi>>): Client<TestApi> {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  serve<TestApi>(port2, handlers as Handlers<TestApi>);
  return createClient<TestApi>(port1);
}

describe('calls over a port', () => {
  it('answer each call by its id, in whatever order they end', async () => {
    const client = connect({
      double: async (n, job) => {
        for (let i = 0; i < 5 - n; i++) await job.checkpoint();
        return 2 * n;
      },
    });
    expect(await Promise.all([1, 2, 3, 4].map((n) => client.call('double', n)))).toEqual([2, 4, 6, 8]);
    expect(client.pending).toBe(0);
  });

  it('carry progress to the caller before the result', async () => {
    const seen: Progress[] = [];
    const client = connect({
      slow: (_, job) => {
        job.progress({ stage: 'Reading', done: 1, total: 2 });
        job.progress({ stage: 'Reading', done: 2, total: 2 });
        return 7;
      },
    });
    expect(await client.call('slow', null, { onProgress: (progress) => seen.push(progress) })).toBe(7);
    expect(seen.map(({ done }) => done)).toEqual([1, 2]);
  });

  it('keep an error’s code, message and data', async () => {
    const client = connect({
      fail: () => {
        throw new CodedError('bad-file', 'The file ends early.', { byte: 12 });
      },
    });
    await expect(client.call('fail', '')).rejects.toMatchObject({
      code: 'bad-file',
      message: 'The file ends early.',
      data: { byte: 12 },
    });
  });

  it('are cancelled at the next checkpoint', async () => {
    const controller = new AbortController();
    const client = connect({
      slow: async (_, job) => {
        job.progress({ stage: 'started' });
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve));
          await job.checkpoint();
        }
      },
    });
    const call = client.call('slow', null, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuse a method that does not exist', async () => {
    const client = connect({});
    await expect(client.call('double', 1)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('move buffers that a handler gives away', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const client = connect({ bytes: () => new Transferred(bytes, [bytes.buffer]) });
    expect([...(await client.call('bytes', null))]).toEqual([1, 2, 3]);
    expect(bytes.byteLength).toBe(0);
  });

  it('fail at once when the other side is gone', async () => {
    const client = connect({ slow: () => new Promise<number>(() => {}) });
    const call = client.call('slow', null);
    client.fail(new CodedError('worker-died', 'gone'));
    await expect(call).rejects.toMatchObject({ code: 'worker-died' });
    expect(client.pending).toBe(0);
  });
});

describe('the buffers of a plain value', () => {
  it('are found once each, at any depth', () => {
    const shared = new ArrayBuffer(16);
    const value = { a: new Float32Array(shared), b: [{ c: new Int32Array(shared, 8) }], d: new Uint8Array(2), e: 'x' };
    expect(buffersOf(value)).toEqual([shared, value.d.buffer]);
  });
});
