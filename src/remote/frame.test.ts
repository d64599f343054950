import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { newChannel, peerOf, readFrame, redirected, writeFrame, type Frame } from './frame.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('data' as const),
    seq: word,
    total: fc.option(fc.integer({ min: 1, max: 2 ** 31 })),
    chunk: fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
  }),
  fc.record({ type: fc.constantFrom('ack' as const, 'answer' as const), seq: word }),
  fc.record({ type: fc.constant('ask' as const), seq: word, known: fc.boolean() }),
  fc.constant({ type: 'gone' as const }),
);
const channel = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => id.toString(16).padStart(16, '0'));

test('frames are read as they were written, and the relay changes nothing but whom they are for', () => {
  fc.assert(
    fc.property(word, word, channel, frame, (peer, other, id, written) => {
      const bytes = writeFrame(peer, id, written);
      expect(readFrame(bytes)).toEqual({ peer, channel: id, frame: written });
      expect(peerOf(bytes)).toBe(peer);
      expect(readFrame(redirected(bytes, other))).toEqual({ peer: other, channel: id, frame: written });
      expect(peerOf(bytes)).toBe(peer);
    }),
    { seed: 5 },
  );
});

test('a part of a shared buffer is passed on without touching its neighbours', () => {
  const pool = Buffer.alloc(64, 9);
  const bytes = writeFrame(1, newChannel(), { type: 'gone' });
  pool.set(bytes, 20);
  expect(peerOf(redirected(pool.subarray(20, 20 + bytes.length), 7))).toBe(7);
  expect([...pool.subarray(0, 20)]).toEqual(Array.from({ length: 20 }, () => 9));
});

test('bytes that are no frame are none', () => {
  expect(readFrame(new Uint8Array(16))).toBeNull();
  expect(peerOf(new Uint8Array(16))).toBeNull();
  expect(readFrame(new Uint8Array(17).fill(200))).toBeNull();
});
