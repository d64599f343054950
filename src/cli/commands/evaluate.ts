import { readFileSync } from 'node:fs';
import { CodedError } from '../../base/error.ts';
import { formatBytes, formatShare } from '../../base/format.ts';
import type { RecipeStep } from '../../recipe/types.ts';
import { repairFor, subjectOf } from '../../search/assemble.ts';
import type { Genome } from '../../search/genome.ts';
import { metricsKey } from '../../search/keys.ts';
import { searchSpace } from '../../search/space.ts';
import { stepsOf } from '../../search/subnet.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { openSearch, type OpenedSearch } from '../search/evaluator.ts';
import { JobFolder } from '../search/job-folder.ts';
import { serveEvaluations } from '../search/processes.ts';

function stepsFrom(args: Arguments, { parts }: OpenedSearch): readonly RecipeStep[] {
  const [genome, file] = [args.text('genome'), args.text('recipe')];
  if ((genome === null) === (file === null)) throw new UsageError('Give one of --genome and --recipe.');
  if (file !== null) return (JSON.parse(readFileSync(file, 'utf8')) as { steps: readonly RecipeStep[] }).steps;
  const space = searchSpace(parts.stop.model, parts.stop.analysis, parts.request.space);
  const chosen: Genome = (genome ?? '').split('.').map(Number);
  const fits =
    space.genes.length === chosen.length && space.genes.every(({ choices }, i) => (chosen[i] ?? -1) in choices);
  if (!fits) {
    const counts = space.genes.map(({ choices }) => choices.length).join(', ');
    throw new CodedError(
      'bad-request',
      `--genome ${genome} is none: it wants one index for each gene, below ${counts}.`,
    );
  }
  return stepsOf(space, chosen, repairFor(parts.request.repair, parts.stop));
}

/** One evaluation as a job of its own, so that any queue may run it: the same whoever does it, and kept where it is found. */
export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Judges one sub-network of a search, or finds what is known of it: a job for a queue.',
  positionals: ['DIR'],
  options: {
    genome: { type: 'string', value: 'I.J.K', help: 'an index of a choice for each gene, as `search` prints it' },
    recipe: { type: 'string', value: 'FILE', help: 'the steps of the sub-network, in place of a genome' },
    samples: { type: 'string', value: 'N', help: 'samples to judge by (all of the search)' },
    serve: { type: 'boolean', help: 'answer the process that started this one, until it goes' },
  },
  examples: ['whittle evaluate found --recipe folded.json'],
  async run(args, output, job) {
    const folder = new JobFolder(args.positionals[0] ?? '');
    const open = await openSearch(folder.readJob(), job);
    const { evaluator, samples } = open.judge;
    if (args.flag('serve')) {
      await serveEvaluations(evaluator, job);
      return 0;
    }
    const steps = stepsFrom(args, open);
    const count = args.number('samples', { min: 1, max: samples.count, integer: true }) ?? samples.count;
    const key = await metricsKey(await subjectOf(open.parts.stop, samples, job), steps, count);
    const known = (await folder.get(key)) as Awaited<ReturnType<typeof evaluator.evaluate>> | null;
    const metrics = known ?? (await evaluator.evaluate({ steps, samples: count }, job));
    if (!known) await folder.put(key, metrics);
    const { quality, bytes } = metrics;
    output.result({ key, cached: known !== null, ...metrics }, [
      `${quality.accuracy === null ? '' : `accuracy ${formatShare(quality.accuracy)}, `}same top class ${formatShare(quality.agreement)}, information kept ${formatShare(quality.information)}, ${formatBytes(bytes)}${known ? ' (known)' : ''}`,
    ]);
    return 0;
  },
};
