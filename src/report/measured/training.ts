import { formatInteger, formatShare, formatValue, plural } from '../../base/format.ts';
import type { ReportFinding } from '../types.ts';

/** What held-out samples say. Null: it does not apply. */
export interface HeldOutFigures {
  readonly step: number;
  /** Share of right top classes; of tokens for a text. */
  readonly top1: number | null;
  /** Share of the same top class as the teacher. */
  readonly agreement: number | null;
  /** Mean cross entropy with the labels, nats. */
  readonly crossEntropy: number | null;
  /** Mean KL to the teacher, nats. */
  readonly divergence: number | null;
  /** e to the cross entropy of the next token. */
  readonly perplexity: number | null;
  /** Mean squared error, where outputs are no classes. */
  readonly error: number | null;
}

export interface Look extends HeldOutFigures {
  /** Which of several networks it is of. */
  readonly name?: string;
}

/** A training that was run, whole or up to now. */
export interface Trained {
  /** What was trained, and what taught it; null: it learnt from labels. */
  readonly student: string;
  readonly teacher: string | null;
  readonly steps: number;
  /** Step and loss. */
  readonly curve: readonly (readonly [step: number, loss: number])[];
  readonly looks: readonly Look[];
  readonly notes: readonly string[];
}

const MEASURES: readonly (readonly [string, (look: Look) => number | null, (value: number) => string])[] = [
  ['Top class right', ({ top1 }) => top1, formatShare],
  ['As its teacher', ({ agreement }) => agreement, formatShare],
  ['Cross entropy', ({ crossEntropy }) => crossEntropy, formatValue],
  ['KL to the teacher', ({ divergence }) => divergence, formatValue],
  ['Perplexity', ({ perplexity }) => perplexity, formatValue],
  ['Squared error', ({ error }) => error, formatValue],
];
/** Rows of the table: the first looks, then those at the end. */
const MOST = 8;

/** The loss by step, and what was found on samples that are held out; null: no step was made. */
export function trainingFinding({ student, teacher, steps, curve, looks, notes }: Trained): ReportFinding | null {
  if (curve.length === 0) return null;
  const known = MEASURES.filter(([, read]) => looks.some((look) => read(look) !== null));
  const shown = looks.length <= MOST ? looks : [...looks.slice(0, 1), ...looks.slice(1 - MOST)];
  return {
    title: 'Training',
    note: `${student}${teacher === null ? '' : `, taught by ${teacher}`}: ${plural(steps, 'step')}`,
    words: notes,
    chart: {
      label: `Loss over ${plural(steps, 'step')}`,
      x: { title: 'step', log: false },
      y: { title: 'loss', log: false },
      series: [{ name: 'loss', shape: 'line', tone: 'after', points: curve }],
    },
    table: {
      heads: ['Step', ...known.map(([title]) => title)],
      rows: shown.map((look) => [
        look.name === undefined ? formatInteger(look.step) : `${formatInteger(look.step)}, ${look.name}`,
        ...known.map(([, read, text]) => {
          const value = read(look);
          return value === null ? '–' : text(value);
        }),
      ]),
    },
  };
}
