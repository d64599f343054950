import { describe, expect, it } from 'vitest';
import { NOTHING_CUT } from '../../prune/options.ts';
import { goalOf, NO_TARGET, percentOf, withGoal, withPercent } from './goal.ts';

const half = { ...NOTHING_CUT, ratio: 0.5 };

describe('the target', () => {
  it('is one at a time, whichever was there before', () => {
    const macs = { ...half, ...withGoal(half, 'macs') };
    expect([goalOf(macs), percentOf(macs)]).toEqual(['macs', 25]);
    const bytes = { ...macs, ...withGoal(macs, 'bytes') };
    expect([bytes.macs, bytes.bytes, bytes.parameters]).toEqual([null, 0.25, null]);
    expect(goalOf({ ...bytes, ...withGoal(bytes, 'channels') })).toBe('channels');
  });

  it('moves what it counts', () => {
    expect(withPercent(half, 30)).toEqual({ ratio: 0.3 });
    expect(withPercent({ ...half, parameters: 0.4 }, 60)).toEqual({ ...NO_TARGET, parameters: 0.6 });
  });

  it('leaves some of a cost even where nearly all channels were cut', () => {
    expect(withGoal({ ...half, ratio: 0.95 }, 'parameters')).toMatchObject({ parameters: 0.05 });
  });
});
