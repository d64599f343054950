import { CodedError } from '../../base/error.ts';
import { measureAccuracy, type AccuracySubject } from '../../engine/accuracy/measure.ts';
import { parcelOf } from '../../engine/export-files.ts';
import type { Job } from '../../base/job.ts';
import type { RuntimePort } from '../../engine/ports.ts';
import { openAccuracyFrom } from '../accuracy-data.ts';
import type { Arguments } from '../arguments.ts';
import type { CommandStudio } from '../studio.ts';
import { changedOf, dropOf, type Measured } from './bounds.ts';

/** How much accuracy falls, and what was counted. */
export interface Drop {
  /** Percentage points; null: it could not be measured, for this reason. */
  readonly measured: Measured | null;
  readonly reason: string | null;
  /** `top-1`, or what stands for it where there are no labels. */
  readonly what: string;
  readonly samples: number;
  readonly notes: readonly string[];
}

/** Inputs that are made up where no data are given. */
const MADE_UP = 64;

const ON_DATA = 'the share of samples whose top class is not the original’s';
const NO_DATA =
  'No --data: --max-drop is about made-up inputs, the share of them whose top class is not the original’s. It says nothing of accuracy on real data.';
const NO_LABELS =
  'No --labels: --max-drop is the share of samples whose top class is not the original’s, not accuracy.';

/**
 * What a model loses from stop 0 to the cursor: percentage points of top-1 with labels; without, percentage points of
 * samples whose top class is not the original's; without data, of inputs that are made up.
 */
export async function measureDrop(studio: CommandStudio, args: Arguments, port: RuntimePort, job: Job): Promise<Drop> {
  const given = args.text('data');
  const subject = (index: number, name: string): AccuracySubject => {
    const stop = studio.stopOf(index);
    return { name, inputs: stop.summary.inputs, parcel: () => parcelOf(stop, name) };
  };
  const original = subject(0, 'the original');
  const changed = subject(studio.document().cursor, 'the result');
  try {
    const data = await openAccuracyFrom(given ?? 'synthetic', args, original, MADE_UP);
    const request = {
      samples: args.number('samples', { min: 1, max: 1e9, integer: true }),
      labelOffset: args.number('label-offset', { min: -1e6, max: 1e6, integer: true }) ?? 0,
      output: null,
      formula: null,
      backend: 'wasm',
      level: 'all',
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
    } as const;
    const { pair, samples, notes } = await measureAccuracy([original, changed], data, request, port, job);
    if (pair?.broken != null && pair.fixed !== null) {
      return { measured: dropOf(samples, pair.broken, pair.fixed), reason: null, what: 'top-1', samples, notes };
    }
    const said = given === null ? NO_DATA : NO_LABELS;
    if (pair?.agreement == null) throw new CodedError('unsupported', 'The model gives no class scores.');
    const differing = Math.round((1 - pair.agreement) * samples);
    return { measured: changedOf(samples, differing), reason: null, what: ON_DATA, samples, notes: [said] };
  } catch (error) {
    // Data that do not fit are a wrong call where somebody gave them; that noise does not fit is a finding.
    if (!(error instanceof CodedError) || error.code === 'cancelled' || given !== null) throw error;
    return { measured: null, reason: error.message, what: ON_DATA, samples: 0, notes: [NO_DATA] };
  }
}
