import type { Job } from '../base/job.ts';
import { acrossSettings, mergeResults } from '../bench/merge.ts';
import type { BenchMatrix, BenchRequest, BenchResult } from '../bench/types.ts';

/** Times each setting takes its turn. */
const TURNS = 3;

/**
 * The same models at several settings. The settings take turns, a round each, so that a drift of the machine hits all of
 * them; a session of one never lies beside that of another.
 */
export async function benchMatrix(
  requests: readonly BenchRequest[],
  time: (request: BenchRequest, job: Job) => Promise<BenchResult>,
  job: Job,
): Promise<BenchMatrix> {
  const results = requests.map((): BenchResult[] => []);
  const total = TURNS * requests.length;
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [cell, request] of requests.entries()) {
      const done = turn * requests.length + cell;
      const watched: Job = { ...job, progress: ({ stage }) => job.progress({ stage, done, total }) };
      const { within: _, ...share } = {
        ...request,
        runs: Math.max(3, Math.ceil(request.runs / TURNS)),
        rounds: 1,
        budgetMs: request.budgetMs / TURNS,
        heap: request.heap === true && turn === 0,
      };
      results[cell]?.push(await time(share, watched));
    }
  }
  const cells = results.map(mergeResults);
  return { cells, across: acrossSettings(cells) };
}
