import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../base/random.ts';
import { CHUNK, type Frame } from './frame.ts';
import { Link } from './link.ts';

/** Two links over a way that loses whatever is on it when it breaks. */
class Way {
  readonly heard: Uint8Array[] = [];
  readonly answers: Uint8Array[] = [];
  readonly toB: Frame[] = [];
  readonly toA: Frame[] = [];
  readonly a = new Link(
    (frame) => this.toB.push(frame),
    (bytes) => this.answers.push(bytes),
  );
  readonly b = new Link(
    (frame) => this.toA.push(frame),
    (bytes) => this.heard.push(bytes),
  );

  join(): void {
    this.a.open(this.b.arrived);
    this.b.open(this.a.arrived);
  }

  break(): void {
    this.a.close();
    this.b.close();
    this.toA.length = 0;
    this.toB.length = 0;
  }

  /** Delivers one frame of either side; false: there is none. */
  step(): boolean {
    const toB = this.toB.shift();
    if (toB) this.b.receive(toB);
    const toA = this.toA.shift();
    if (toA) this.a.receive(toA);
    return toB !== undefined || toA !== undefined;
  }

  run(): void {
    while (this.step());
  }
}

const filled = (size: number, seed: number): Uint8Array<ArrayBuffer> => {
  const random = seeded(seed);
  return Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
};

describe('a link', () => {
  test('brings messages of several chunks and parts over whole and in order', () => {
    const way = new Way();
    way.join();
    const sizes = [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17];
    sizes.forEach((size, seed) => {
      const message = filled(size, seed);
      way.a.send([message.subarray(0, 1), message.subarray(1, Math.min(size, 5)), message.subarray(5)]);
    });
    way.run();
    expect(way.heard.map((message) => message.length)).toEqual(sizes);
    way.heard.forEach((message, seed) => expect(Buffer.compare(message, filled(message.length, seed))).toBe(0));
  });

  test('keeps no more on the way than the other side has room for, and counts what has arrived', () => {
    const way = new Way();
    way.join();
    const counted: number[] = [];
    const total = 40 * CHUNK;
    way.a.send([new Uint8Array(total)], (done, all) => {
      expect(all).toBe(total);
      counted.push(done);
    });
    expect(way.toB.length * CHUNK).toBe(2 << 20);
    way.run();
    expect(counted).toHaveLength(40);
    expect(counted.at(-1)).toBe(total);
    expect(way.heard[0]?.length).toBe(total);
  });

  test('neither loses nor repeats a message, wherever and however often the way breaks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 * CHUNK }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(8), { maxLength: 8 }),
        (sizes, breaks) => {
          const way = new Way();
          way.join();
          sizes.forEach((size, index) => way.a.send([new Uint8Array(size).fill(index + 1)]));
          way.b.send([Uint8Array.of(42)]);
          for (const steps of breaks) {
            for (let i = 0; i < steps; i++) way.step();
            way.break();
            way.join();
          }
          way.run();
          expect(way.heard.map((message) => [message.length, message[0]])).toEqual(
            sizes.map((size, index) => [size, index + 1]),
          );
          expect(way.answers).toEqual([Uint8Array.of(42)]);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test('that was never opened sends nothing', () => {
    const way = new Way();
    way.a.send([Uint8Array.of(1)]);
    expect(way.toB).toEqual([]);
  });

  test('refuses pieces of no message, too long ones, and messages larger than it takes', () => {
    const make = (): Link =>
      new Link(
        () => {},
        () => {},
        100,
      );
    const data = (total: number | null, length: number): Frame => ({
      type: 'data',
      seq: 0,
      total,
      chunk: new Uint8Array(length),
    });
    for (const frame of [data(null, 4), data(2, 4), data(101, 1), data(0, 0), data(-1, 0), data(1.5, 1)]) {
      expect(() => make().receive(frame)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    }
  });
});
