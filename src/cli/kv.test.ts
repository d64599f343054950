import { describe, expect, it } from 'vitest';
import type { Simulation } from '../kv/simulate/simulate.ts';
import { whittle } from '../testing/whittle.ts';
import { parseBytes } from './kv/simulate.ts';

const SMALL = ['--requests', '30', '--max-length', '256', '--prompt', '30', '--generated', '60'];

describe('whittle kv simulate', () => {
  it('serves a mix under each policy: one JSON object, the same for the same seed', async () => {
    const argv = ['kv', 'simulate', ...SMALL, '--block', '8,16', '--memory', '20MB', '--seed', '4', '--json'];
    const [first, second] = [await whittle(...argv), await whittle(...argv)];
    expect([first.code, first.err]).toEqual([0, '']);
    expect(second.out).toBe(first.out);
    const told = JSON.parse(first.out) as Simulation & { mix: { seed: number } };
    expect(told.mix.seed).toBe(4);
    expect(told.memory).toEqual({ bytes: 20e6, positions: 271, bytesPerPosition: 2 * 12 * 12 * 64 * 4 });
    expect(told.requests).toMatchObject({ count: 30 });
    expect(told.policies.map(({ policy, block }) => [policy, block])).toEqual([
      ['reserve-max', null],
      ['reserve-exact', null],
      ['paged', 8],
      ['paged-shared', 8],
      ['paged', 16],
      ['paged-shared', 16],
    ]);
    expect(told.policies[0]).toMatchObject({ waste: { total: expect.any(Number) }, sequences: { peak: 1 } });
  });

  it('prints a table that says what its columns mean', async () => {
    const { code, out } = await whittle(
      'kv',
      'simulate',
      ...SMALL,
      '--block',
      '16',
      '--layers',
      '2',
      '--memory',
      '8MiB',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^30 requests: prompts of \d+ tokens/);
    expect(out).toMatch(/longest length reserved .*\n(.*\n)?.*pages of 16 .*\npages of 16 shared /);
    expect(out).toContain('waste: allocated and empty');
  });

  it.each([
    [['kv'], 2, 'WHAT is missing'],
    [['kv', 'guess'], 2, 'whittle kv does simulate, not guess.'],
    [['kv', 'simulate', '--block', '16,0'], 2, '--block wants whole numbers from 1 to 4096, not 16,0.'],
    [['kv', 'simulate', '--memory', '64 lots'], 2, '--memory wants bytes'],
    [['kv', 'simulate', '--shared-prefix', '2'], 2, '--shared-prefix wants a number from 0 to 1, not 2.'],
    [['kv', 'simulate', '--memory', '1MB'], 2, 'the longest request wants 2048: give at least 150994944 bytes'],
  ])('%o is refused, with what is wrong', async (argv, code, says) => {
    const ran = await whittle(...argv);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(says);
  });

  it.each([
    ['64MB', 64e6],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['1000000', 1e6],
    ['3 kB', 3000],
  ])('reads %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
});
