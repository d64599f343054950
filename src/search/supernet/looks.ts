import type { Job } from '../../base/job.ts';
import type { DataFeeds } from '../../data/types.ts';
import type { RuntimePort } from '../../engine/ports.ts';
import { answerOf } from '../../engine/train/answers.ts';
import { evaluation, said, type HeldOut, type Said } from '../../engine/train/evaluate.ts';
import type { Model } from '../../ir/model.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import type { Genome } from '../genome.ts';
import type { SearchSpace } from '../space.ts';
import { slicedNetwork } from './network.ts';
import { recalibrated } from './recalibrate.ts';
import type { LookedAt, SupernetLook } from './types.ts';

interface Around {
  readonly port: RuntimePort;
  readonly threads: number;
  readonly job: Job;
}

/** What held-out samples say of a model. */
export async function judgedBy(
  model: Model,
  heldOut: HeldOut,
  step: number,
  teacher: Said | null,
  { port, threads, job }: Around,
): Promise<Evaluation> {
  const { said: own, tokens } = await said({ model, answer: answerOf(model) }, heldOut, port, threads, job);
  return evaluation(step, heldOut, own, teacher, tokens);
}

/** Sub-networks of a supernet on held-out samples: sliced, with batch norms that are set anew from `calibration`. */
export async function lookAt(
  model: Model,
  space: SearchSpace,
  genomes: Readonly<Record<LookedAt, Genome>>,
  {
    heldOut,
    calibration,
    step,
    teacher,
  }: {
    readonly heldOut: HeldOut;
    readonly calibration: DataFeeds;
    readonly step: number;
    readonly teacher: Said | null;
  },
  around: Around,
): Promise<SupernetLook> {
  const of = async (genome: Genome): Promise<Evaluation> => {
    const sliced = await slicedNetwork(model, space, genome);
    const settled = await recalibrated(sliced, calibration, around.port, around.job);
    return judgedBy(settled, heldOut, step, teacher, around);
  };
  return { full: await of(genomes.full), middle: await of(genomes.middle), smallest: await of(genomes.smallest) };
}
