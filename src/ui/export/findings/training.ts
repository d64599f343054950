import { formatInteger, formatShare, formatValue, plural } from '../../../base/format.ts';
import type { Evaluation } from '../../../engine/train/types.ts';
import type { ReportFinding, ReportSeries } from '../../../report/types.ts';
import type { TrainRun } from '../../../state/training-run.ts';

const MEASURES: readonly (readonly [string, (look: Evaluation) => number | null, (value: number) => string])[] = [
  ['Top class right', ({ top1 }) => top1, formatShare],
  ['As its teacher', ({ agreement }) => agreement, formatShare],
  ['Cross entropy', ({ crossEntropy }) => crossEntropy, formatValue],
  ['KL to the teacher', ({ divergence }) => divergence, formatValue],
  ['Perplexity', ({ perplexity }) => perplexity, formatValue],
  ['Squared error', ({ error }) => error, formatValue],
];
/** Rows of the table: the first looks, then those at the end. */
const MOST = 8;

/** The loss by step, and what was found on samples that are held out. */
export function trainingFinding(run: TrainRun): ReportFinding | null {
  if (run.curve.length === 0) return null;
  const { student, teacher, curve, evaluations, result } = run;
  const loss: ReportSeries = {
    ...{ name: 'loss', shape: 'line', tone: 'after' },
    points: curve.map(({ step, loss: value }) => [step, value]),
  };
  const known = MEASURES.filter(([, read]) => evaluations.some((look) => read(look) !== null));
  const looks = evaluations.length <= MOST ? evaluations : [evaluations[0]!, ...evaluations.slice(1 - MOST)];
  return {
    title: 'Training',
    note: `${student}${teacher === null ? '' : `, taught by ${teacher}`}: ${plural(run.step, 'step')}`,
    words: result?.notes ?? [],
    chart: {
      label: `Loss over ${plural(run.step, 'step')}`,
      x: { title: 'step', log: false },
      y: { title: 'loss', log: false },
      series: [loss],
    },
    table: {
      heads: ['Step', ...known.map(([title]) => title)],
      rows: looks.map((look) => [
        formatInteger(look.step),
        ...known.map(([, read, text]) => {
          const value = read(look);
          return value === null ? '–' : text(value);
        }),
      ]),
    },
  };
}
