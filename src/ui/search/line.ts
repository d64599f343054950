import { createAxis, type Axis } from '../../report/scale.ts';
import type { HypervolumePoint } from '../../search/types.ts';

export interface Line {
  readonly x: Axis;
  readonly y: Axis;
  readonly path: string;
  readonly last: HypervolumePoint | null;
}

/** The hypervolume over evaluations, as steps: it stays what it is until something better is found. */
export function volumeLine(
  history: readonly HypervolumePoint[],
  evaluations: number,
  width: number,
  height: number,
): Line {
  const most = Math.max(evaluations, history.at(-1)?.evaluations ?? 0, 1);
  const values = history.map(({ hypervolume }) => hypervolume);
  const x = { ...createAxis(0, most, 4), to: most, place: (value: number) => value / most };
  const y = createAxis(values.length > 0 ? Math.min(...values) : 0, values.length > 0 ? Math.max(...values) : 1, 3);
  const at = ({ evaluations: done, hypervolume }: HypervolumePoint): readonly [string, string] => [
    (x.place(done) * width).toFixed(1),
    ((1 - y.place(hypervolume)) * height).toFixed(1),
  ];
  const path = history.map((point, index) => {
    const [across, up] = at(point);
    return index === 0 ? `M${across} ${up}` : `H${across}V${up}`;
  });
  return {
    x: { ...x, ticks: x.ticks.filter((tick) => tick <= most) },
    y,
    path: path.join(''),
    last: history.at(-1) ?? null,
  };
}
