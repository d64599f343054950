import { describe, expect, it } from 'vitest';
import { CodedError } from '../../base/error.ts';
import type { Decoder } from '../../generate/decoder.ts';
import { KeptDecoder } from './kept-decoder.ts';

/** Decoders that say when they were released; one that is lost fails when a text begins. */
function maker() {
  const released: number[] = [];
  const lost = new Set<number>();
  let made = 0;
  const open = (): Promise<Decoder> => {
    const mine = ++made;
    return Promise.resolve({
      length: mine,
      begin: () => (lost.has(mine) ? Promise.reject(new Error('gone')) : Promise.resolve(0)),
      step: () => Promise.reject(new Error('not asked')),
      release: () => Promise.resolve(void released.push(mine)),
    });
  };
  return { released, lost, open };
}
const which = ({ length }: Decoder): Promise<number> => Promise.resolve(length);
const model = {};

describe('a decoder that is kept between texts', () => {
  it('is used again by what fits it, and gives way to what does not', async () => {
    const { released, open } = maker();
    const kept = new KeptDecoder();
    expect(await kept.use('a', model, open, which)).toBe(1);
    expect(await kept.use('a', model, open, which)).toBe(1);
    expect(await kept.use('b', model, open, which)).toBe(2);
    expect(await kept.use('b', {}, open, which)).toBe(3);
    expect(released).toEqual([1, 2]);
  });

  it('stays after a text that was stopped, and goes after one that failed or where it was lost', async () => {
    const { released, lost, open } = maker();
    const kept = new KeptDecoder();
    const stopped = (): Promise<never> => Promise.reject(new CodedError('cancelled', 'stopped'));
    await expect(kept.use('a', model, open, stopped)).rejects.toThrow('stopped');
    expect(await kept.use('a', model, open, which)).toBe(1);
    await expect(kept.use('a', model, open, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(released).toEqual([1]);
    expect(await kept.use('a', model, open, which)).toBe(2);
    lost.add(2);
    expect(await kept.use('a', model, open, which)).toBe(3);
  });

  it('is not kept where its model went while it worked', async () => {
    const { released, open } = maker();
    const kept = new KeptDecoder();
    await kept.use('a', model, open, (decoder) => {
      kept.drop();
      return which(decoder);
    });
    expect(released).toEqual([1]);
  });
});
