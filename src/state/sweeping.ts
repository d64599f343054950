import { toErrorRecord } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { parseValues } from '../base/value-list.ts';
import type { SweepProgress } from '../engine/recipes/sweep-types.ts';
import type { PassInfo } from '../engine/types.ts';
import type { Recipe } from '../recipe/types.ts';
import type { OptionSpec } from '../rewrite/pass.ts';
import { quiet } from './alone.ts';
import { benchDefaults } from './benching.ts';
import type { Core } from './core.ts';
import type { SweepForm, SweepRun } from './recipes-store.ts';
import { undecidedStep } from './undecided.ts';
import type { SteppingActions } from './stepping.ts';

export interface SweepingActions {
  changeSweep(patch: Partial<SweepForm>): void;
  /** Gives the option the values that are asked for, one after the other. */
  runSweep(): Promise<void>;
  /** Stops it; what was found stays. */
  cancelSweep(): void;
  /** Takes a value into the recipe: what comes behind that step is decided anew. */
  takeValue(value: Json): Promise<void>;
}

/** Numbers, choices, and shares that may be left out. */
const isSwept = (spec: OptionSpec): boolean =>
  spec.type === 'number' ||
  spec.type === 'boolean' ||
  spec.type === 'choice' ||
  (spec.type === 'json' && (spec.default === null || typeof spec.default === 'number'));

/** Options of a pass that can be given several values. */
export const sweptOptions = (pass: PassInfo | undefined): readonly (readonly [string, OptionSpec])[] =>
  Object.entries(pass?.options ?? {}).filter(([, spec]) => isSwept(spec));

/** Values to begin with: the bounds of a number in five, all choices. */
export function firstValues(spec: OptionSpec | undefined): string {
  if (spec?.type === 'choice') return spec.choices.map(({ value }) => value).join(',');
  if (spec?.type === 'boolean') return 'false,true';
  if (spec?.type !== 'number') return '0.3..0.7:5';
  const { min, max } = spec;
  if (min === 0 && max === 1) return '0.1..0.7:7';
  return max - min <= 8 ? `${min}..${max}:${max - min + 1}` : `${min}..${Math.min(max, min + 64)}:5`;
}

/** The first step with an option that can be swept; of those, one that prunes. */
function firstForm(recipe: Recipe, passes: readonly PassInfo[]): SweepForm | null {
  const of = (pass: string): PassInfo | undefined => passes.find(({ id }) => id === pass);
  const steps = recipe.steps.flatMap(({ pass }, step) => {
    const [option] = sweptOptions(of(pass));
    return option ? [{ step, option, prunes: of(pass)?.group === 'pruning' }] : [];
  });
  const found = steps.findLast(({ prunes }) => prunes) ?? steps.at(-1);
  if (!found) return null;
  const pass = of(recipe.steps[found.step]!.pass);
  const [name, spec] =
    sweptOptions(pass).find(([option]) => option === 'ratio' || option === 'sparsity') ?? found.option;
  return { step: found.step, option: name, values: firstValues(spec), verify: false, bench: false };
}

/** What is swept: all steps up to the stop that is shown. */
export const sweptRecipe = (core: Pick<Core, 'document'>): Recipe | null => {
  const { document } = core.document.getState();
  return document && document.recipe.steps.length > 0 ? document.recipe : null;
};

/** The form as it stands, or as it begins for the recipe at work; null: nothing can be swept. */
export function sweepForm(core: Pick<Core, 'document' | 'recipes'>): SweepForm | null {
  const recipe = sweptRecipe(core);
  if (!recipe) return null;
  const { form } = core.recipes.getState();
  const { passes } = core.document.getState();
  const pass = passes.find(({ id }) => id === recipe.steps[form?.step ?? -1]?.pass);
  const holds = form && sweptOptions(pass).some(([option]) => option === form.option);
  return holds ? form : firstForm(recipe, passes);
}

/** The value that the recipe has now where it was swept; undefined: it has no such step any more. */
export function valueNow(core: Pick<Core, 'document'>, { recipe, step, option }: SweepRun): Json | undefined {
  const { document, passes } = core.document.getState();
  const now = document?.recipe.steps[step];
  if (!now || now.pass !== recipe.steps[step]?.pass) return undefined;
  return now.options[option] ?? passes.find(({ id }) => id === now.pass)?.options[option]?.default;
}

export function sweepingActions(core: Core, stepping: Pick<SteppingActions, 'replayRecipe'>): SweepingActions {
  const { recipes, document: store } = core;

  const patchRun = (patch: Partial<SweepRun>): void =>
    recipes.setState(({ sweep }) => ({ sweep: sweep && { ...sweep, ...patch } }));

  return {
    changeSweep(patch) {
      const form = sweepForm(core);
      const recipe = sweptRecipe(core);
      if (!form || !recipe) return;
      const next = { ...form, ...patch };
      const pass = store.getState().passes.find(({ id }) => id === recipe.steps[next.step]?.pass);
      const options = sweptOptions(pass);
      if (patch.step !== undefined && !options.some(([name]) => name === next.option)) {
        Object.assign(next, { option: options[0]?.[0] ?? '' });
      }
      const changed = next.option !== form.option || next.step !== form.step;
      const spec = options.find(([name]) => name === next.option)?.[1];
      recipes.setState({ form: changed ? { ...next, values: firstValues(spec) } : next });
    },
    async runSweep() {
      const [form, recipe] = [sweepForm(core), sweptRecipe(core)];
      const { document, passes } = store.getState();
      if (!form || !recipe || !document) return;
      const values = parseValues(form.values);
      if (typeof values === 'string') return;
      const pass = passes.find(({ id }) => id === recipe.steps[form.step]?.pass);
      const { nodes, parameters, macs, bytes } = document.stops[0]!.summary;
      const label = pass?.options[form.option]?.label ?? form.option;
      const { step, option, verify } = form;
      const start: SweepRun = {
        status: 'running',
        job: null,
        recipe,
        step,
        option,
        label,
        title: pass?.title ?? '',
        points: [],
        total: values.length,
        original: { nodes, parameters, macs, bytes },
        error: null,
      };
      if (form.bench) quiet(core);
      const bench = form.bench ? benchDefaults(core.settings.getState().settings.threads) : null;
      const request = { recipe, step, option, values, verify, bench };
      await core.change(form.bench ? 'sweep-bench' : 'sweep', 'recipe', `Sweep of ${label}`, async (call, job) => {
        recipes.setState({ sweep: { ...start, job } });
        const patch = (change: Partial<SweepRun>): void => {
          if (recipes.getState().sweep?.job === job) patchRun(change);
        };
        const onProgress = (progress: SweepProgress): void => {
          const { point, ...told } = progress;
          call.onProgress?.(told);
          if (point) patch({ points: [...(recipes.getState().sweep?.points ?? []), point] });
        };
        try {
          const found = await core.client.call('sweep', request, { ...call, onProgress });
          patch({ status: 'done', points: found.points });
        } catch (error) {
          const record = toErrorRecord(error);
          patch(
            record.code === 'cancelled' || call.signal?.aborted
              ? { status: 'cancelled' }
              : { status: 'failed', error: record },
          );
          throw error;
        }
      });
    },
    cancelSweep() {
      const { sweep } = recipes.getState();
      if (sweep?.status === 'running' && sweep.job !== null) core.runner.cancel(sweep.job);
    },
    async takeValue(value) {
      const { sweep } = recipes.getState();
      if (!sweep) return;
      const steps = sweep.recipe.steps.map((step, index) => {
        if (index < sweep.step) return step;
        const options = index === sweep.step ? { ...step.options, [sweep.option]: value } : step.options;
        return { ...undecidedStep(step), options };
      });
      const said = typeof value === 'string' ? value : JSON.stringify(value);
      await stepping.replayRecipe({ ...sweep.recipe, steps }, `${sweep.label} ${said}`);
    },
  };
}
