import { describe, expect, it } from 'vitest';
import { profileRow, profileView } from './fixture.ts';
import { chromeTrace, profileCsv } from './files.ts';

const view = profileView(
  [
    profileRow({ name: '/a/conv, "first"', scope: ['a'], movers: ['Transpose'] }),
    profileRow({ label: 'Relu 1', ms: null, timeless: { kind: 'inside', node: 1, label: 'Conv 1' } }),
  ],
  {
    timeline: [
      { row: 0, op: 'Transpose', start: 0.5, ms: 0.25 },
      { row: 0, op: 'Conv', start: 1, ms: 2 },
    ],
  },
);

describe('files of a profile', () => {
  it('are a Chrome trace in µs, whose run spans its kernels', () => {
    const { traceEvents } = JSON.parse(chromeTrace(view)) as { traceEvents: Record<string, unknown>[] };
    expect(traceEvents.map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
      ['run', 0, 3000],
      ['Transpose Conv 1', 500, 250],
      ['Conv Conv 1', 1000, 2000],
    ]);
    expect(traceEvents[1]).toMatchObject({ ph: 'X', args: { operator: 'Transpose', scope: 'a', for: 'Conv 1' } });
  });

  it('are a CSV with a line for each row, commas and quotes kept apart', () => {
    const [head, first, second] = profileCsv(view).split('\n');
    expect(head).toMatch(/^node,label,name,op,ranAs/);
    expect(first).toContain('"/a/conv, ""first"""');
    expect(second).toMatch(/,inside Conv 1$/);
  });
});
