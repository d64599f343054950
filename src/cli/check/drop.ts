import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { RuntimePort } from '../../engine/ports.ts';
import { accuracyOfResult } from '../accuracy-of-result.ts';
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
  try {
    const { pair, samples, notes } = await accuracyOfResult(studio, given ?? 'synthetic', MADE_UP, args, port, job);
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
