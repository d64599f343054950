import { formatInteger } from '../../../base/format.ts';
import { frontFinding } from '../../../report/measured/front.ts';
import type { ReportFinding } from '../../../report/types.ts';
import { figuresOf } from '../../../search/figures.ts';
import type { SearchRun } from '../../../state/searching-run.ts';

/** What the search of this session found. */
export function searchFinding(run: SearchRun): ReportFinding | null {
  const { name, points, front, evaluations, history, quality, request } = run;
  const ids = new Set(front);
  return frontFinding({
    name,
    evaluations,
    hypervolume: history.at(-1)?.hypervolume ?? null,
    objectives: figuresOf(
      request.objectives,
      quality,
      points.map(({ values }) => values),
    ),
    points: points.map(({ id, values }) => ({
      name: formatInteger(id),
      values,
      isFront: ids.has(id),
      isWhole: id === 0,
    })),
  });
}
