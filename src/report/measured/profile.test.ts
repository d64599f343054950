import { describe, expect, it } from 'vitest';
import { profileRow, profileView, roofline } from '../profile/fixture.ts';
import { profileFindings } from './profile.ts';

/** With plain spaces between numbers and units. */
const told = (...given: Parameters<typeof profileFindings>): ReturnType<typeof profileFindings> =>
  JSON.parse(JSON.stringify(profileFindings(...given)).replaceAll('\u202f', ' '));

const conv = { op: 'Conv', ranAs: 'Conv' } as const;
const before = profileView([profileRow({ ...conv, ms: 4 }), profileRow({ op: 'Relu', ranAs: 'Relu', ms: 1 })]);
const after = profileView([profileRow({ ...conv, ms: 3 })], { title: 'Result' });

describe('what a report tells of profiles', () => {
  it('is a table by operator, before first, with the share of the last; what one lacks is unknown', () => {
    const [found, ...others] = told([before, after], null);
    expect(others).toEqual([]);
    expect(found?.table).toEqual({
      heads: ['Operator', 'Original', 'Result', 'Share'],
      rows: [
        ['Conv', '4.00 ms', '3.00 ms', '75.0 %'],
        ['Relu', '1.00 ms', '–', '–'],
        ['Between operators, dispatch, copies', '1.00 ms', '1.00 ms', '25.0 %'],
      ],
    });
    expect(found?.note).toBe('WASM, 1 thread, level all, 20 runs, time on the processor');
    expect(found?.command).toBe('whittle profile {model} --against {result} --threads 1');
  });

  it('names how many operators found no room', () => {
    const rows = Array.from({ length: 20 }, (_, at) => profileRow({ op: `Op${at}`, ranAs: `Op${at}`, ms: at + 1 }));
    const [found] = told([profileView(rows)], null);
    expect(found?.table?.rows).toHaveLength(15);
    expect(found?.words).toEqual(['6 more operators take less than these.']);
    expect(found?.command).toBe('whittle profile {model} --threads 1');
  });

  it('has a point for each node of the last profile under the limits of the device', () => {
    const [found, roof] = told([before, after], roofline);
    expect(found?.command).toContain('--roofline');
    const [limit, points] = roof?.chart?.series ?? [];
    expect(points?.points).toEqual([[10, 1]]);
    // Up to the ridge at 10 FLOPs a byte bytes are what limits, then the arithmetic.
    expect(limit?.points).toEqual([
      [0.1, 1],
      [10, 100],
      [100, 100],
    ]);
  });

  it('has no command where the command line has no such device', () => {
    const away = [before, profileView([], { backend: 'webgpu' })];
    expect(profileFindings(away, null)[0]).not.toHaveProperty('command');
    expect(profileFindings([], null)).toEqual([]);
  });
});
