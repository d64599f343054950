import { useMemo } from 'react';
import { formatBytes, THIN } from '../../base/format.ts';
import { createAxis, formatTick } from '../../report/scale.ts';
import type { App } from '../../state/app.ts';
import { POLICY_KINDS } from '../../state/kv-store.ts';
import { policyTitle } from '../../kv/policy-title.ts';
import { useKv } from '../kit/use-store.ts';
import { LineChart, type Line } from './LineChart.tsx';
import { bytesAt, COLOURS, crossings, DASHES, type Kept } from './policy-look.ts';

/** Places along the text at which bytes are counted: pages go up in steps. */
const PLACES = 512;
const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'B'],
] as const;

/** Bytes against the length of the text, by the formulas. */
export function MemoryChart({ app, kept }: { readonly app: App; readonly kept: Kept }) {
  const policies = useKv(app, (state) => state.policies);
  const length = useKv(app, (state) => state.length);
  const { lines, top, said } = useMemo(() => {
    const count = Math.min(PLACES, length);
    const made = POLICY_KINDS.map((kind): Line => {
      const bytes = (at: number): number => bytesAt(policies[kind], kept, at);
      return {
        name: policyTitle(kind),
        last: formatBytes(bytes(length)),
        colour: COLOURS[kind],
        dash: DASHES[kind],
        points: Array.from({ length: count + 1 }, (_, at) => {
          const x = Math.round((at * length) / count);
          return { x, y: bytes(x) };
        }),
      };
    });
    const highest = Math.max(...made.flatMap(({ points }) => points.map(({ y }) => y)));
    return { lines: made, top: highest, said: crossings(policies, kept, length) };
  }, [policies, length, kept]);
  const [size, unit] = UNITS.find(([each]) => top >= each) ?? [1, 'B'];
  const scaled = createAxis(0, top / size, 4);
  const y = {
    ...scaled,
    ticks: scaled.ticks.map((tick) => tick * size),
    place: (value: number) => scaled.place(value / size),
  };
  const last = y.ticks.at(-1);
  return (
    <LineChart
      title="Cache memory"
      note="counted, by tokens in the cache"
      lines={lines}
      upTo={length}
      y={y}
      tick={(value) => `${formatTick(value / size, scaled.step)}${value === last ? THIN + unit : ''}`}
      cell={formatBytes}
    >
      <p className="mt-1.5 text-11 text-ink-2">
        {said.length > 0 ? `${said.join('. ')}.` : 'No line goes below another one up to this length.'}
      </p>
    </LineChart>
  );
}
