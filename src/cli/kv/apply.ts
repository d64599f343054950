import type { Job } from '../../base/job.ts';
import { requirePolicy } from '../../engine/kv/policies.ts';
import { policyOf } from '../../kv/policy.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import type { Output } from '../output.ts';
import { saveRecipe } from '../recipe-file.ts';
import { openStudio } from '../studio.ts';
import { onePolicy } from './policy-options.ts';
import { writeModelFile } from '../write-model.ts';

export const APPLY_OPTIONS: Options = {
  out: { type: 'string', short: 'o', value: 'OUT', writes: true, help: 'apply, export: where the result goes' },
  recipe: { type: 'string', value: 'FILE', writes: true, help: 'apply: write the steps as a recipe too' },
};

export async function runApply(args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const out = args.text('out');
  if (out === null) throw new UsageError('-o is missing.');
  const { policy, options } = onePolicy(args);
  const { studio } = await openStudio(args.positionals[1] ?? '', job);
  const made = await requirePolicy(studio.stopOf(0).model, policy, options, job);
  const requests = made.steps.map((step) => ({ ...step, off: [] }));
  const document = await studio.applyAll(0, requests, job);
  writeModelFile(studio, out);
  const recipe = args.text('recipe');
  if (recipe !== null) saveRecipe(recipe, document.recipe, studio.artifacts);
  const kept = policyOf(studio.stopOf(document.cursor).model);
  const titles = document.stops.slice(1, document.cursor + 1).map(({ title }) => title);
  output.result({ policy: kept, steps: made.steps, out, recipe }, [
    ...(titles.length > 0 ? titles : ['The model keeps a dense cache as it is: nothing was done.']),
    `Written to ${out}`,
  ]);
  return 0;
}
