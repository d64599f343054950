import { describe, expect, it } from 'vitest';
import type { OverlayValues } from '../../engine/types.ts';
import { viewOf } from '../../testing/view.ts';
import { heatOf } from './heat.ts';
import { timelineOf } from './MemoryTimeline.tsx';

const chain = (macs: readonly number[]) =>
  viewOf(
    macs.map((each, i) => ({ op: 'Conv', inputs: [`w${i}`], outputs: [`w${i + 1}`], macs: each, id: 10 + i })),
    ['w0'],
    [`w${macs.length}`],
  );
const asked = (overlay: OverlayValues['overlay'], values: readonly number[]): OverlayValues => ({
  overlay,
  revision: 1,
  // Told in another order than the rows: nodes are found by their ids.
  nodes: Int32Array.from(values, (_, i) => 10 + values.length - 1 - i),
  values: Float64Array.from(values.toReversed()),
  note: '',
});

describe('heat', () => {
  it('is square-root scaled from 0 for costs, names both ends, and keeps the unknown apart', () => {
    const heat = heatOf(chain([100, 25, 0, Number.NaN]), 'macs', null);
    expect(Array.from(heat.steps!)).toEqual([6, 3, 0, -1]);
    expect(Array.from(heat.bars)).toEqual([1, 0.5, 0, 0]);
    expect(heat.legend).toEqual({ low: '0', high: '100', what: 'MACs per node' });
    expect([0, 1, 2, 3].map(heat.text)).toEqual(['80.0\u202f%', '20.0\u202f%', '', '–']);
  });

  it('counts what stands in a subgraph with its holder, not twice', () => {
    const view = chain([30, 10, 40]);
    view.holders[0] = 2;
    expect(heatOf(view, 'macs', null).text(1)).toBe('20.0\u202f%');
  });

  it('takes shares as they are, from 0 to all of it', () => {
    const heat = heatOf(chain([1, 1, 1]), 'sparsity', asked('sparsity', [0, 0.5, Number.NaN]));
    expect(Array.from(heat.steps!)).toEqual([0, 3, -1]);
    expect(heat.legend).toMatchObject({ low: '0\u202f%', high: '100\u202f%' });
    expect([1, 2].map(heat.text)).toEqual(['50.0\u202f%', '']);
  });

  it('tells levels in their own unit, up to the highest', () => {
    const heat = heatOf(chain([1, 1]), 'memory', asked('memory', [4000, 1000]));
    expect(Array.from(heat.bars)).toEqual([1, 0.25]);
    expect([0, 1].map(heat.text)).toEqual(['4.0\u202fkB', '1.0\u202fkB']);
  });

  it('knows nothing of what has not been asked for', () => {
    const heat = heatOf(chain([1, 1]), 'time', null);
    expect(Array.from(heat.steps!)).toEqual([-1, -1]);
  });

  it('leaves families their colours where no cost is shown', () => {
    expect(heatOf(chain([1]), 'operator', null).steps).toBeNull();
  });
});

describe('the memory timeline', () => {
  it('peaks at the highest node, however many nodes share a pixel', () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => (i === 3333 ? 900 : i % 100));
    const { peak, most, path } = timelineOf({ values });
    expect([peak, most]).toEqual([3333, 900]);
    expect(path.match(/V2\.0H/g)).toHaveLength(1);
    expect(path.match(/H/g)).toHaveLength(320);
  });
});
