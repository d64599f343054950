import type { CompareSide } from '../engine/compare-types.ts';
import type { LossSettings, TrainRequest } from '../engine/train/types.ts';
import { LOSSES, TRAINING } from '../train/defaults.ts';
import type { KeyValue } from './settings.ts';
import type { TrainingState, TrainSetup } from './training-store.ts';

const KEY = 'whittle.training';
/** Models whose setups are remembered; those used longest ago go first. */
const KEPT = 8;

/** A setup without the second file, which is gone after a reload. */
interface Remembered {
  readonly student: number;
  readonly teacher: number | null;
  readonly request: TrainRequest;
}
type Stored = readonly (readonly [name: string, setup: Remembered])[];

function stored(storage: KeyValue | null): Stored {
  try {
    const found = JSON.parse(storage?.getItem(KEY) ?? '[]') as { version?: number; setups?: Stored };
    return found.version === 1 && Array.isArray(found.setups) ? found.setups : [];
  } catch {
    // A damaged list is replaced at the next change.
    return [];
  }
}

/** What a run with this model was set to when one began last; else what is usual. */
export function rememberedSetup(storage: KeyValue | null, model: string, threads: number): TrainSetup {
  const found = stored(storage).find(([name]) => name === model)?.[1];
  const request = found ? { ...TRAINING, ...found.request } : { ...TRAINING, threads };
  return { student: found?.student ?? 0, teacher: found?.teacher ?? null, request };
}

export function rememberSetup(
  storage: KeyValue | null,
  model: string,
  { student, teacher, request }: TrainSetup,
): void {
  const side = (each: CompareSide | null): number | null => (each === 'second' ? null : each);
  const setup = { student: side(student) ?? 0, teacher: side(teacher), request };
  const others = stored(storage).filter(([name]) => name !== model);
  try {
    const setups = [[model, setup], ...others].slice(0, KEPT);
    storage?.setItem(KEY, JSON.stringify({ version: 1, setups }));
  } catch {
    // Storage is full or blocked: the next visit starts from what is usual.
  }
}

/** Factors that fit another teacher: its classes count once there is one, and nothing of it where there is none. */
export function lossesFor(losses: LossSettings, teacher: CompareSide | null, hasLabels: boolean): LossSettings {
  if (teacher === null) {
    return { ...losses, labels: losses.labels || LOSSES.labels, logits: 0, values: 0, hints: [] };
  }
  const taught = losses.logits > 0 || losses.values > 0 || losses.hints.length > 0;
  return { ...losses, labels: hasLabels ? losses.labels : 0, logits: taught ? losses.logits : 1 };
}

/** What is lacking before a run can begin, in a sentence with its cure; null: nothing. */
export function lacking({ setup, data }: Pick<TrainingState, 'setup' | 'data'>): string | null {
  const { losses } = setup.request;
  const { view } = data.train;
  if (!view) return 'There is nothing to train on yet: drop samples on Data, or choose them.';
  const taught = losses.logits > 0 || losses.values > 0 || losses.hints.length > 0;
  if (taught && setup.teacher === null) return 'The loss asks for a teacher: choose one, or set its factors to 0.';
  if (losses.labels > 0 && !view.labels && view.kind !== 'text')
    return 'These samples have no labels: give a file of labels, or choose a teacher and set the factor of the labels to 0.';
  if (!taught && losses.labels === 0) return 'The loss has no terms: all factors are 0.';
  if (losses.hints.some(({ student, teacher }) => student.trim() === '' || teacher.trim() === ''))
    return 'A hint lacks a value: choose one of each model, or remove the pair.';
  return null;
}
